import { effects } from '@ambit/core/record'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadCatalog } from '../kernel/catalog.ts'
import { tierOf } from './tier.ts'

const catalog = loadCatalog()

test('what only reads is low, what pays or moves things is high', () => {
  expect(tierOf({ scenarios: [], effects: ['read'] }, catalog)).toBe('low')
  expect(tierOf({ scenarios: [], effects: ['read', 'write'] }, catalog)).toBe('medium')
  expect(tierOf({ scenarios: [], effects: ['read', 'pay'] }, catalog)).toBe('high')
  expect(tierOf({ scenarios: [], effects: ['physical'] }, catalog)).toBe('high')
})

test('a sensitive scenario, and one that nobody knows, is high whatever is done', () => {
  expect(tierOf({ scenarios: ['healthcare'], effects: ['read'] }, catalog)).toBe('high')
  expect(tierOf({ scenarios: ['agriculture'], effects: ['read'] }, catalog)).toBe('low')
  expect(tierOf({ scenarios: ['something-new'], effects: ['read'] }, catalog)).toBe('high')
})

test('more effects and scenarios never lower a tier', () => {
  const order = ['low', 'medium', 'high']
  const scenario = fc.constantFrom(...catalog.scenarios.keys(), 'unknown')
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...effects)),
      fc.array(scenario),
      fc.array(fc.constantFrom(...effects)),
      fc.array(scenario),
      (some, places, more, others) => {
        const less = tierOf({ effects: some, scenarios: places }, catalog)
        const all = tierOf({ effects: [...some, ...more], scenarios: [...places, ...others] }, catalog)
        expect(order.indexOf(all)).toBeGreaterThanOrEqual(order.indexOf(less))
      },
    ),
  )
})
