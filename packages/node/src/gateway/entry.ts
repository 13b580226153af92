import type { Decision } from '@ambit/core/decision'
import type { OutcomeStatus } from '@ambit/core/act'
import type { Labels } from '@ambit/core/label'
import { canonicalJson } from '@ambit/core/canonical'
import { timeText } from '../kernel/clock.ts'
import type { HeldChain, Holder } from '../authority/authority.ts'
import type { Target, TargetCapability } from '../registry/target.ts'

/**
 * The leaves of an act (core/leaf.ts) in canonical form. They are written for every call, so what does not change
 * between calls is canonicalised once for each chain and capability; `entry.test.ts` holds each template equal to
 * the generic RFC 8785 writer.
 */
export interface EntryPlan {
  readonly chain: HeldChain
  readonly target: Target
  /** From `"callers"` to `"out"`, without what comes after `out` in the order of members. */
  readonly fixed: string
  readonly targetDigest: string
}

export function planEntry(
  holder: Holder,
  target: Target,
  capability: TargetCapability,
  labels: Labels,
  protocolIn: string,
  protocolOut: string,
): EntryPlan {
  const fixed = {
    callers: holder.callers,
    capability: capability.id,
    chain: holder.chain.digest,
    decision: 'allow',
    definition: capability.definition,
    in: protocolIn,
    kind: 'act.intent',
    labels,
    links: holder.chain.links,
    out: protocolOut,
  }
  return {
    chain: holder.chain,
    target,
    fixed: canonicalJson(fixed).slice(1, -1),
    targetDigest: target.digest,
  }
}

export interface IntentFacts {
  readonly act: string
  readonly at: number
  readonly approval: string | undefined
  readonly arguments: string
  readonly parent: string | undefined
  readonly place: string | undefined
  readonly rulings: number
  readonly trace: string
}

/** Ids are hexadecimal or our own, so they need no escaping; parent and place may come from a caller. */
export function intentEntry(plan: EntryPlan, facts: IntentFacts): string {
  const approval = facts.approval === undefined ? '' : `"approval":"${facts.approval}",`
  const parent = facts.parent === undefined ? '' : `,"parent":${JSON.stringify(facts.parent)}`
  const place = facts.place === undefined ? '' : `,"place":${JSON.stringify(facts.place)}`
  return `{"act":"${facts.act}",${approval}"arguments":"${facts.arguments}","at":"${timeText(facts.at)}",${plan.fixed}${parent}${place},"rulings":${facts.rulings},"target":"${plan.targetDigest}","trace":"${facts.trace}","v":1}`
}

export interface OutcomeFacts {
  readonly act: string
  readonly at: number
  readonly durationMs: number
  readonly error: string | undefined
  readonly result: string | undefined
  readonly status: OutcomeStatus
}

export function outcomeEntry(facts: OutcomeFacts): string {
  const error = facts.error === undefined ? '' : `"error":${JSON.stringify(facts.error)},`
  const result = facts.result === undefined ? '' : `"result":"${facts.result}",`
  return `{"act":"${facts.act}","at":"${timeText(facts.at)}","durationMs":${facts.durationMs},${error}"kind":"act.outcome",${result}"status":"${facts.status}","v":1}`
}

/** Longest identifier of foreign origin that a refusal keeps. */
const foreignCharactersMax = 256

/** Refusals are rare enough for the generic writer. */
export function refusedEntry(
  holder: Holder,
  target: Target,
  capability: string,
  decision: Decision,
  facts: {
    readonly act: string
    readonly at: number
    readonly arguments: string
    readonly in: string
    readonly rulings: number
    readonly trace: string
  },
): string {
  return canonicalJson({
    v: 1,
    kind: 'act.refused',
    at: timeText(facts.at),
    act: facts.act,
    trace: facts.trace,
    callers: holder.callers,
    links: holder.chain.links,
    chain: holder.chain.digest,
    target: target.digest,
    capability: capability.slice(0, foreignCharactersMax).toWellFormed(),
    in: facts.in,
    arguments: facts.arguments,
    rulings: facts.rulings,
    reasons: decision.reasons.slice(0, 20).map(({ code, rule }) => ({ code, rule })),
  })
}
