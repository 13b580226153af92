import type { Reason } from '@ambit/core/decision'
import { timeText } from '../kernel/clock.ts'
import type { Target } from '../registry/target.ts'
import type { Question } from './authority.ts'
import type { LiveChain } from './live-chain.ts'
import { reason } from './reasons.ts'
import type { ReasonCode } from './reasons.ts'
import type { Stop, StopBook, StoppableAct } from './stop-book.ts'

export interface BarSources {
  readonly stops: StopBook
  /** A record by AIC, from memory. */
  readonly targetOf: (id: string) => Target | undefined
}

/** Why nothing of the kind may happen now, whatever the chain allows; undefined in the common case. */
export function bars(
  chain: LiveChain,
  { target, capability, now }: Question,
  { stops, targetOf }: BarSources,
): Reason[] | undefined {
  let found: Reason[] | undefined
  const stopping = stops.size === 0 ? undefined : stops.reaching(partiesOf(chain, target))
  if (stopping !== undefined) found = stopping.slice(0, stopReasonsMax).map(stopReason)
  const over = endOf(chain, now)
  if (over !== undefined) (found ??= []).push(over)
  for (const id of chain.agents) {
    // A recall stops its subject as caller too.
    const agent = targetOf(id)
    if (agent === undefined || !noLonger.has(agent.state)) continue
    ;(found ??= []).push(reason(stateCode(agent), agent.ruling ?? agent.digest, 'caller'))
  }
  // Of another organisation's record nothing is told.
  if (target.organization !== chain.organization) return found
  if (target.state !== 'active')
    (found ??= []).push(reason(stateCode(target), target.ruling ?? target.digest, target.state))
  else if (capability.held) (found ??= []).push(reason('record.definition-changed', capability.definition))
  return found
}

/** A person can have several stops that reach one act; the first ones say enough. */
const stopReasonsMax = 5

function endOf(chain: LiveChain, now: number): Reason | undefined {
  if (chain.revoked) return reason('mandate.revoked', chain.links.at(-1)!)
  if (now >= chain.expiresAt) return reason('mandate.expired', chain.endingLink)
  return now < chain.notBefore ? reason('mandate.not-yet', chain.links.at(-1)!) : undefined
}

function partiesOf(chain: LiveChain, target: Target): StoppableAct {
  return {
    organization: chain.organization,
    subject: chain.mandates[0]!.subject,
    callers: chain.mandates.map(({ agent, holder }) => agent ?? holder),
    links: chain.links,
    targetId: target.id,
  }
}

function stopReason({ id, by, at }: Stop): Reason {
  return reason('user.stopped', id, `${by} ${timeText(at)}`)
}

/** States in which an agent may no longer act for anyone. */
const noLonger: ReadonlySet<Target['state']> = new Set(['suspended', 'recalled', 'retired'])

function stateCode(target: Target): ReasonCode {
  if (target.state === 'recalled') return 'record.recalled'
  return target.state === 'suspended' ? 'record.suspended' : 'record.not-active'
}
