import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBudget, release, replay, reserve, restRate, restoreRate } from './budgets.ts'

const start = 1_767_225_600_000

test('takes from every link or from none', () => {
  const root = createBudget({ id: 'root', limits: { calls: 2 } })
  const child = createBudget({ id: 'child', limits: { calls: 5 } })
  expect(reserve([root, child], start)).toBeUndefined()
  expect(reserve([root, child], start)).toBeUndefined()
  expect(reserve([root, child], start)).toEqual({ code: 'budget.calls', mandate: 'root' })
  expect([root.calls, child.calls]).toEqual([2, 2])
  release([root, child])
  expect(reserve([root, child], start)).toBeUndefined()
})

test('siblings share what their parent has', () => {
  const root = createBudget({ id: 'root', limits: { calls: 3 } })
  const [left, right] = [
    createBudget({ id: 'l', limits: { calls: 3 } }),
    createBudget({ id: 'r', limits: { calls: 3 } }),
  ]
  expect(reserve([root, left], start)).toBeUndefined()
  expect(reserve([root, right], start)).toBeUndefined()
  expect(reserve([root, left], start)).toBeUndefined()
  expect(reserve([root, right], start)).toMatchObject({ mandate: 'root' })
})

test('a limit of no calls allows none', () => {
  expect(reserve([createBudget({ id: 'm', limits: { calls: 0 } })], start)).toMatchObject({
    code: 'budget.calls',
  })
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
        if (reserve([budget], now) === undefined) taken.push(now)
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
  for (let each = 0; each < 3; each++) expect(reserve([budget], start)).toBeUndefined()
  expect(reserve([budget], start + 59_999)).toMatchObject({ code: 'budget.rate' })
  expect(reserve([budget], start + 61_000)).toBeUndefined()
})

test('a clock that is set back does not give the rate back', () => {
  const budget = createBudget({ id: 'm', limits: { rate } })
  for (let each = 0; each < 3; each++) expect(reserve([budget], start)).toBeUndefined()
  expect(reserve([budget], start - 3_600_000)).toMatchObject({ code: 'budget.rate' })
  const other = createBudget({ id: 'm', limits: { rate } })
  expect(reserve([other], start)).toBeUndefined()
  for (let each = 0; each < 2; each++) expect(reserve([other], start - 3_600_000)).toBeUndefined()
  expect(reserve([other], start - 3_600_000)).toMatchObject({ code: 'budget.rate' })
})

test('a rate at rest comes back as it was, and acts from the log add to it', () => {
  const budget = createBudget({ id: 'm', limits: { rate } })
  reserve([budget], start)
  const later = createBudget({ id: 'm', limits: { rate } })
  restoreRate(later.rate!, restRate(budget.rate!))
  replay(later, start + 5000)
  replay(later, start + 2000)
  expect(reserve([later], start + 10_000)).toMatchObject({ code: 'budget.rate' })
  expect(reserve([later], start + 62_000)).toBeUndefined()
})
