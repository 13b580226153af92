import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createReplayMemory } from './replay-memory.ts'

test('takes each once, of each sender, for as long as it counts', () => {
  const clock = handClock()
  const use = createReplayMemory(clock, { keepMs: 1000, entriesMax: 100 })
  expect([use('a', '1'), use('a', '1'), use('b', '1'), use('a', '2')]).toEqual(['new', 'known', 'new', 'new'])
  clock.advance(1000)
  expect(use('a', '1')).toBe('known')
  clock.advance(1)
  expect(use('a', '1')).toBe('known')
  clock.advance(1001)
  expect(use('a', '1')).toBe('new')
})

test('refuses what it cannot remember, and lets no sender take the room of the others', () => {
  const clock = handClock()
  const use = createReplayMemory(clock, { keepMs: 1000, entriesMax: 3, perSenderMax: 2 })
  expect([use('a', '1'), use('a', '2'), use('a', '3'), use('b', '1'), use('b', '2')]).toEqual([
    'new',
    'new',
    'full',
    'new',
    'full',
  ])
  clock.advance(3000)
  expect(use('b', '2')).toBe('new')
})
