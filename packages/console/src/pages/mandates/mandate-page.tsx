import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import type { MandateDetail, MandateView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignBlock, ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Fact, Page, Section } from '../../ui/page.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { Caller } from '../receipts/caller.tsx'
import { StopOne } from '../stop/stop-button.tsx'
import { AllowList } from './allow-list.tsx'
import { Clients } from './clients.tsx'
import { Connect } from './connect.tsx'
import { mandateTones } from './mandate-state.ts'
import { RevokeDialog } from './revoke-dialog.tsx'
import { Spent } from './spent.tsx'
import { Tightened } from './tightened.tsx'

/** One mandate: what it allows, how far, in whose hands; connect a client to it or end it. */
export function MandatePage() {
  const { id } = useParams({ from: '/home/mandates/$id' })
  const mandate = useQuery(queries.mandate(id))
  return <Loaded query={mandate}>{(view) => <MandateBody view={view} />}</Loaded>
}

function MandateBody({ view }: { readonly view: MandateDetail }) {
  const text = useText()
  const [revoking, setRevoking] = useState(false)
  const { body } = view.signed
  const current = view.state === 'active' || view.state === 'not-yet'
  return (
    <Page
      title={body.purpose}
      heading={<ForeignText charactersMax={300}>{body.purpose}</ForeignText>}
      above={
        <Link to="/mandates" className="mb-2 block text-sm font-semibold text-accent">
          ← {text.mandates.title}
        </Link>
      }
      lead={
        <span className="flex flex-wrap items-center gap-x-4 text-base">
          <span className="text-ink">
            <StateLabel tone={mandateTones[view.state]}>{text.mandates.states[view.state]}</StateLabel>
          </span>
          <span>{text.mandates.kinds[view.kind]}</span>
          <span>{text.mandates.calls(view.spent.calls, body.limits.calls)}</span>
        </span>
      }
      actions={
        current && (
          <>
            <Button onClick={() => setRevoking(true)}>{text.mandate.revoke}</Button>
            <StopOne subject={{ kind: 'mandate', id: view.id }} word={text.stop.stopMandate} />
          </>
        )
      }
    >
      <div className="grid gap-x-10 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="min-w-0">
          {body.task !== undefined && (
            <Section title={text.mandate.task}>
              <ForeignBlock>{body.task}</ForeignBlock>
            </Section>
          )}
          <Section title={text.mandate.allows}>
            <AllowList allow={body.allow} />
          </Section>
          <Tightened view={view} />
          {view.state === 'active' && view.kind !== 'leaf' && <Connect id={view.id} />}
        </div>
        <aside className="min-w-0">
          <Spent view={view} />
          <Facts view={view} />
          <Clients tokens={view.tokenList} />
        </aside>
      </div>
      {revoking && <RevokeDialog id={view.id} onClose={() => setRevoking(false)} />}
    </Page>
  )
}

function Facts({ view }: { readonly view: MandateView }) {
  const text = useText()
  const { body } = view.signed
  return (
    <Section title={text.mandate.terms}>
      <dl className="panel px-4 py-1">
        <Fact name={text.mandate.limits}>
          <Limits view={view} />
        </Fact>
        <Fact name={text.mandate.begins}>
          <Time at={body.notBefore} />
        </Fact>
        <Fact name={text.mandate.ends}>
          <Time at={body.expires} />
        </Fact>
        <Fact name={text.mandate.holder}>
          {body.agent === undefined ? <ShortId>{body.holder}</ShortId> : <Caller ids={[body.agent]} />}
        </Fact>
        <Fact name={text.mandate.issuer}>
          <ShortId>{body.issuer}</ShortId>
        </Fact>
      </dl>
    </Section>
  )
}

/** Periods that have a word; others are said in seconds. */
const periods = [
  { ms: 60_000, word: 'minute' },
  { ms: 3_600_000, word: 'hour' },
  { ms: 86_400_000, word: 'day' },
] as const

function Limits({ view }: { readonly view: MandateView }) {
  const text = useText()
  const { calls, rate } = view.signed.body.limits
  if (calls === undefined && rate === undefined) return <>{text.mandate.noLimits}</>
  const word = periods.find((period) => period.ms === rate?.periodMs)?.word
  const period = word === undefined ? `${(rate?.periodMs ?? 0) / 1000} s` : text.mandate.periods[word]
  return (
    <>
      {calls !== undefined && (
        <div>
          {calls} {text.mandate.callsMax}
        </div>
      )}
      {rate !== undefined && <div>{text.mandate.rate(rate.calls, period)}</div>}
    </>
  )
}
