import type { Question } from './authority.ts'
import { applies, appliesBesides } from './rule.ts'
import type { CompiledRule } from './rule.ts'
import { foldedValue, mayBe } from './rule-argument.ts'

/** The rules that look at one argument first. */
interface ArgumentRules {
  readonly name: string
  readonly all: readonly CompiledRule[]
  /** Those that name single values, by the value as it is compared. */
  readonly byValue: ReadonlyMap<string, readonly CompiledRule[]>
  readonly others: readonly CompiledRule[]
}

/** The rules that may apply to calls of one capability, so that a call looks only at those its arguments can meet. */
export interface RuleSet {
  readonly size: number
  /** Look at no argument. */
  readonly free: readonly CompiledRule[]
  readonly byArgument: readonly ArgumentRules[]
}

export const noRules: RuleSet = { size: 0, free: [], byArgument: [] }

export function ruleSet(rules: readonly CompiledRule[]): RuleSet {
  if (rules.length === 0) return noRules
  const byName = Map.groupBy(
    rules.filter(({ bounds }) => bounds.length > 0),
    ({ bounds }) => bounds[0]!.name,
  )
  return {
    size: rules.length,
    free: rules.filter(({ bounds }) => bounds.length === 0),
    byArgument: [...byName].map(([name, all]) => argumentRules(name, all)),
  }
}

function argumentRules(name: string, all: readonly CompiledRule[]): ArgumentRules {
  const byValue = new Map<string, CompiledRule[]>()
  for (const rule of all) {
    for (const value of rule.bounds[0]!.values ?? []) {
      const same = byValue.get(value)
      if (same === undefined) byValue.set(value, [rule])
      else same.push(rule)
    }
  }
  return { name, all, byValue, others: all.filter(({ bounds }) => bounds[0]!.values === undefined) }
}

/** Adds the rules that apply to a call to a list. */
export function collectApplying(rules: RuleSet, question: Question, into: CompiledRule[]): void {
  collectAll(rules.free, question, into)
  const { arguments: values } = question
  for (const group of rules.byArgument) {
    if (values === undefined || values === null) continue
    if (typeof values !== 'object' || Array.isArray(values)) {
      collectAll(group.all, question, into)
      continue
    }
    if (!Object.hasOwn(values, group.name)) continue
    const value = (values as Readonly<Record<string, unknown>>)[group.name]
    if (typeof value === 'object' && value !== null) {
      collectAll(group.all, question, into)
      continue
    }
    const named = group.byValue.get(foldedValue(value))
    if (named !== undefined) collectAll(named, question, into)
    for (const rule of group.others) {
      if (mayBe(rule.bounds[0]!, value) && appliesBesides(rule, question)) into.push(rule)
    }
  }
}

function collectAll(rules: readonly CompiledRule[], question: Question, into: CompiledRule[]): void {
  for (const rule of rules) if (applies(rule, question)) into.push(rule)
}
