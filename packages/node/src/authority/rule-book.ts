import type { Rule } from '@ambit/core/rule'
import { compileRule, concerns } from './rule.ts'
import type { CompiledRule, RuleSubject } from './rule.ts'
import { noRules, ruleSet } from './rule-set.ts'
import type { RuleSet } from './rule-set.ts'

interface TargetRules {
  readonly exact: Map<string, CompiledRule[]>
  readonly patterns: CompiledRule[]
}
/** By target pattern. */
type RuleIndex = Map<string, TargetRules>

/** The rules in force, in memory, indexed by exact target and capability; capability patterns stand apart. */
export interface RuleBook {
  /** Goes up with every change: whoever kept `candidates` asks again. */
  readonly epoch: number
  readonly size: number
  get(id: string): Rule | undefined
  set(rule: Rule): void
  remove(id: string): void
  /** The rules of an organisation and of one person that may apply to calls of a capability. */
  candidates(organization: string, person: string, subject: RuleSubject): RuleSet
  /** Forgets what ended before; not needed for what applies. */
  prune(now: number): void
  entries(): Iterable<Rule>
}

const none: readonly CompiledRule[] = []

export function createRuleBook(): RuleBook {
  const rules = new Map<string, CompiledRule>()
  const indexes = new Map<string, RuleIndex>()
  let epoch = 0

  function remove(id: string): void {
    const compiled = rules.get(id)
    if (compiled === undefined) return
    rules.delete(id)
    epoch++
    const list = listOf(indexes, compiled.rule)
    list.splice(list.indexOf(compiled), 1)
  }

  return {
    get epoch() {
      return epoch
    },
    get size() {
      return rules.size
    },
    get: (id) => rules.get(id)?.rule,
    *entries() {
      for (const { rule } of rules.values()) yield rule
    },
    set(rule) {
      remove(rule.id)
      const compiled = compileRule(rule)
      rules.set(rule.id, compiled)
      listOf(indexes, rule).push(compiled)
      epoch++
    },
    remove,
    candidates(organization, person, subject) {
      if (rules.size === 0) return noRules
      const found: CompiledRule[] = []
      collect(indexes.get(scopeKey('organization', organization, person)), subject, found)
      collect(indexes.get(scopeKey('mine', organization, person)), subject, found)
      return ruleSet(found)
    },
    prune(now) {
      for (const [id, { expiresAt }] of rules) if (expiresAt <= now) remove(id)
    },
  }
}

function listOf(indexes: Map<string, RuleIndex>, rule: Rule): CompiledRule[] {
  const key = scopeKey(rule.scope, rule.organization, rule.person)
  const index = indexes.get(key) ?? new Map<string, TargetRules>()
  indexes.set(key, index)
  const ofTarget = index.get(rule.target) ?? { exact: new Map<string, CompiledRule[]>(), patterns: [] }
  index.set(rule.target, ofTarget)
  if (rule.capability.endsWith('*')) return ofTarget.patterns
  const list = ofTarget.exact.get(rule.capability) ?? []
  ofTarget.exact.set(rule.capability, list)
  return list
}

/** Ids of organisations and people hold no line ends. */
function scopeKey(scope: Rule['scope'], organization: string, person: string): string {
  return scope === 'organization' ? organization : `${organization}\n${person}`
}

function collect(index: RuleIndex | undefined, subject: RuleSubject, found: CompiledRule[]): void {
  if (index === undefined) return
  for (const pattern of [subject.target.slug, subject.target.id, '*']) {
    const ofTarget = index.get(pattern)
    if (ofTarget === undefined) continue
    const exact = ofTarget.exact.get(subject.capability.id) ?? none
    for (const rule of exact) if (concerns(rule, subject)) found.push(rule)
    for (const rule of ofTarget.patterns) if (concerns(rule, subject)) found.push(rule)
  }
}
