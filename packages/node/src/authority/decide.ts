import { stricter, userOnly } from '@ambit/core/decision'
import type { Decision, Reason } from '@ambit/core/decision'
import type { AuthorityClass } from '@ambit/core/mandate'
import { exceededEvidence } from '@ambit/core/mandate/allowed'
import { stricterClass } from '@ambit/core/mandate/narrowing'
import { strictestProfile } from '@ambit/core/record'
import type { Profile } from '@ambit/core/record'
import type { DecisionCell, DecisionTable } from '../kernel/catalog.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { Question } from './authority.ts'
import { bars } from './bars.ts'
import type { BarSources } from './bars.ts'
import { effectAllowed, entryExceeded, matchingEntries, namesTarget } from './compiled.ts'
import type { CompiledEntry, CompiledMandate } from './compiled.ts'
import type { LiveChain } from './live-chain.ts'
import { reason } from './reasons.ts'
import type { ReasonCode } from './reasons.ts'
import type { RuleSubject } from './rule.ts'
import type { RuleBook } from './rule-book.ts'
import type { RuleSet } from './rule-set.ts'
import { ruled } from './ruled.ts'

/** What the links of one chain say of one capability, worked out at the first call. */
interface Prepared {
  readonly target: Target
  readonly profile: Profile
  readonly accepted: boolean
  readonly cell: DecisionCell
  readonly cellName: string
  /** By link: the entries that name the capability and whose ceiling it keeps. */
  readonly entries: readonly (readonly CompiledEntry[])[]
  /** The rules that may apply, as the book had them at this epoch. */
  rules: RuleSet
  rulesEpoch: number
  /** The chain's whole answer, where no entry looks at arguments, place or data. */
  fixed: Decision | undefined
  /** The answer given last: most calls of one capability get the same. */
  last: { readonly decided: AuthorityClass; readonly rule: string; readonly decision: Decision } | undefined
}

/** The links of a chain, root first, and what was worked out for the capabilities called under it. */
export interface CompiledChain {
  readonly links: readonly CompiledMandate[]
  /** Weak: goes with the compact record that it was made for. */
  readonly prepared: WeakMap<TargetCapability, Prepared>
}

export function compileChain(links: readonly CompiledMandate[]): CompiledChain {
  return { links, prepared: new WeakMap() }
}

/** What decides beside the chain itself; all in memory. */
export interface Sources extends BarSources {
  readonly table: DecisionTable
  readonly rules: RuleBook
}

/**
 * The most restrictive of what stops, records, chain, catalogue and rules say, with every reason of that class. Pure; in
 * the common case one look-up.
 */
export function decide(chain: LiveChain, question: Question, sources: Sources): Decision {
  const prepared = prepare(chain, question, sources)
  const own = prepared.fixed ?? weigh(chain, prepared, question)
  const barred = bars(chain, question, sources)
  const { rules, cell } = prepared
  const byRules = rules.size === 0 ? undefined : ruled(rules, question, cell.obligations ?? none)
  if (barred === undefined && byRules === undefined) return own
  const tightened = byRules === undefined ? own : stricter(own, byRules)
  return barred === undefined ? tightened : stricter(refusal(barred), tightened)
}

/**
 * Whether every link names the capability within its ceiling; arguments are not known yet. On a node that only observes
 * everything of the organisation may be called.
 */
export function mayCall(
  chain: LiveChain,
  target: Target,
  capability: TargetCapability,
  now: number,
  observe = false,
): boolean {
  if (chain.revoked || now >= chain.expiresAt || now < chain.notBefore) return false
  if (target.organization !== chain.organization) return false
  if (observe) return true
  const { effect } = profileInForce(capability)
  return chain.compiled.links.every((link) =>
    matchingEntries(link, target, capability.id).some((entry) => effectAllowed(entry, effect)),
  )
}

/** Whether every link has an entry for the target, whatever it lets be called of it; for those who look for some of many. */
export function mayReach(
  chain: LiveChain,
  target: Pick<Target, 'id' | 'slug' | 'organization'>,
  observe = false,
): boolean {
  if (target.organization !== chain.organization) return false
  return observe || chain.compiled.links.every((link) => namesTarget(link, target))
}

function prepare(chain: LiveChain, { target, capability }: Question, { table, rules }: Sources): Prepared {
  const known = chain.compiled.prepared.get(capability)
  if (
    known !== undefined &&
    known.target === target &&
    known.accepted === capability.accepted &&
    known.profile === capability.profile
  ) {
    if (known.rulesEpoch === rules.epoch) return known
    known.rulesEpoch = rules.epoch
    known.rules = rulesOf(chain, rules, { target, capability })
    return known
  }
  const profile = profileInForce(capability)
  const entries = chain.compiled.links.map((link) =>
    // A record of another organisation is out of reach, whatever the patterns say.
    target.organization === chain.organization
      ? matchingEntries(link, target, capability.id).filter((entry) => effectAllowed(entry, profile.effect))
      : [],
  )
  const prepared: Prepared = {
    target,
    profile: capability.profile,
    accepted: capability.accepted,
    cell: table[profile.effect][profile.reversibility],
    cellName: `catalogue:${profile.effect}/${profile.reversibility}`,
    entries,
    rules: rulesOf(chain, rules, { target, capability }),
    rulesEpoch: rules.epoch,
    fixed: undefined,
    last: undefined,
  }
  const settled =
    entries.every((list) => list.every((entry) => entry.free)) || entries.some((list) => list.length === 0)
  if (settled) prepared.fixed = weigh(chain, prepared, undefined)
  chain.compiled.prepared.set(capability, prepared)
  return prepared
}

function rulesOf(chain: LiveChain, rules: RuleBook, subject: RuleSubject): RuleSet {
  return rules.candidates(chain.organization, chain.mandates[0]!.subject, subject)
}

/** Nobody has looked at a profile that is only proposed, so it counts as the gravest. */
export function profileInForce(capability: TargetCapability): Profile {
  return capability.accepted ? capability.profile : strictestProfile
}

// One act is decided in one turn, so that a single scratch list serves all.
const covering: CompiledEntry[] = []

/**
 * Every link must have an entry that covers the act; the strictest link decides who decides. Within a link an entry
 * gives way to a narrower one that also covers the act; of those left, the strictest counts. An explicit class never
 * goes below the catalogue's floor.
 */
function weigh(chain: LiveChain, prepared: Prepared, question: Question | undefined): Decision {
  const { cell, cellName, entries } = prepared
  let decided: AuthorityClass = 'autonomous'
  let rule = cellName
  for (let link = 0; link < entries.length; link++) {
    const list = entries[link]!
    covering.length = 0
    for (const entry of list) {
      if (question === undefined || covers(chain, entry, question)) covering.push(entry)
    }
    const id = chain.compiled.links[link]!.id
    if (covering.length === 0) return refuse('mandate.no-entry', id, missing(chain, prepared, list, question))
    for (const entry of covering) {
      if (covering.length > 1 && covering.some((other) => entry.narrower.has(other))) continue
      const own = entry.decision === undefined ? cell.default : stricterClass(entry.decision, cell.floor)
      if (own === decided || stricterClass(own, decided) === decided) continue
      decided = own
      rule = own === entry.decision ? id : cellName
    }
  }
  if (decided === 'autonomous') rule = chain.compiled.links.at(-1)!.id
  const { last } = prepared
  if (last?.decided === decided && last.rule === rule) return last.decision
  prepared.last = { decided, rule, decision: answer(decided, rule, prepared) }
  return prepared.last.decision
}

function covers({ words }: LiveChain, entry: CompiledEntry, question: Question): boolean {
  const { place, labels } = question
  return entryExceeded(entry, question.arguments, place, labels.confidentiality, words) === undefined
}

function answer(decided: AuthorityClass, rule: string, { accepted, profile, cell }: Prepared): Decision {
  const obligations = cell.obligations ?? none
  if (decided === 'ask') return { class: 'ask', reasons: [reason('user.ask', rule)], obligations }
  if (decided === 'user') return { class: 'refuse', reasons: [reason(userOnly, rule)], obligations }
  const read = accepted && profile.effect === 'read'
  const held = accepted && !read && profile.reversibility === 1
  const holdMs = held ? (profile.windowMs ?? cell.holdMs ?? 0) : 0
  return {
    class: 'allow',
    reasons: [reason('mandate.entry', rule)],
    // What an agent does alone is told to the person afterwards; reading changes nothing to tell of.
    obligations: read ? none : tellUser,
    ...(holdMs === 0 ? {} : { holdMs }),
  }
}

const none: readonly never[] = []
const tellUser = ['tell-user'] as const

/** What the entry that came nearest did not let through, in names that stand in the mandate. */
function missing(
  chain: LiveChain,
  prepared: Prepared,
  list: readonly CompiledEntry[],
  question: Question | undefined,
): string {
  const nearest = list[0]
  if (chain.organization !== prepared.target.organization) return 'target'
  if (nearest === undefined || question === undefined) return 'capability'
  const { place, labels } = question
  const member = entryExceeded(nearest, question.arguments, place, labels.confidentiality, chain.words)
  if (member !== 'arguments' || nearest.allow.arguments === undefined) return member ?? 'capability'
  return exceededEvidence(nearest.allow.arguments, question.arguments, chain.words)
}

function refuse(code: ReasonCode, rule: string, evidence?: string): Decision {
  return refusal([reason(code, rule, evidence)])
}

function refusal(reasons: readonly Reason[]): Decision {
  return { class: 'refuse', reasons, obligations: none }
}
