import type { Constraint } from '@ambit/core/mandate'
import type { RuleTerms } from '../../api/rules.ts'
import type { Dictionary } from '../../i18n/en.ts'
import { moneyText } from '../../ui/money.ts'
import { visibleString } from '../../ui/visible-text.ts'

/** A part of the sentence that a rule reads as; `foreign`: a name or value that somebody wrote. */
export interface RulePart {
  readonly text: string
  readonly foreign?: boolean
}

const bounds = ['eq', 'in', 'prefix', 'min', 'max'] as const

/** Where a rule applies: «When anything of shop is used, above € 50.00». */
export function whereParts(terms: RuleTerms, text: Dictionary, tag: string): readonly RulePart[] {
  const { rule } = text
  const tool = terms.capability === '*' ? { text: rule.anything } : foreign(terms.capability, 120)
  const target = terms.target === '*' ? { text: rule.every } : foreign(terms.target, 120)
  const parts = filled(rule.when, { tool, target })
  if (terms.effect !== undefined) parts.push({ text: rule.effect(rule.effects[terms.effect]) })
  for (const [name, constraint] of Object.entries(terms.arguments ?? {}))
    parts.push(
      ...filled(rule.with, { name: foreign(name, 60), bound: { text: boundWords(constraint, text) } }),
    )
  if (terms.places !== undefined)
    parts.push(...filled(rule.places, { places: foreign(terms.places.join(', '), 200) }))
  if (terms.amountAbove !== undefined) {
    const { currency, minor } = terms.amountAbove
    parts.push({ text: rule.above(moneyText(currency, minor, tag)) })
  }
  return parts
}

function foreign(value: string, charactersMax: number): RulePart {
  return { text: visibleString(value, charactersMax), foreign: true }
}

/** A template of ours with parts in the places of its `{names}`: languages put them in an order of their own. */
function filled(template: string, parts: Readonly<Record<string, RulePart>>): RulePart[] {
  return template
    .split(/\{(\w+)\}/)
    .map((piece, at) => (at % 2 === 0 ? { text: piece } : (parts[piece] ?? { text: '' })))
}

/** Values as JSON, so that text is told from numbers. */
function boundWords(constraint: Constraint, text: Dictionary): string {
  return bounds
    .filter((bound) => constraint[bound] !== undefined)
    .map((bound) => {
      const value = visibleString(JSON.stringify(constraint[bound]), 200)
      return `${text.mandate.constraints[bound]} ${value}`
    })
    .join(', ')
}

/** What it decides there, with what goes with it. */
export function decisionWords({ scope, decision, obligations = [] }: RuleTerms, text: Dictionary): string {
  const words = scope === 'mine' ? text.rule.decision[decision] : text.rule.decisionOurs[decision]
  if (decision !== 'ask') return words
  return [words, ...obligations.map((each) => text.rule.obligations[each])].join(', ')
}

/** The whole rule as one line of text. */
export function ruleLine(terms: RuleTerms, text: Dictionary, tag: string): string {
  const where = whereParts(terms, text, tag)
    .map((part) => part.text)
    .join('')
  return `${where} → ${decisionWords(terms, text)}`
}
