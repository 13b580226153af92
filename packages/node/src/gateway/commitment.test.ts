import { randomBytes } from 'node:crypto'
import { commitment } from '@ambit/core/receipt'
import { expect, test } from 'vitest'
import { commitBytes, commitText, saltOf } from './commitment.ts'

const key = randomBytes(32)
const act = 'a'.repeat(32)

test('commits as the receipt format says, for contents of every size', async () => {
  for (const size of [0, 1, 100, 87_000, 90_000, 262_144, 262_145, 600_000]) {
    const content = '界'.repeat(Math.ceil(size / 3)).slice(0, size)
    const salt = saltOf(key, act, 'arguments')
    const expected = await commitment(salt, Buffer.from(content))
    expect(commitText(key, act, 'arguments', content), String(size)).toBe(expected)
    expect(commitBytes(key, act, 'arguments', Buffer.from(content)), String(size)).toBe(expected)
  }
})

test('no two acts, fields or persons share a salt', () => {
  const salts = [
    saltOf(key, act, 'arguments'),
    saltOf(key, act, 'result'),
    saltOf(key, 'b'.repeat(32), 'arguments'),
    saltOf(randomBytes(32), act, 'arguments'),
  ].map((salt) => salt.toString('hex'))
  expect(new Set(salts).size).toBe(4)
})
