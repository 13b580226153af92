import { expect, test } from 'vitest'
import { definitionDigest } from './definition.ts'
import type { DescribedCapability } from './describe.ts'
import { compare, isSettled } from './drift.ts'

function tool(id: string, description: string): DescribedCapability {
  const served = { name: id, description, _meta: { trace: Math.random() } }
  return { id, name: id, description, inputSchema: undefined, outputSchema: undefined, hints: {}, served }
}

const pinned = {
  capabilities: ['a', 'b', 'c'].map((id) => ({ id, definition: definitionDigest(tool(id, 'old').served) })),
}

test('finds nothing where only the metadata of an answer differs', () => {
  expect(compare(pinned, { capabilities: ['c', 'a', 'b'].map((id) => tool(id, 'old')) })).toEqual([])
})

test('finds what changed, what is gone and what is new', () => {
  const changes = compare(pinned, { capabilities: [tool('a', 'old'), tool('b', 'new'), tool('d', 'new')] })
  expect(changes.map(({ change, capability }) => `${capability} ${change}`)).toEqual([
    'b changed',
    'c removed',
    'd added',
  ])
  expect(changes.every((change) => !isSettled(pinned, change))).toBe(true)
})

test('a change is settled once the record says the same', () => {
  const [changed, removed] = compare(pinned, { capabilities: [tool('a', 'old'), tool('b', 'new')] })
  const next = { capabilities: [{ id: 'b', definition: definitionDigest(tool('b', 'new').served) }] }
  expect(isSettled(next, changed!)).toBe(true)
  expect(isSettled(next, removed!)).toBe(true)
})

test('the order of members does not matter, their values do', () => {
  expect(definitionDigest({ a: 1, b: { d: 1, c: 2 } })).toBe(definitionDigest({ b: { c: 2, d: 1 }, a: 1 }))
  expect(definitionDigest({ a: 1 })).not.toBe(definitionDigest({ a: 2 }))
})
