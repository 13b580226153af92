import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { chargeRate, createRate, rateLeft } from './rate.ts'
import { RateShares } from './rate-shares.ts'

const minuteMs = 60_000

/** Replicas that hear of one another at once, each with one window of ten calls in a minute. */
function shares(clock: ReturnType<typeof handClock>, living: () => readonly string[], self: string) {
  const parts = new RateShares({ self, living }, clock)
  const rate = createRate({ calls: 10, periodMs: minuteMs })
  parts.adopt(rate)
  return { parts, rate }
}

test('a replica that is alone has the whole rate, and gives up its part as soon as it hears of another', () => {
  const clock = handClock()
  let living = ['a']
  const { parts, rate } = shares(clock, () => living, 'a')
  expect(rate.share).toBe(10)
  living = ['a', 'b', 'c']
  parts.change()
  expect(rate.share).toBe(4)
})

test('one that begins beside others waits until what they could do before is out of the window', () => {
  const clock = handClock()
  const { parts, rate } = shares(clock, () => ['a', 'b'], 'b')
  expect(rate.share).toBe(0)
  clock.advance(minuteMs + 14_000)
  parts.grow()
  expect(rate.share).toBe(0)
  clock.advance(1000)
  parts.grow()
  expect(rate.share).toBe(5)
})

test('whoever is left takes over the share of one that went after a period', () => {
  const clock = handClock()
  let living = ['a', 'b']
  const { parts, rate } = shares(clock, () => living, 'a')
  clock.advance(minuteMs + 15_000)
  parts.grow()
  living = ['a']
  parts.change()
  expect(rate.share).toBe(5)
  clock.advance(minuteMs + 15_000)
  parts.grow()
  expect(rate.share).toBe(10)
})

test('in no period do two replicas do more than the rate, however one comes and goes', () => {
  const clock = handClock()
  const living = ['a']
  const own = shares(clock, () => living, 'a')
  let other: ReturnType<typeof shares> | undefined
  const done: number[] = []
  for (let second = 0; second < 900; second++) {
    clock.advance(1000)
    if (second % 200 === 50) {
      living.push('b')
      other = shares(clock, () => living, 'b')
      own.parts.change()
    } else if (second % 200 === 199) {
      living.pop()
      other = undefined
      own.parts.change()
    }
    for (const each of [own, other]) {
      each?.parts.grow()
      if (each === undefined) continue
      while (rateLeft(each.rate, clock.now()) > 0) {
        chargeRate(each.rate, 1)
        done.push(second)
      }
    }
    expect(done.filter((at) => at > second - 60).length).toBeLessThanOrEqual(10)
  }
  expect(done.length).toBeGreaterThan(100)
})
