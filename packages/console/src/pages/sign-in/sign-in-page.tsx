import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { signIn } from '../../api/identity.ts'
import { queries } from '../../api/queries.ts'
import type { Me } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { WordMark } from '../../ui/mark.tsx'
import { Page } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { LanguageSwitch } from '../frame/language-switch.tsx'
import { tellOtherTabs, whenOtherTabSignsIn } from './other-tabs.ts'
import { PasskeyWay } from './passkey-way.tsx'

/** A link works once, so a token is sent once, however often the page is drawn. */
const sent = new Map<string, Promise<Me>>()

/** Signs in by passkey, or with the token of the link; without either it says how to get a link. */
export function SignInPage() {
  const text = useText()
  const { token, next } = useSearch({ from: '/sign-in' })
  const client = useQueryClient()
  const navigate = useNavigate()
  const [error, setError] = useState<unknown>()

  const goOn = useCallback(
    async (me: Me | undefined): Promise<void> => {
      client.clear()
      if (me !== undefined) client.setQueryData(queries.me().queryKey, me)
      await navigate({ to: next ?? '/registry', replace: true })
    },
    [client, navigate, next],
  )

  useEffect(() => {
    if (token === undefined) return whenOtherTabSignsIn(() => void goOn(undefined))
    let current = true
    const signedIn = sent.get(token) ?? signIn(token)
    sent.set(token, signedIn)
    async function take(): Promise<void> {
      try {
        const me = await signedIn
        if (!current) return
        tellOtherTabs()
        await goOn(me)
      } catch (problem) {
        if (!current) return
        setError(problem)
        // The link is spent or unknown either way, so it need not stay in the address bar and the history.
        await navigate({ to: '/sign-in', search: { next }, replace: true })
      }
    }
    void take()
    return () => {
      current = false
    }
  }, [token, next, goOn, navigate])

  const working = token !== undefined && error === undefined
  return (
    <div className="mx-auto flex min-h-dvh max-w-2xl flex-col px-4 md:px-8">
      <header className="flex min-h-16 items-center justify-between">
        <WordMark />
        <LanguageSwitch />
      </header>
      <main className="grow py-12 md:py-20">
        <Page title={working ? text.signIn.working : text.signIn.title} lead={text.signIn.lead}>
          {error !== undefined && (
            <div className="mb-8">
              <p className="mb-2 text-lg font-bold">{text.signIn.failed}</p>
              <Problem error={error} />
            </div>
          )}
          {!working && (
            <>
              <PasskeyWay
                onSignedIn={(me) => {
                  tellOtherTabs()
                  void goOn(me)
                }}
              />
              <Ways />
              {next !== undefined && (
                <p className="mt-7 border-t border-line pt-5 text-muted">{text.passkeySignIn.elsewhere}</p>
              )}
            </>
          )}
        </Page>
      </main>
    </div>
  )
}

function Ways() {
  const text = useText()
  return (
    <ol className="space-y-7">
      <Way title={text.signIn.firstTime} help={text.signIn.firstTimeHelp} />
      <Way title={text.signIn.again} help={text.signIn.againHelp} />
      <Way title={text.signIn.phone} help={text.signIn.phoneHelp} />
    </ol>
  )
}

interface WayProps {
  readonly title: string
  readonly help: string
}

function Way({ title, help }: WayProps) {
  return (
    <li className="border-t border-line pt-5">
      <h2 className="text-lg font-bold">{title}</h2>
      <p className="mt-1 text-muted">{help}</p>
    </li>
  )
}
