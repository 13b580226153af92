import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { readBearer, scopesIn, scopeUnion } from './challenge.ts'

test('reads the Bearer challenge among others, in any case and order', () => {
  expect(readBearer('Bearer scope="a b", resource_metadata="https://s.example/x?y=1,2"')).toEqual({
    scope: 'a b',
    resourceMetadata: 'https://s.example/x?y=1,2',
  })
  expect(readBearer('Basic realm="x", bearer error=insufficient_scope, scope="a", DPoP scope="b"')).toEqual({
    error: 'insufficient_scope',
    scope: 'a',
  })
  expect(readBearer('Bearer error_description="say \\"hi\\"", error = "x\\"y"')).toEqual({ error: 'x"y' })
  // The first of two counts: a server that adds to what came before changes nothing.
  expect(readBearer('Bearer scope="a", scope="b"').scope).toBe('a')
})

test('finds nothing where there is no challenge, whatever the header holds', () => {
  for (const header of [undefined, '', 'Basic realm="x"', 'scope="a"', 'Negotiate abc=='])
    expect(readBearer(header)).toEqual({})
  assert(
    property(string({ maxLength: 200 }), (header) => {
      readBearer(header)
      readBearer(`Bearer ${header}`)
    }),
  )
})

test('reads a long header in time that grows with its length', () => {
  const long = `Bearer scope="${'\\'.repeat(100_000)}`
  expect(readBearer(long)).toEqual({})
})

test('takes scopes of their form only, each once and not too many', () => {
  expect(scopesIn('a b a  "c" d\\e')).toEqual(['a', 'b'])
  expect(scopesIn(Array.from({ length: 100 }, (_, at) => `s${at}`).join(' ')).length).toBe(50)
  expect(scopeUnion(['a'], ['b', 'a'], [])).toEqual(['a', 'b'])
})
