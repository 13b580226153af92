import { userOnly } from '@ambit/core/decision'
import type { Decision, Obligation, Reason } from '@ambit/core/decision'
import type { RuleDecision } from '@ambit/core/rule'
import type { Question } from './authority.ts'
import { reason } from './reasons.ts'
import type { ReasonCode } from './reasons.ts'
import type { CompiledRule } from './rule.ts'
import { collectApplying } from './rule-set.ts'
import type { RuleSet } from './rule-set.ts'

/** Reasons that one decision lists: as many as a leaf takes. */
const reasonsMax = 20
const codes = { ask: 'rule.ask', user: userOnly, refuse: 'rule.refused' } as const satisfies Record<
  RuleDecision,
  ReasonCode
>
const order: readonly RuleDecision[] = ['ask', 'user', 'refuse']

// One act is decided in one turn, so that a single scratch list serves all.
const applying: CompiledRule[] = []

/** What the rules say of one call; undefined where none applies. The strictest decides, all obligations are joined. */
export function ruled(
  rules: RuleSet,
  question: Question,
  obligations: readonly Obligation[],
): Decision | undefined {
  applying.length = 0
  collectApplying(rules, question, applying)
  if (applying.length === 0) return undefined
  let level = 0
  const joined = new Set(obligations)
  for (const { decision, obligations: own } of applying) {
    level = Math.max(level, order.indexOf(decision))
    for (const each of own) joined.add(each)
  }
  const deciding = applying.filter(({ decision }) => order.indexOf(decision) === level)
  return {
    class: level === 0 ? 'ask' : 'refuse',
    reasons: deciding.slice(0, reasonsMax).map(reasonOf),
    obligations: [...joined],
  }
}

function reasonOf({ rule, decision, bounds }: CompiledRule): Reason {
  const looked = [
    ...bounds.map(({ name }) => `arguments.${name}`),
    ...(rule.places === undefined ? [] : ['places']),
    ...(rule.amountAbove === undefined ? [] : ['amountAbove']),
  ]
  return reason(codes[decision], rule.id, looked.length === 0 ? rule.scope : looked.join(', ').slice(0, 200))
}
