import { expect, test } from 'vitest'
import { countLatency, latencyBelow, latencyBoundsMs } from './latency.ts'
import { moved, pauseMs } from './schedule.ts'
import { InterfaceBytes, stateBytes } from './state.ts'

const hourMs = 3_600_000
const start = Date.UTC(2026, 0, 5)

function fresh(): InterfaceBytes {
  return new InterfaceBytes(new Uint8Array(stateBytes))
}

test('three failures in a row are a death, and one answer ends it', () => {
  const one = fresh()
  expect(one.state).toBe('unknown')
  one.answeredAt(start, 12)
  expect(one).toMatchObject({ state: 'alive', since: start, answered: start })
  const states = [1, 2, 3, 4].map((count) => {
    one.failedAt(start + count * 1000, 'status', 503)
    return one.state
  })
  expect(states).toEqual(['failing', 'failing', 'dead', 'dead'])
  expect(one).toMatchObject({
    since: start + 3000,
    failures: 4,
    problem: 'status',
    status: 503,
    answered: start,
  })
  one.answeredAt(start + 9000, 12)
  expect(one).toMatchObject({ state: 'alive', since: start + 9000, failures: 0, problem: '', status: 0 })
})

test('availability is of the last 24 hours and the last seven days, and old hours fall out', () => {
  const one = fresh()
  expect(one.availability(start, 'day')).toBeUndefined()
  for (let count = 0; count < 10; count++) one.failedAt(start + count, 'timeout', 0)
  for (let count = 0; count < 30; count++) one.answeredAt(start + 2 * hourMs + count, 5)
  expect(one.availability(start + 3 * hourMs, 'day')).toBe(0.75)
  expect(one.availability(start + 24 * hourMs, 'day')).toBe(1)
  expect(one.availability(start + 24 * hourMs, 'week')).toBe(0.75)
  expect(one.availability(start + 26 * hourMs, 'day')).toBeUndefined()
  expect(one.availability(start + 8 * 24 * hourMs, 'week')).toBeUndefined()
})

test('a clock that steps back spoils nothing', () => {
  const one = fresh()
  one.answeredAt(start + 5 * hourMs, 5)
  one.answeredAt(start, 5)
  expect(one.availability(start + 5 * hourMs, 'day')).toBe(1)
})

test('latencies fall into classes whose bounds are told, and old ones fade', () => {
  const classes = new Uint8Array(latencyBoundsMs.length)
  expect(latencyBelow(classes, 0.5)).toBeUndefined()
  for (let count = 0; count < 90; count++) countLatency(classes, 9)
  for (let count = 0; count < 10; count++) countLatency(classes, 1_000_000)
  expect([0.5, 0.9, 0.95].map((share) => latencyBelow(classes, share))).toEqual([10, 10, 15_000])
  for (let count = 0; count < 2000; count++) countLatency(classes, 40)
  expect(latencyBelow(classes, 0.95)).toBe(50)
  expect(Math.max(...classes)).toBeLessThanOrEqual(255)
})

test('one that failed is asked again soon, the dead ever more seldom, but at least four times a day', () => {
  const every = 300_000
  expect([0, 1, 2, 3, 4, 5].map((failures) => pauseMs(every, failures, 0.5))).toEqual([
    every,
    60_000,
    60_000,
    every,
    2 * every,
    4 * every,
  ])
  expect(pauseMs(every, 60_000, 0.5)).toBe(6 * hourMs)
  expect(moved(1000, 0)).toBeCloseTo(900)
  expect(moved(1000, 1)).toBeCloseTo(1100)
})
