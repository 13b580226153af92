import { expect, test } from 'vitest'
import type { Held } from './roster.ts'
import { WarmRecords } from './warm-records.ts'

const held = (slug: string) => ({ slug }) as Held
const mebibyte = 1024 * 1024

test('keeps what is asked for, and lets go of what nobody asked for while others came', () => {
  const warm = new WarmRecords()
  warm.set('kept', held('kept'), mebibyte)
  warm.set('left', held('left'), mebibyte)
  for (let at = 0; at < 20; at++) {
    warm.set(`r${at}`, held(`r${at}`), mebibyte)
    expect(warm.get('kept')?.slug).toBe('kept')
  }
  expect(warm.get('left')).toBeUndefined()
  expect(warm.get('r0')).toBeUndefined()
  expect(warm.get('r19')?.slug).toBe('r19')
})

test('a record that is changed or removed is not found as it was', () => {
  const warm = new WarmRecords()
  warm.set('a', held('before'), 100)
  for (let at = 0; at < 3000; at++) warm.set(`r${at}`, held('other'), 100)
  warm.set('a', held('after'), 100)
  expect(warm.get('a')?.slug).toBe('after')
  warm.delete('a')
  expect(warm.get('a')).toBeUndefined()
})

test('one that is larger than all of the room is kept until the next comes', () => {
  const warm = new WarmRecords()
  warm.set('large', held('large'), 100 * mebibyte)
  expect(warm.get('large')?.slug).toBe('large')
  warm.set('small', held('small'), 100)
  expect(warm.get('large')?.slug).toBe('large')
  expect(warm.get('small')?.slug).toBe('small')
})
