import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Cost } from './authority.ts'
import { charge, createBudget, metersOf, release, replay, reserve } from './budgets.ts'
import { oneCall } from './cost.ts'
import { addRest, restRate } from './rate.ts'

const start = 1_767_225_600_000

const pays = (minor: number, currency = 'EUR'): Cost => ({ ...oneCall, money: { currency, minor } })
const used = (budget: Parameters<typeof metersOf>[0]) => metersOf(budget).map((meter) => meter.used)

test('takes from every link or from none', () => {
  const root = createBudget({ id: 'root', limits: { calls: 2 } })
  const child = createBudget({ id: 'child', limits: { calls: 5 } })
  expect(reserve([root, child], oneCall, start)).toBeUndefined()
  expect(reserve([root, child], oneCall, start)).toBeUndefined()
  expect(reserve([root, child], oneCall, start)).toEqual({
    code: 'budget.calls',
    mandate: 'root',
    measure: 'calls',
    left: 0,
    max: 2,
  })
  expect([root.calls.used, child.calls.used]).toEqual([2, 2])
  release([root, child], oneCall)
  expect(reserve([root, child], oneCall, start)).toBeUndefined()
})

test('siblings share what their parent has', () => {
  const root = createBudget({ id: 'root', limits: { calls: 3 } })
  const [left, right] = ['l', 'r'].map((id) => createBudget({ id, limits: { calls: 3 } })) as [never, never]
  expect(reserve([root, left], oneCall, start)).toBeUndefined()
  expect(reserve([root, right], oneCall, start)).toBeUndefined()
  expect(reserve([root, left], oneCall, start)).toBeUndefined()
  expect(reserve([root, right], oneCall, start)).toMatchObject({ mandate: 'root' })
})

test('a limit of no calls allows none', () => {
  expect(reserve([createBudget({ id: 'm', limits: { calls: 0 } })], oneCall, start)).toMatchObject({
    code: 'budget.calls',
  })
})

test('money counts by currency, to the last minor unit, and no other currency is allowed', () => {
  const root = createBudget({ id: 'root', limits: { money: { EUR: 1000, JPY: 5 } } })
  const child = createBudget({ id: 'child', limits: { money: { EUR: 700 } } })
  expect(reserve([root, child], pays(700), start)).toBeUndefined()
  expect(reserve([root, child], pays(1), start)).toMatchObject({
    code: 'budget.money',
    mandate: 'child',
    left: 0,
  })
  expect(reserve([root], pays(301), start)).toMatchObject({ code: 'budget.money', measure: 'EUR', left: 300 })
  expect(reserve([root], pays(300), start)).toBeUndefined()
  expect(reserve([root], pays(5, 'JPY'), start)).toBeUndefined()
  expect(reserve([root], pays(0, 'USD'), start)).toMatchObject({
    code: 'budget.money',
    measure: 'USD',
    max: 0,
  })
  expect(reserve([root], { ...oneCall, money: 'unknown' }, start)).toMatchObject({
    code: 'budget.money-unknown',
  })
  expect(reserve([root], oneCall, start)).toBeUndefined()
  expect(used(root)).toEqual([4, 1000, 5])
})

test('without a limit of money, money that nobody can tell is no reason to refuse', () => {
  const budget = createBudget({ id: 'm', limits: { bytesOut: 10 } })
  expect(reserve([budget], { calls: 1, bytesOut: 10, money: 'unknown' }, start)).toBeUndefined()
  expect(reserve([budget], { calls: 1, bytesOut: 1, money: undefined }, start)).toMatchObject({
    code: 'budget.bytes',
    left: 0,
    max: 10,
  })
})

test('what is only observed counts past its limit', () => {
  const budget = createBudget({ id: 'm', limits: { calls: 1, money: { EUR: 5 } } })
  charge([budget], pays(9))
  charge([budget], pays(9))
  expect(used(budget)).toEqual([2, 18])
  expect(reserve([budget], pays(1), start)).toMatchObject({ code: 'budget.calls', left: 0 })
})

const rate = { calls: 3, periodMs: 60_000 }

test('no stretch of a period, wherever it begins, has more acts than the rate', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 200 }), (gaps) => {
      const budget = createBudget({ id: 'm', limits: { rate } })
      const taken: number[] = []
      let now = start
      for (const gap of gaps) {
        now += gap
        if (reserve([budget], oneCall, now) === undefined) taken.push(now)
      }
      for (const [at, time] of taken.entries()) {
        const within = taken.slice(0, at + 1).filter((each) => each > time - rate.periodMs)
        expect(within.length).toBeLessThanOrEqual(rate.calls)
      }
    }),
  )
})

test('an act is forgotten at most a sixtieth of the period late', () => {
  const budget = createBudget({ id: 'm', limits: { rate } })
  for (let each = 0; each < 3; each++) expect(reserve([budget], oneCall, start)).toBeUndefined()
  expect(reserve([budget], oneCall, start + 59_999)).toMatchObject({ code: 'budget.rate', left: 0, max: 3 })
  expect(reserve([budget], oneCall, start + 61_000)).toBeUndefined()
})

test('a clock that is set back does not give the rate back', () => {
  const budget = createBudget({ id: 'm', limits: { rate } })
  for (let each = 0; each < 3; each++) expect(reserve([budget], oneCall, start)).toBeUndefined()
  expect(reserve([budget], oneCall, start - 3_600_000)).toMatchObject({ code: 'budget.rate' })
  const other = createBudget({ id: 'm', limits: { rate } })
  expect(reserve([other], oneCall, start)).toBeUndefined()
  for (let each = 0; each < 2; each++) expect(reserve([other], oneCall, start - 3_600_000)).toBeUndefined()
  expect(reserve([other], oneCall, start - 3_600_000)).toMatchObject({ code: 'budget.rate' })
})

test('a rate at rest comes back as it was, and acts from the log add to it', () => {
  const budget = createBudget({ id: 'm', limits: { rate } })
  reserve([budget], oneCall, start)
  const later = createBudget({ id: 'm', limits: { rate } })
  addRest(later.rate!, restRate(budget.rate!))
  replay(later, oneCall, start + 5000)
  replay(later, oneCall, start + 2000)
  expect(reserve([later], oneCall, start + 10_000)).toMatchObject({ code: 'budget.rate' })
  expect(reserve([later], oneCall, start + 62_000)).toBeUndefined()
})

test('a message of three calls takes three of the rate and gives three back', () => {
  const budget = createBudget({ id: 'm', limits: { rate } })
  const three = { ...oneCall, calls: 3 }
  expect(reserve([budget], three, start)).toBeUndefined()
  expect(reserve([budget], oneCall, start)).toMatchObject({ code: 'budget.rate' })
  release([budget], three)
  expect(reserve([budget], three, start)).toBeUndefined()
})
