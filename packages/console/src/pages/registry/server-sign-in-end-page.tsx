import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { endSignIn } from '../../api/sign-ins.ts'
import type { SignInAnswer } from '../../api/sign-ins.ts'
import { useText } from '../../i18n/language.tsx'
import { Page } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'

/** Read before the router writes the address anew, which changes a code that looks like a number. */
const arrived = window.location.pathname === '/oauth/callback' ? window.location.search : ''

/** An answer counts once, so it is sent once, however often the page is drawn. */
const sent = new Map<string, Promise<{ readonly slug?: string }>>()

type Ended = { readonly slug?: string } | { readonly error: unknown }

/** Where an authorization server sends the person back to. Nothing of what it wrote is shown. */
export function ServerSignInEndPage() {
  const words = useText().serverSignIn
  const client = useQueryClient()
  const [answer] = useState(() => answerIn(arrived))
  const [ended, setEnded] = useState<Ended>()

  useEffect(() => {
    if (answer === undefined) return undefined
    let current = true
    // The code need not stay in the address bar and the history.
    window.history.replaceState(window.history.state, '', window.location.pathname)
    const ending = sent.get(answer.state) ?? endSignIn(answer)
    sent.set(answer.state, ending)
    async function wait(): Promise<void> {
      try {
        const { slug } = await ending
        await client.invalidateQueries({ queryKey: ['record'] })
        if (current) setEnded(slug === undefined ? {} : { slug })
      } catch (error) {
        if (current) setEnded({ error })
      }
    }
    void wait()
    return () => {
      current = false
    }
  }, [answer, client])

  if (answer === undefined)
    return (
      <Page title={words.failed} lead={words.empty}>
        {null}
      </Page>
    )
  if (ended === undefined) return <Page title={words.ending}>{null}</Page>
  if ('error' in ended) {
    return (
      <Page title={words.failed}>
        <Problem error={ended.error} />
      </Page>
    )
  }
  const { slug } = ended
  const look = 'font-semibold text-accent underline-offset-4 hover:underline'
  return (
    <Page title={words.done} lead={slug === undefined ? words.doneNew : words.doneHelp}>
      {slug === undefined ? (
        <Link to="/registry" search={{}} className={look}>
          {words.toRegistry}
        </Link>
      ) : (
        <Link to="/registry/$slug" params={{ slug }} className={look}>
          {words.toRecord}
        </Link>
      )}
    </Page>
  )
}

function answerIn(search: string): SignInAnswer | undefined {
  const given = new URLSearchParams(search)
  const state = given.get('state')
  if (state === null) return undefined
  const [code, iss, error] = ['code', 'iss', 'error'].map((name) => given.get(name))
  return {
    state,
    ...(code && { code }),
    ...(iss && { iss }),
    ...(error && { error }),
  }
}
