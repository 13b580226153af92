import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

test('so many in a second, whatever was not used before', () => {
  let now = 5000
  const pace = new Pace(10, () => now)
  const taken = () => Array.from({ length: 30 }, () => pace.take('one.example')).filter((ms) => ms === 0)
  expect(taken()).toHaveLength(10)
  expect(pace.take('two.example')).toBe(0)
  now += 60_000
  expect(taken()).toHaveLength(10)
  now += 500
  expect(taken()).toHaveLength(5)
})

test('those that wait have turns one behind the other, which nobody else takes', () => {
  const pace = new Pace(10, () => 5000)
  const turns = Array.from({ length: 30 }, () => pace.reserve('one.example'))
  expect(turns.filter((ms) => ms === 0)).toHaveLength(10)
  const later = turns.filter((ms) => ms > 0)
  expect(later.map(Math.round)).toEqual(Array.from({ length: 20 }, (_, at) => (at + 1) * 100))
  expect(pace.take('one.example')).toBeGreaterThan(2000)
})

test('many hosts take no more memory than some', () => {
  let now = 5000
  const pace = new Pace(10, () => now)
  for (let at = 0; at < 60_000; at++) {
    now += 0.01
    pace.take(`h${at}.example`)
  }
  expect(pace.size).toBeLessThanOrEqual(20_000)
})
