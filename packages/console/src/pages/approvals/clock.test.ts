import { expect, test } from 'vitest'
import { clock } from './clock.ts'

test('writes time left as a clock does', () => {
  expect(clock(0)).toBe('0:00')
  expect(clock(4 * 60_000 + 4_100)).toBe('4:05')
  expect(clock(3_600_000)).toBe('1:00:00')
})
