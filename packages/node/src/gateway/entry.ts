import type { Decision, Reason } from '@ambit/core/decision'
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
  /** From `"callers"` to `"chain"`. */
  readonly begin: string
  /** What comes after `cost`, which few acts have: to `"links"`. */
  readonly fixed: string
  /** What comes after `observed`, which few acts have. */
  readonly out: string
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
  const begin = { callers: holder.callers, capability: capability.id, chain: holder.chain.digest }
  const fixed = {
    decision: 'allow',
    definition: capability.definition,
    in: protocolIn,
    kind: 'act.intent',
    labels,
    links: holder.chain.links,
  }
  return {
    chain: holder.chain,
    target,
    begin: canonicalJson(begin).slice(1, -1),
    fixed: canonicalJson(fixed).slice(1, -1),
    out: canonicalJson({ out: protocolOut }).slice(1, -1),
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
  /** On a node that only observes: why it would have been asked or refused. */
  readonly observed?: readonly Reason[] | undefined
  /** What it takes from the budgets, in canonical form, where that is not just one call. */
  readonly cost?: string | undefined
  /** This process, where several write one log. */
  readonly replica?: string | undefined
  /** The act that this one undoes. */
  readonly undoes?: string | undefined
}

/** Ids are hexadecimal or our own, so they need no escaping; parent and place may come from a caller. */
export function intentEntry(plan: EntryPlan, facts: IntentFacts): string {
  const approval = facts.approval === undefined ? '' : `"approval":"${facts.approval}",`
  const parent = facts.parent === undefined ? '' : `,"parent":${JSON.stringify(facts.parent)}`
  const undoes = facts.undoes === undefined ? '' : `,"undoes":"${facts.undoes}"`
  const place = facts.place === undefined ? '' : `,"place":${JSON.stringify(facts.place)}`
  const cost = facts.cost === undefined ? '' : `,"cost":${facts.cost}`
  const replica = facts.replica === undefined ? '' : `,"replica":"${facts.replica}"`
  return `{"act":"${facts.act}",${approval}"arguments":"${facts.arguments}","at":"${timeText(facts.at)}",${plan.begin}${cost},${plan.fixed}${observedMember(facts.observed)},${plan.out}${parent}${place}${replica},"rulings":${facts.rulings},"target":"${plan.targetDigest}","trace":"${facts.trace}"${undoes},"v":1}`
}

function observedMember(reasons: readonly Reason[] | undefined): string {
  return reasons === undefined ? '' : `,"observed":${canonicalJson(leafReasons(reasons))}`
}

/** Words may be another's and stay out of the log. */
function leafReasons(reasons: readonly Reason[]): { code: string; rule: string }[] {
  return reasons.slice(0, reasonsMax).map(({ code, rule }) => ({ code, rule }))
}

/** As many as a leaf takes. */
const reasonsMax = 20

export interface OutcomeFacts {
  readonly act: string
  readonly at: number
  readonly durationMs: number
  readonly error: string | undefined
  readonly result: string | undefined
  /** Left out: it may have left this node. */
  readonly sent?: boolean
  readonly status: OutcomeStatus
}

export function outcomeEntry(facts: OutcomeFacts): string {
  const error = facts.error === undefined ? '' : `"error":${JSON.stringify(facts.error)},`
  const result = facts.result === undefined ? '' : `"result":"${facts.result}",`
  const sent = facts.sent === false ? '"sent":false,' : ''
  return `{"act":"${facts.act}","at":"${timeText(facts.at)}","durationMs":${facts.durationMs},${error}"kind":"act.outcome",${result}${sent}"status":"${facts.status}","v":1}`
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
    reasons: leafReasons(decision.reasons),
  })
}
