import type { InterfaceLiveness, LivenessState, RecordLiveness } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Fact, Section } from '../../ui/page.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { protocolNames } from './record-row.tsx'

const livenessTones: Readonly<Record<LivenessState, Tone>> = {
  unknown: 'quiet',
  alive: 'ok',
  failing: 'warn',
  dead: 'danger',
  differs: 'danger',
}

/** Whether it answers, when last, how often and how fast, and what differs from what was accepted. */
export function LivenessFacts({ liveness }: { readonly liveness: RecordLiveness | undefined }) {
  const text = useText()
  if (liveness === undefined || (liveness.state === 'unknown' && liveness.answered === undefined)) return null
  return (
    <Section title={text.liveness.title}>
      <dl className="panel px-4 py-1">
        <div className="py-2.5">
          <StateLabel tone={livenessTones[liveness.state]}>{text.liveness.states[liveness.state]}</StateLabel>
          {liveness.since !== undefined && (
            <div className="text-sm text-muted">
              {text.liveness.since} <Time at={liveness.since} form="short" />
            </div>
          )}
        </div>
        <Fact name={text.liveness.answered}>
          {liveness.answered === undefined ? (
            text.liveness.never
          ) : (
            <Time at={liveness.answered} form="short" />
          )}
        </Fact>
        {liveness.interfaces
          .filter(({ asked }) => asked !== undefined)
          .map((each) => (
            <InterfaceFact key={`${each.protocol} ${each.transport} ${each.url}`} each={each} />
          ))}
        {liveness.differs.length > 0 && (
          <Fact name={text.liveness.differs}>
            <ul>
              {liveness.differs.map((id) => (
                <li key={id} className="font-mono text-[0.8125rem] leading-5">
                  <ForeignText charactersMax={120}>{id}</ForeignText>
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </dl>
    </Section>
  )
}

function InterfaceFact({ each }: { readonly each: InterfaceLiveness }) {
  const text = useText()
  const { availability24h: day, availability7d: week, latencyP50Ms: p50, latencyP95Ms: p95 } = each
  return (
    <Fact name={`${protocolNames[each.protocol]} ${visibleString(each.transport, 40)}`}>
      <StateLabel tone={livenessTones[each.state]}>{text.liveness.states[each.state]}</StateLabel>
      <div className="text-sm text-muted">
        {week !== undefined && (
          <p>{text.liveness.available(day === undefined ? '–' : percent(day), percent(week))}</p>
        )}
        {p50 !== undefined && p95 !== undefined && <p>{text.liveness.latency(p50, p95)}</p>}
        {each.problem !== undefined && (
          <p>
            {text.liveness.problem}: {visibleString(each.problem, 120)}
          </p>
        )}
      </div>
    </Fact>
  )
}

/** Only what is whole is 100 %. */
function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`
}
