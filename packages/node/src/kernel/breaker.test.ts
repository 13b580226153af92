import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { Breaker } from './breaker.ts'
import type { BreakerLimits } from './breaker.ts'

const limits: BreakerLimits = {
  failuresMax: 3,
  windowFailuresMax: 10,
  windowMs: 10_000,
  pauseMs: 1000,
  pauseMsMax: 8000,
  trialMs: 500,
}

function broken(more: Partial<BreakerLimits> = {}) {
  const breaker = new Breaker(handClock(), { ...limits, ...more })
  for (let at = 1; at <= limits.failuresMax; at++) breaker.failed(at, at, 'refused')
  return breaker
}

test('opens after failures one after the other, and a success in between begins the count anew', () => {
  const breaker = new Breaker(handClock(), { ...limits, windowFailuresMax: Infinity })
  for (let round = 0; round < 5; round++) {
    expect([breaker.failed(1, 1, 'x'), breaker.failed(1, 1, 'x')]).toEqual([false, false])
    breaker.succeeded(1, 1)
  }
  breaker.failed(1, 1, 'x')
  breaker.failed(1, 1, 'x')
  expect(breaker.enter(1)).toBe(0)
  expect(breaker.failed(1, 1, 'gone')).toBe(true)
  expect(breaker.enter(1)).toBeGreaterThanOrEqual(750)
  expect(breaker.state(1)).toMatchObject({ state: 'open', failures: 3, reason: 'gone' })
})

test('opens when half of many fail, though never in a row', () => {
  const breaker = new Breaker(handClock(), limits)
  let opened = 0
  for (let at = 0; at < limits.windowFailuresMax; at++) {
    breaker.succeeded(1, 1)
    if (breaker.failed(1, 1, 'x')) opened += 1
  }
  expect(opened).toBe(1)
  const rare = new Breaker(handClock(), limits)
  for (let at = 0; at < 100; at++) {
    rare.succeeded(1, 1)
    rare.succeeded(1, 1)
    rare.failed(1, 1, 'x')
  }
  expect(rare.isOpen).toBe(false)
})

test('lets one try through when its pause is over, and closes when that succeeds', () => {
  const breaker = broken()
  expect(breaker.enter(500)).toBeGreaterThan(0)
  expect(breaker.state(1100).state).toBe('half-open')
  expect(breaker.enter(1100)).toBe(0)
  expect(breaker.enter(1100)).toBe(limits.trialMs)
  breaker.succeeded(1100, 1150)
  expect(breaker.isOpen).toBe(false)
  expect(breaker.enter(1150)).toBe(0)
})

test('waits twice as long after each try that fails, up to its limit, and begins anew after a success', () => {
  const breaker = broken()
  const waits: number[] = []
  let nowMs = 3
  for (let at = 0; at < 6; at++) {
    nowMs += breaker.enter(nowMs)
    expect(breaker.enter(nowMs)).toBe(0)
    breaker.failed(nowMs, nowMs, 'x')
    waits.push(breaker.enter(nowMs))
  }
  for (const [at, wait] of [2000, 4000, 8000, 8000, 8000, 8000].entries()) {
    expect(waits[at]).toBeGreaterThanOrEqual(wait * 0.75)
    expect(waits[at]).toBeLessThanOrEqual(wait)
  }
  nowMs += waits.at(-1)!
  breaker.enter(nowMs)
  breaker.succeeded(nowMs, nowMs)
  for (let at = 0; at < limits.failuresMax; at++) breaker.failed(nowMs, nowMs, 'x')
  expect(breaker.enter(nowMs)).toBeLessThanOrEqual(1000)
})

test('what began before it opened or closed says nothing any more', () => {
  const breaker = broken()
  breaker.succeeded(1, 20)
  expect(breaker.isOpen).toBe(true)
  expect(breaker.failed(1, 20, 'late')).toBe(false)
  const nowMs = 5000
  breaker.enter(nowMs)
  breaker.succeeded(nowMs, nowMs)
  for (let at = 0; at < 100; at++) breaker.failed(1, nowMs + at, 'late')
  expect(breaker.isOpen).toBe(false)
})

test('a try that hangs, or ends without a verdict, does not keep it open', () => {
  const breaker = broken()
  expect([breaker.enter(1100), breaker.enter(1100)]).toEqual([0, limits.trialMs])
  expect(breaker.enter(1100 + limits.trialMs)).toBe(0)
  breaker.undecided(1100, 1700)
  expect(breaker.enter(1700)).toBe(0)
})
