import type { Constraint } from '@ambit/core/mandate'
import type { Effect } from '@ambit/core/record'
import type { RuleTerms } from '../../api/rules.ts'
import { minorUnits } from '../../ui/money.ts'

export const comparisons = ['eq', 'prefix', 'min', 'max'] as const
export type Comparison = (typeof comparisons)[number]
export type Obligation = 'step-up' | 'second-person'

/** A rule as it is being put together; texts as typed, empty where it does not matter. */
export interface RuleDraft {
  readonly scope: RuleTerms['scope']
  /** Slug, or `*`. */
  readonly target: string
  readonly capability: string
  readonly effect: Effect | ''
  readonly argument: string
  readonly comparison: Comparison
  readonly value: string
  readonly places: string
  readonly amount: string
  readonly currency: string
  readonly decision: RuleTerms['decision']
  readonly obligations: readonly Obligation[]
  readonly note: string
  /** 0: until it is removed. */
  readonly days: number
}

export const emptyRule: RuleDraft = {
  scope: 'mine',
  target: '*',
  capability: '*',
  effect: '',
  argument: '',
  comparison: 'eq',
  value: '',
  places: '',
  amount: '',
  currency: 'EUR',
  decision: 'ask',
  obligations: [],
  note: '',
  days: 0,
}

/** What is not right yet, by field. */
export type WrongField = 'value' | 'number' | 'amount' | 'currency' | 'places'

export type RuleResult =
  | { readonly ok: true; readonly terms: RuleTerms }
  | { readonly ok: false; readonly wrong: readonly WrongField[] }

const placesMax = 50
const placeCharactersMax = 100
const dayMs = 86_400_000

/** The rule that a filled form asks for, or the fields that are not right. `now` in ms. */
export function termsOf(draft: RuleDraft, now: number): RuleResult {
  const argument = draft.argument.trim()
  const bound = argument === '' ? undefined : boundOf(draft)
  const places = draft.places
    .split(/[,，、]/)
    .map((place) => place.trim())
    .filter((place) => place !== '')
  const currency = draft.currency.trim().toUpperCase()
  const amount = draft.amount.trim()
  const minor = amount === '' ? undefined : minorUnits(amount, currency)
  const wrong: WrongField[] = []
  if (typeof bound === 'string') wrong.push(bound)
  if (places.length > placesMax || places.some((place) => place.length > placeCharactersMax))
    wrong.push('places')
  if (amount !== '' && !/^[A-Z]{3}$/.test(currency)) wrong.push('currency')
  else if (amount !== '' && minor === undefined) wrong.push('amount')
  if (wrong.length > 0 || typeof bound === 'string') return { ok: false, wrong }
  const note = draft.note.trim()
  const obligations = draft.decision === 'ask' ? [...draft.obligations] : []
  return {
    ok: true,
    terms: {
      scope: draft.scope,
      target: draft.target,
      capability: draft.capability,
      ...(draft.effect === '' ? {} : { effect: draft.effect }),
      // fromEntries defines own members whatever they are called, `__proto__` included.
      ...(bound === undefined ? {} : { arguments: Object.fromEntries([[argument, bound]]) }),
      ...(places.length === 0 ? {} : { places }),
      ...(minor === undefined ? {} : { amountAbove: { currency, minor } }),
      decision: draft.decision,
      ...(obligations.length === 0 ? {} : { obligations }),
      ...(note === '' ? {} : { note }),
      ...(draft.days === 0 ? {} : { expires: new Date(now + draft.days * dayMs).toISOString() }),
    },
  }
}

/** A value that looks like a number or a truth may be sent as either, so the rule is about both. */
function boundOf({ comparison, value }: RuleDraft): Constraint | 'value' | 'number' {
  const text = value.trim()
  if (text === '') return 'value'
  if (comparison === 'prefix') return { prefix: text }
  const number = /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : undefined
  if (comparison === 'min' || comparison === 'max')
    return number === undefined ? 'number' : { [comparison]: number }
  const other = number ?? (text === 'true' ? true : text === 'false' ? false : undefined)
  return other === undefined ? { eq: text } : { in: [other, text] }
}
