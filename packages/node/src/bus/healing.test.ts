import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import { Healing } from './healing.ts'

async function turns(): Promise<void> {
  for (let at = 0; at < 20; at++) await Promise.resolve()
}

test('heals run in order, one round at a time, and once more for all that was asked meanwhile', async () => {
  const clock = handClock()
  const healing = new Healing(clock, silentLog)
  const ran: string[] = []
  const gate = Promise.withResolvers<void>()
  healing.add(async () => {
    ran.push('first')
    await gate.promise
  })
  healing.add(async () => void ran.push('second'))
  healing.ask('a')
  healing.ask('b')
  clock.advance(0)
  await turns()
  expect(ran).toEqual(['first'])
  healing.ask('c')
  healing.ask('d')
  clock.advance(1000)
  gate.resolve()
  await turns()
  expect(ran).toEqual(['first', 'second'])
  clock.advance(100)
  await turns()
  expect(ran).toEqual(['first', 'second', 'first', 'second'])
  clock.advance(60_000)
  await turns()
  expect(ran).toHaveLength(4)
})

test('one that fails is tried again by itself, later each time', async () => {
  const clock = handClock()
  const healing = new Healing(clock, silentLog)
  const at: number[] = []
  let others = 0
  healing.add(async () => {
    at.push(clock.monotonicMs())
    if (at.length < 4) throw new Error('the store is away')
  })
  healing.add(async () => void others++)
  healing.ask('a gap')
  for (let ms = 0; ms < 5000; ms += 50) {
    clock.advance(ms === 0 ? 0 : 50)
    await turns()
  }
  expect(at).toEqual([0, 250, 750, 1750])
  expect(others).toBe(1)
})

test('a room that comes later is healed at once, and one that left is not', async () => {
  const clock = handClock()
  const healing = new Healing(clock, silentLog)
  let early = 0
  let late = 0
  const leave = healing.add(async () => void early++)
  healing.ask('a gap')
  clock.advance(0)
  await turns()
  leave()
  healing.add(async () => void late++)
  clock.advance(0)
  await turns()
  expect([early, late]).toEqual([1, 1])
})
