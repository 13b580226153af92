import type { Obligation } from '@ambit/core/decision'
import { capabilityMatches, targetMatches } from '@ambit/core/mandate/allowed'
import { effects } from '@ambit/core/record'
import type { Profile } from '@ambit/core/record'
import type { Rule, RuleDecision } from '@ambit/core/rule'
import type { Question } from './authority.ts'
import { moneyOfPart } from './cost.ts'
import { mayName, ruleBound } from './rule-argument.ts'
import type { RuleBound } from './rule-argument.ts'

/** A rule, ready to be asked many times. */
export interface CompiledRule {
  readonly rule: Rule
  /** In ms; Infinity: none. */
  readonly expiresAt: number
  readonly decision: RuleDecision
  readonly obligations: readonly Obligation[]
  /** Those that name single values come first: rules are looked up by them. */
  readonly bounds: readonly RuleBound[]
}

const none: readonly never[] = []

export function compileRule(rule: Rule): CompiledRule {
  return {
    rule,
    expiresAt: rule.expires === undefined ? Infinity : Date.parse(rule.expires),
    decision: rule.decision,
    obligations: rule.obligations ?? none,
    bounds: Object.entries(rule.arguments ?? {})
      .map(([name, bound]) => ruleBound(name, bound))
      .toSorted((left, right) => Number(left.values === undefined) - Number(right.values === undefined)),
  }
}

/** What a call is about, as far as it is the same for every call of a capability. */
export interface RuleSubject {
  readonly target: Question['target']
  readonly capability: Question['capability']
}

/** Whether the rule may apply to calls of the capability at all. */
export function concerns({ rule }: CompiledRule, { target, capability }: RuleSubject): boolean {
  return (
    targetMatches(rule.target, target) &&
    capabilityMatches(rule.capability, capability.id) &&
    // Nobody has looked at a profile that is only proposed: it may be as grave as any.
    (!capability.accepted || isAsGrave(capability.profile, rule))
  )
}

function isAsGrave({ effect }: Profile, rule: Rule): boolean {
  return rule.effect === undefined || effects.indexOf(effect) >= effects.indexOf(rule.effect)
}

/** Whether a rule that concerns the capability applies to this call. Never throws. */
export function applies(compiled: CompiledRule, question: Question): boolean {
  const { bounds } = compiled
  return (
    (bounds.length === 0 || mayName(bounds[0]!, question.arguments)) && appliesBesides(compiled, question)
  )
}

/** The same without its first bound. */
export function appliesBesides(compiled: CompiledRule, question: Question): boolean {
  const { rule, bounds } = compiled
  const { arguments: values, place, now } = question
  if (now >= compiled.expiresAt) return false
  if (rule.places !== undefined && place !== undefined && !rule.places.includes(place)) return false
  for (let at = 1; at < bounds.length; at++) if (!mayName(bounds[at]!, values)) return false
  const { amountAbove } = rule
  if (amountAbove === undefined) return true
  const money = moneyOfPart(question)
  if (money === undefined) return false
  return money === 'unknown' || money.currency !== amountAbove.currency || money.minor > amountAbove.minor
}
