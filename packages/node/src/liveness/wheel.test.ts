import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Wheel } from './wheel.ts'

test('gives each slot once, never before it is due and at most a tick after, also beyond a turn of the ring', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 }), (delays) => {
      const wheel = new Wheel(1_000_000, 10, 32)
      for (const [slot, delay] of delays.entries()) wheel.add(slot, 1_000_000 + delay)
      const taken = new Map<number, number>()
      for (let now = 1_000_000; now <= 1_005_020; now += 10)
        for (const slot of wheel.take(now)) {
          expect(taken.has(slot)).toBe(false)
          taken.set(slot, now)
        }
      expect(taken.size).toBe(delays.length)
      for (const [slot, at] of taken) {
        const due = Math.max(1_000_000 + delays[slot]!, 1_000_010)
        expect(at).toBeGreaterThan(due - 10)
        expect(at).toBeLessThanOrEqual(due + 10)
      }
    }),
  )
})

test('what is taken out does not come, and can be entered again', () => {
  const wheel = new Wheel(0, 10, 8)
  for (const slot of [0, 1, 2, 3]) wheel.add(slot, 100)
  wheel.remove(1)
  wheel.remove(3)
  wheel.remove(7)
  expect(wheel.size).toBe(2)
  wheel.add(3, 200)
  expect(() => wheel.add(3, 300)).toThrow('already')
  expect(new Set(wheel.take(150))).toEqual(new Set([0, 2]))
  expect(wheel.take(199)).toEqual([])
  expect(wheel.take(200)).toEqual([3])
  expect(wheel.size).toBe(0)
})

test('after a long stop everything that is due comes at once, and nothing that is not', () => {
  const wheel = new Wheel(0, 10, 8)
  for (const slot of [0, 1, 2]) wheel.add(slot, 50 + slot * 1000)
  wheel.add(3, 900_000)
  expect(new Set(wheel.take(500_000))).toEqual(new Set([0, 1, 2]))
  expect(wheel.dueOf(3)).toBe(900_000)
  expect(wheel.take(900_000)).toEqual([3])
})
