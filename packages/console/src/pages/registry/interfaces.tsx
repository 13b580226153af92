import type { Interface } from '@ambit/core/record'
import type { InterfaceLiveness, RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Section } from '../../ui/page.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { livenessTones, onAxis, percent } from './liveness-words.ts'
import { protocolNames } from './record-row.tsx'

const shownInterfaces = 4
const shownDiffering = 8

/** How it is reached, whether it answers there, how often and how fast, and what it serves otherwise than accepted. */
export function Interfaces({ view }: { readonly view: RecordView }) {
  const text = useText().interfaces
  const { interfaces } = view.record
  return (
    <Section title={text.title}>
      {interfaces.length === 0 ? (
        <p className="panel p-4 text-muted md:px-5">{text.none}</p>
      ) : (
        <Folded items={interfaces} shown={shownInterfaces}>
          {(shown) => (
            <ul className="panel divide-y divide-line">
              {shown.map((each) => (
                <InterfaceRow
                  key={`${each.protocol} ${each.transport} ${each.url}`}
                  each={each}
                  liveness={livenessOf(view, each)}
                />
              ))}
            </ul>
          )}
        </Folded>
      )}
      <Differs view={view} />
    </Section>
  )
}

function livenessOf({ liveness }: RecordView, each: Interface): InterfaceLiveness | undefined {
  return liveness?.interfaces.find(
    ({ protocol, transport, url }) =>
      protocol === each.protocol && transport === each.transport && url === each.url,
  )
}

interface InterfaceRowProps {
  readonly each: Interface
  readonly liveness: InterfaceLiveness | undefined
}

function InterfaceRow({ each, liveness }: InterfaceRowProps) {
  const text = useText()
  const { command } = each
  const state = liveness?.state ?? 'unknown'
  return (
    <li className="grid gap-x-8 gap-y-3 p-4 md:grid-cols-[minmax(0,1fr)_16rem] md:px-5">
      <div className="min-w-0">
        <h3 className="flex flex-wrap items-center gap-x-3 gap-y-1 font-bold">
          <span>
            {protocolNames[each.protocol]} {visibleString(each.version, 30)}
          </span>
          <span className="text-sm font-normal text-muted">{each.transport}</span>
        </h3>
        <div className="mt-0.5 font-mono text-[0.8125rem] leading-5 text-muted">
          <ForeignText charactersMax={300}>
            {command === undefined ? each.url : [command.program, ...command.args].join(' ')}
          </ForeignText>
        </div>
        <div className="mt-1.5 flex flex-wrap items-center gap-x-3 text-sm">
          <StateLabel tone={livenessTones[state]}>{text.liveness.states[state]}</StateLabel>
          {liveness?.answered !== undefined && (
            <span className="text-muted">
              {text.liveness.answered}: <Time at={liveness.answered} form="short" />
            </span>
          )}
        </div>
        {liveness?.problem !== undefined && (
          <p className="mt-1 text-sm text-danger">
            {text.liveness.problem}: {visibleString(liveness.problem, 120)}
          </p>
        )}
      </div>
      {liveness?.asked !== undefined && <Numbers liveness={liveness} />}
    </li>
  )
}

/** Small bars beside their figures: the figures say it, the bars let one compare. */
function Numbers({ liveness }: { readonly liveness: InterfaceLiveness }) {
  const text = useText()
  const { availability24h: day, availability7d: week, latencyP50Ms: half, latencyP95Ms: most } = liveness
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 self-center text-sm">
      <Share name={text.interfaces.day} share={day} />
      <Share name={text.interfaces.week} share={week} />
      {half !== undefined && most !== undefined && (
        <>
          <dt className="text-muted">{text.interfaces.latency}</dt>
          <dd aria-hidden="true">
            <Bar from={onAxis(half)} to={onAxis(most)} />
          </dd>
          <dd className="text-right text-[0.8125rem] leading-4">
            {text.interfaces.half(text.receipts.ms(half))}
            <br />
            {text.interfaces.most(text.receipts.ms(most))}
          </dd>
        </>
      )}
    </dl>
  )
}

function Share({ name, share }: { readonly name: string; readonly share: number | undefined }) {
  const text = useText().interfaces
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd aria-hidden="true">{share !== undefined && <Bar from={0} to={share * 100} />}</dd>
      <dd className="text-right">{share === undefined ? text.unmeasured : percent(share)}</dd>
    </>
  )
}

/** The narrowest that a bar is drawn, so that it is seen. */
const barWidthLeast = 2

function Bar({ from, to }: { readonly from: number; readonly to: number }) {
  const width = Math.max(barWidthLeast, to - from)
  return (
    <svg viewBox="0 0 100 4" preserveAspectRatio="none" className="h-1 w-full rounded-full bg-sunken">
      <rect x={Math.min(from, 100 - width)} width={width} height="4" className="fill-edge" />
    </svg>
  )
}

function Differs({ view: { liveness } }: { readonly view: RecordView }) {
  const text = useText().interfaces
  if (liveness === undefined || liveness.state === 'unknown' || liveness.state === 'dead') return null
  if (liveness.differs.length === 0) return <p className="mt-2 text-sm text-muted">{text.same}</p>
  return (
    <div className="mt-3 rounded-md bg-danger-wash p-4">
      <p className="font-semibold text-danger">{text.differs}</p>
      <Folded items={liveness.differs} shown={shownDiffering}>
        {(shown) => (
          <ul className="mt-1 flex flex-wrap gap-x-4 font-mono text-[0.8125rem] leading-6">
            {shown.map((id) => (
              <li key={id}>
                <ForeignText charactersMax={120}>{id}</ForeignText>
              </li>
            ))}
          </ul>
        )}
      </Folded>
    </div>
  )
}
