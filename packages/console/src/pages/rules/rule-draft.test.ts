import { ruleTermsSchema } from '@ambit/core/rule'
import { describe, expect, test } from 'vitest'
import { emptyRule, termsOf } from './rule-draft.ts'
import type { RuleDraft } from './rule-draft.ts'

const now = Date.parse('2026-11-21T12:00:00.000Z')
const of = (draft: Partial<RuleDraft>) => termsOf({ ...emptyRule, ...draft }, now)

describe('a rule put together', () => {
  test('asks about everything as it stands', () => {
    expect(of({})).toEqual({
      ok: true,
      terms: { scope: 'mine', target: '*', capability: '*', decision: 'ask' },
    })
  })

  test('has every part that was filled in, in the form the node takes', () => {
    const result = of({
      scope: 'organization',
      target: 'shop',
      capability: 'pay',
      effect: 'pay',
      argument: ' to ',
      comparison: 'prefix',
      value: 'chen@',
      places: 'home， office, ',
      amount: '49,90',
      currency: 'eur',
      obligations: ['step-up', 'second-person'],
      note: ' moving ',
      days: 7,
    })
    expect(result).toEqual({
      ok: true,
      terms: {
        scope: 'organization',
        target: 'shop',
        capability: 'pay',
        effect: 'pay',
        arguments: { to: { prefix: 'chen@' } },
        places: ['home', 'office'],
        amountAbove: { currency: 'EUR', minor: 4990 },
        decision: 'ask',
        obligations: ['step-up', 'second-person'],
        note: 'moving',
        expires: '2026-11-28T12:00:00.000Z',
      },
    })
    if (result.ok) expect(ruleTermsSchema.safeParse(result.terms).success).toBe(true)
  })

  test('is about a number and about its text, because either may be sent', () => {
    expect(of({ argument: 'n', value: '5' })).toMatchObject({ terms: { arguments: { n: { in: [5, '5'] } } } })
    expect(of({ argument: 'n', value: 'five' })).toMatchObject({
      terms: { arguments: { n: { eq: 'five' } } },
    })
    expect(of({ argument: 'n', value: '5', comparison: 'min' })).toMatchObject({
      terms: { arguments: { n: { min: 5 } } },
    })
  })

  test('carries obligations only where somebody is asked', () => {
    const result = of({ decision: 'refuse', obligations: ['step-up'] })
    expect(result).toEqual({
      ok: true,
      terms: { scope: 'mine', target: '*', capability: '*', decision: 'refuse' },
    })
  })

  test('says what is not right', () => {
    expect(of({ argument: 'to' })).toEqual({ ok: false, wrong: ['value'] })
    expect(of({ argument: 'n', comparison: 'max', value: 'many' })).toEqual({ ok: false, wrong: ['number'] })
    expect(of({ amount: '1.999' })).toEqual({ ok: false, wrong: ['amount'] })
    expect(of({ amount: '5', currency: 'euro' })).toEqual({ ok: false, wrong: ['currency'] })
    expect(of({ places: 'x'.repeat(101) })).toEqual({ ok: false, wrong: ['places'] })
  })
})
