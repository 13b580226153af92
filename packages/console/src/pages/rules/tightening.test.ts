import type { Rule } from '@ambit/core/rule'
import { describe, expect, test } from 'vitest'
import { tightening } from './tightening.ts'

const rule = (part: Partial<Rule>): Rule => ({
  v: 1,
  type: 'rule',
  id: 'ru_1',
  organization: 'main',
  person: 'lin',
  created: '2026-11-21T12:00:00.000Z',
  scope: 'mine',
  target: 'shop',
  capability: 'pay',
  decision: 'ask',
  ...part,
})

describe('the rules that tighten a mandate', () => {
  const records = [{ id: 'aic:shop', slug: 'shop' }]
  const mandate = { subject: 'lin', allow: [{ target: 'shop', capability: 'pay_*' }] }
  const meets = (part: Partial<Rule>) => tightening(mandate, [rule(part)], records).length === 1

  test('are those that meet an entry of it', () => {
    expect(meets({ capability: 'pay_invoice' })).toBe(true)
    expect(meets({ capability: 'pay*' })).toBe(true)
    expect(meets({ capability: 'pay_i*' })).toBe(true)
    expect(meets({ target: '*', capability: '*' })).toBe(true)
    expect(meets({ target: 'aic:shop', capability: '*' })).toBe(true)
  })

  test('are not those about something else', () => {
    expect(meets({ capability: 'pay' })).toBe(false)
    expect(meets({ capability: 'read_*' })).toBe(false)
    expect(meets({ target: 'other', capability: '*' })).toBe(false)
  })

  test('are those of its person and of the organisation', () => {
    expect(meets({ capability: '*', person: 'wen' })).toBe(false)
    expect(meets({ capability: '*', person: 'wen', scope: 'organization' })).toBe(true)
  })
})
