import type { Inverse } from '@ambit/core/record'
import { describe, expect, test } from 'vitest'
import { inverseArguments, needsContents, readResult, saysFailed } from './inverse.ts'

const inverse: Inverse = {
  capability: 'delete_note',
  arguments: {
    id: { from: 'result', path: 'id' },
    folder: { from: 'arguments', path: 'where.folder' },
    force: { value: true },
  },
}
const given = { where: { folder: 'inbox' }, text: 'hello' }

describe('the arguments of an inverse', () => {
  test.each([
    ['structured content', { content: [], structuredContent: { id: 7 } }],
    ['a JSON-RPC answer', { jsonrpc: '2.0', id: 1, result: { structuredContent: { id: 7 } } }],
    ['JSON said as text', { content: [{ type: 'text', text: '{"id":7}' }] }],
    ['the result itself', { id: 7 }],
  ])('are taken from %s', (_name, result) => {
    expect(inverseArguments(inverse, { arguments: given, result })).toEqual({
      id: 7,
      folder: 'inbox',
      force: true,
    })
  })

  test('name the member that is not there', () => {
    expect(inverseArguments(inverse, { arguments: given, result: { content: [] } })).toBe('result.id')
    expect(inverseArguments(inverse, { arguments: {}, result: { id: 7 } })).toBe('arguments.where.folder')
  })

  test('are own members only, and never `__proto__`', () => {
    const climbing: Inverse = {
      capability: 'x',
      arguments: { a: { from: 'result', path: 'constructor.name' } },
    }
    expect(inverseArguments(climbing, { arguments: {}, result: {} })).toBe('result.constructor.name')
    const odd: Inverse = {
      capability: 'x',
      arguments: JSON.parse('{"__proto__":{"value":1}}') as Inverse['arguments'],
    }
    expect(inverseArguments(odd, { arguments: {}, result: {} })).toBe('__proto__')
  })

  test('that are all fixed need nothing of the act', () => {
    expect(needsContents(inverse)).toBe(true)
    expect(needsContents({ capability: 'x', arguments: { on: { value: false } } })).toBe(false)
  })
})

describe('a result', () => {
  test('of a stream is its last piece', () => {
    expect(readResult('{"progress":1}\n{"id":7}')).toEqual({ id: 7 })
    expect(readResult('no JSON at all')).toBeUndefined()
  })

  test('says itself that the tool failed', () => {
    expect(saysFailed({ isError: true })).toBe(true)
    expect(saysFailed({ jsonrpc: '2.0', id: 1, result: { isError: true } })).toBe(true)
    expect(saysFailed({ content: [] })).toBe(false)
    expect(saysFailed(undefined)).toBe(false)
  })
})
