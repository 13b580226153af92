import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import type { MandateView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { mandateTones } from './mandate-state.ts'

/** What was allowed; ended and short-lived links stay out of the way until asked for. */
export function MandatesPage() {
  const text = useText()
  const mandates = useInfiniteQuery(queries.mandates())
  const [everything, setEverything] = useState(false)
  return (
    <Page
      title={text.mandates.title}
      lead={text.mandates.lead}
      actions={
        <>
          <Link to="/rules" className={buttonClass()}>
            {text.nav.rules}
          </Link>
          <Link to="/mandates/new" className={buttonClass({ kind: 'primary' })}>
            {text.mandates.create}
          </Link>
        </>
      }
    >
      <Loaded query={mandates}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.mandates)
          const shown = everything ? all : all.filter(isCurrent)
          return (
            <>
              {shown.length === 0 ? (
                <p className="panel p-8 text-muted">{text.mandates.empty}</p>
              ) : (
                <ul className="grid gap-4 md:grid-cols-2">
                  {shown.map((view) => (
                    <MandateCard key={view.id} view={view} />
                  ))}
                </ul>
              )}
              {mandates.hasNextPage && (
                <Button className="mt-4" onClick={() => void mandates.fetchNextPage()}>
                  {text.common.more}
                </Button>
              )}
              {all.some((view) => !isCurrent(view)) && (
                <label className="mt-5 flex min-h-11 items-center gap-3">
                  <input
                    type="checkbox"
                    checked={everything}
                    onChange={(event) => setEverything(event.target.checked)}
                    className="size-5 accent-accent"
                  />
                  {text.mandates.showEnded}
                </label>
              )}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function isCurrent(view: MandateView): boolean {
  return (view.state === 'active' || view.state === 'not-yet') && view.kind !== 'leaf'
}

function MandateCard({ view }: { readonly view: MandateView }) {
  const text = useText()
  const { body } = view.signed
  return (
    <li className="panel relative flex flex-col p-5 hover:border-edge">
      <div className="mb-2 flex items-center justify-between gap-3 text-sm text-muted">
        <span className="text-ink">
          <StateLabel tone={mandateTones[view.state]}>{text.mandates.states[view.state]}</StateLabel>
        </span>
        <span>{text.mandates.kinds[view.kind]}</span>
      </div>
      <Link
        to="/mandates/$id"
        params={{ id: view.id }}
        className="text-lg leading-snug font-bold tracking-tight after:absolute after:inset-0"
      >
        <ForeignText charactersMax={200}>{body.purpose}</ForeignText>
      </Link>
      <p className="mt-auto flex flex-wrap gap-x-4 pt-3 text-sm text-muted">
        <span>{text.mandates.calls(view.spent.calls, body.limits.calls)}</span>
        <span>{text.mandates.clients(view.tokens)}</span>
        {view.children > 0 && <span>{text.mandates.children(view.children)}</span>}
        <span>
          {text.mandates.until} <Time at={body.expires} form="date" />
        </span>
      </p>
    </li>
  )
}
