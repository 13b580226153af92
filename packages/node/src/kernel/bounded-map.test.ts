import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

test('forgets what was used longest ago', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('c', 3)
  expect(map.get('b')).toBeUndefined()
  expect(map.get('a')).toBe(1)
  expect(map.get('c')).toBe(3)
  expect(map.size).toBe(2)
})

test('sets an entry anew without forgetting another', () => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('b', 3)
  expect(map.get('a')).toBe(1)
  expect(map.get('b')).toBe(3)
})
