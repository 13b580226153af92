import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { Bucket } from './bucket.ts'

test('gives two seconds at once, then as many as come in', () => {
  const bucket = new Bucket(10)
  for (let at = 0; at < 20; at++) expect(bucket.take(0)).toBe(0)
  expect(bucket.take(0)).toBe(100)
  expect(bucket.take(99)).toBe(1)
  expect(bucket.take(100)).toBe(0)
  expect(bucket.take(100)).toBe(100)
})

test('whoever waits as long as it says gets one, and never more than the rate allows', () => {
  assert(
    property(
      integer({ min: 1, max: 2000 }),
      array(integer({ min: 0, max: 50 }), { maxLength: 200 }),
      (perSecond, steps) => {
        const bucket = new Bucket(perSecond)
        let nowMs = 0
        let taken = 0
        for (const step of steps) {
          nowMs += step
          const waitMs = bucket.take(nowMs)
          if (waitMs > 0) {
            nowMs += waitMs
            expect(bucket.take(nowMs)).toBe(0)
          }
          taken += 1
        }
        expect(taken).toBeLessThanOrEqual(2 * perSecond + (perSecond * nowMs) / 1000)
      },
    ),
  )
})

test('a clock that stands still or goes back gives nothing away', () => {
  const bucket = new Bucket(1)
  expect([bucket.take(5000), bucket.take(5000)]).toEqual([0, 0])
  expect(bucket.take(1)).toBe(1000)
})
