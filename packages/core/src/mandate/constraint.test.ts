import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { constraintSchema } from '../mandate.ts'
import type { Constraint } from '../mandate.ts'
import { allowed, exceededEvidence } from './allowed.ts'
import { constraintHolds, constraintWithin, trickOf } from './constraint.ts'
import { wordsOf } from './words.ts'

const inside: Constraint = { prefix: '/srv/data/' }

describe('text that is not what it looks like', () => {
  const climbing = {
    'full-width dots': '/srv/data/．．/etc',
    'full-width slashes': '/srv/data/x／../etc',
    'full-width dots and slashes': '/srv/data/．．／etc',
    'a two-dot leader': '/srv/data/‥/etc',
    'a division slash': '/srv/data/..∕etc',
    'a fraction slash': '/srv/data/..⁄etc',
    'encoded dots': '/srv/data/%2e%2e/etc',
    'dots encoded twice': '/srv/data/%252e%252e/etc',
    'encoded full-width dots': '/srv/data/%EF%BC%8E%EF%BC%8E/etc',
    'full-width dots encoded twice': '/srv/data/%25EF%25BC%258E./etc',
    'overlong dots': '/srv/data/%c0%ae%c0%ae/etc',
    'a tab that readers of addresses leave out': '/srv/data/.\t./etc',
    'a line end between the dots': '/srv/data/.\n./etc',
    'an encoded tab between the dots': '/srv/data/.%09./etc',
    'dots encoded many times': `/srv/data/%${'25'.repeat(200)}2e./etc`,
    'full-width dots encoded many times': `/srv/data/%${'25'.repeat(9)}EF%${'25'.repeat(9)}BC%${'25'.repeat(9)}8E./etc`,
  }
  test.each(Object.entries(climbing))('no prefix covers %s', (_, value) => {
    expect(constraintHolds(inside, value)).toBe(false)
  })

  test('a mark makes the last sign of a prefix another one', () => {
    expect(constraintHolds({ prefix: 'room a' }, 'room a\u0301')).toBe(false)
    expect(constraintWithin({ prefix: 'room a\u0301' }, { prefix: 'room a' })).toBe(false)
  })

  test('a prefix covers what only looks unusual', () => {
    for (const value of [
      '/srv/data/报告.txt',
      '/srv/data/100%',
      '/srv/data/a%20b',
      '/srv/data/ｆｕｌｌ',
      '/srv/data/…',
    ])
      expect(constraintHolds(inside, value), value).toBe(true)
    expect(constraintHolds({ prefix: 'rent ' }, 'rent for\nNovember')).toBe(true)
  })

  const hidden = {
    'zero width space': 'an\u200bn',
    'right-to-left override': '\u202enna',
    'left-to-right mark': 'ann\u200e',
    isolate: 'a\u2066nn\u2069',
    'tag characters': 'ann\u{e0061}',
    'soft hyphen': 'an\u00adn',
    'byte order mark': '\ufeffann',
    'a null character': 'ann\u0000',
    'a lone surrogate': 'ann\ud800',
  }
  test.each(Object.entries(hidden))('%s keeps to no eq, in or prefix, and is named', (_, value) => {
    const bounds: Constraint[] = [{ eq: value }, { in: [value] }, { prefix: value.slice(0, 1) }]
    for (const bound of bounds) {
      expect(constraintHolds(bound, value)).toBe(false)
      expect(trickOf(bound, value)).toBe('hidden-characters')
    }
    expect(exceededEvidence({ to: { in: ['ann'] } }, { to: value }, undefined)).toBe(
      'arguments.to (hidden-characters)',
    )
  })

  test('what leaves its prefix is named, and what simply does not fit is not called a trick', () => {
    const evidence = (value: unknown) => exceededEvidence({ path: inside }, { path: value }, undefined)
    expect(evidence('/srv/data/．．/etc')).toBe('arguments.path (leaves-prefix)')
    expect(evidence('/etc')).toBe('arguments.path')
    expect(evidence(undefined)).toBe('arguments.path')
  })

  test('a mandate cannot name text that nobody sees', () => {
    for (const bound of [{ eq: 'a\u200b' }, { in: ['a', '\u202eb'] }, { prefix: '/a\u200b/' }])
      expect(constraintSchema.safeParse(bound).error?.issues[0]?.message).toContain(
        'characters that nobody sees',
      )
    expect(constraintSchema.safeParse({ schema: { enum: ['a\u200b'] } }).success).toBe(false)
  })

  test('digits of other scripts, and texts of digits, are no numbers', () => {
    for (const value of ['５', '٥', '五', '5', '5.0', 'Ⅴ', '⑤', 5n, new Number(5), [5]]) {
      expect(constraintHolds({ max: 10 }, value)).toBe(false)
      expect(constraintHolds({ min: 1 }, value)).toBe(false)
      expect(constraintHolds({ schema: { type: 'number' } }, value)).toBe(false)
      expect(constraintHolds({ eq: 5 }, value)).toBe(false)
    }
  })
})

describe('words of the user', () => {
  const words = wordsOf(
    'Pay ann@shop.example 1,200.50 EUR for "order 77-A", not -5; 给“张三”转账300元，李四光最多5万。 See /home/ann/x.',
  )
  const said = [
    'ann@shop.example',
    'Pay',
    'EUR',
    'order 77-A',
    '77-A',
    '张三',
    '/home/ann/x',
    1200.5,
    -5,
    300,
  ]
  const unsaid = [
    'shop.example',
    'ann',
    'nn@shop.example',
    '李四',
    '四光',
    'ann@shop',
    'shop',
    'orde',
    '77',
    'pay',
    '',
    ' ',
    'eve@shop.example',
    '/home/ann',
    '/home',
    1200,
    200.5,
    77,
    5,
    50,
    true,
    null,
    undefined,
    ['Pay'],
    { a: 'Pay' },
    Number.NaN,
  ]

  test('a value that was said, as a whole, comes from the user', () => {
    for (const value of said) {
      expect(constraintHolds({ fromUser: true }, value, words), String(value)).toBe(true)
      expect(constraintHolds({ fromTrusted: true }, value, words), String(value)).toBe(true)
    }
  })

  test.each(unsaid.map((value) => [JSON.stringify(value), value]))('%s does not', (_, value) => {
    expect(constraintHolds({ fromUser: true }, value, words)).toBe(false)
  })

  test('without a task nothing comes from the user', () => {
    expect(constraintHolds({ fromUser: true }, 'Pay')).toBe(false)
    expect(constraintHolds({ fromUser: true }, 'Pay', wordsOf(''))).toBe(false)
    expect(constraintHolds({ fromUser: false }, 'Pay')).toBe(true)
  })

  test('digits of other scripts are not the number', () => {
    expect(constraintHolds({ fromUser: true }, 100, wordsOf('pay １００'))).toBe(false)
    expect(constraintHolds({ fromUser: true }, 100, wordsOf('pay ١٠٠'))).toBe(false)
    expect(constraintHolds({ fromUser: true }, 100, wordsOf('pay 100k'))).toBe(false)
  })

  test('a long task is read in time that grows with its length', () => {
    const before = performance.now()
    const long = wordsOf('1,000'.repeat(2000))
    constraintHolds({ fromUser: true }, '000', long)
    expect(performance.now() - before).toBeLessThan(1000)
  })
})

describe('schemas of nested values', () => {
  const schema = {
    type: 'object',
    required: ['to'],
    properties: {
      to: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string', enum: ['ann', 'bob'] } },
      amount: { type: 'integer', minimum: 1, maximum: 100 },
      note: { type: 'string', maxLength: 5 },
    },
    additionalProperties: false,
  } as const

  test('binds what stands deep in an argument', () => {
    for (const value of [
      { to: ['ann'] },
      { to: ['ann', 'bob'], amount: 100 },
      { to: ['bob'], note: 'hello' },
    ])
      expect(constraintHolds({ schema }, value), JSON.stringify(value)).toBe(true)
    for (const value of [
      {},
      { to: [] },
      { to: ['eve'] },
      { to: ['ann', 'bob', 'ann'] },
      { to: ['ann'], amount: 1.5 },
      { to: ['ann'], amount: 101 },
      { to: ['ann'], amount: '1' },
      { to: ['ann'], note: 'longer' },
      { to: ['ann'], cc: ['eve'] },
      JSON.parse('{"to":["ann"],"__proto__":{"cc":1}}') as unknown,
      { to: { 0: 'ann', length: 1 } },
      'ann',
      null,
    ])
      expect(constraintHolds({ schema }, value), JSON.stringify(value)).toBe(false)
  })

  test('what would not bind is refused by name', () => {
    const problem = (raw: unknown) =>
      constraintSchema.safeParse({ schema: raw }).error?.issues[0]?.message ?? ''
    expect(problem({ pattern: '^a' })).toContain('`pattern` is no keyword that binds here')
    expect(problem({ $ref: '#' })).toContain('$ref')
    expect(problem({ properties: { a: { format: 'email' } } })).toContain('format')
    expect(problem({ properties: JSON.parse('{"__proto__":{"type":"string"}}') as unknown })).toContain(
      '__proto__',
    )
    expect(problem('string')).toContain('a schema is an object')
    expect(problem({ type: 'text' })).toContain('types of JSON')
    expect(problem({ enum: [] })).toContain('list')
    let deep: object = {}
    for (let level = 0; level < 12; level++) deep = { items: deep }
    expect(problem(deep)).toContain('nested deeper')
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`m${at}`, {}]))
    expect(problem({ properties: wide })).toContain('more than 200 parts')
  })

  test('a child keeps to a schema with the same one, or with values that all keep to it', () => {
    const parent: Constraint = { schema: { type: 'string', maxLength: 3 } }
    expect(constraintWithin({ schema: { maxLength: 3, type: 'string' } }, parent)).toBe(true)
    expect(constraintWithin({ in: ['ann', 'bob'] }, parent)).toBe(true)
    expect(constraintWithin({ in: ['ann', 'anna'] }, parent)).toBe(false)
    expect(constraintWithin({ schema: { type: 'string', maxLength: 2 } }, parent)).toBe(false)
    expect(constraintWithin({}, parent)).toBe(false)
    expect(constraintWithin({ prefix: 'a' }, parent)).toBe(false)
  })
})

test('whoever narrows keeps the origin that is asked for', () => {
  expect(constraintWithin({ fromUser: true, eq: 'a' }, { fromUser: true })).toBe(true)
  expect(constraintWithin({ fromUser: true }, { fromTrusted: true })).toBe(true)
  expect(constraintWithin({ eq: 'a' }, { fromUser: true })).toBe(false)
  expect(constraintWithin({ fromTrusted: true }, { fromUser: true })).toBe(false)
  expect(constraintWithin({ fromUser: false }, { fromUser: true })).toBe(false)
  expect(constraintWithin({ eq: 'a' }, { fromUser: false })).toBe(true)
})

const texts = [
  'a',
  'ab',
  'a/',
  'a/../b',
  'a/．．/b',
  'a\u200b',
  'á',
  'a\u0301',
  'ａ',
  '%61',
  'a%2f..%2f',
  '１',
  '张三',
  'a b',
]
const schemas = [
  { type: 'string' },
  { maxLength: 2 },
  { enum: ['a', 1] },
  { type: 'array', items: { type: 'string' } },
] as const
const sparse = (model: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Constraint>
const constraint = sparse({
  eq: fc.constantFrom('a', 'ab', 1, null),
  in: fc.array(fc.constantFrom('a', 'ab', 'a/', 1, true), { minLength: 1, maxLength: 3 }),
  prefix: fc.constantFrom('a', 'a/', 'á', 'a\u0301', 'ａ', '张'),
  min: fc.constantFrom(0, 1),
  max: fc.constantFrom(1, 2),
  schema: fc.constantFrom(...schemas),
  fromUser: fc.boolean(),
  fromTrusted: fc.boolean(),
})
const value = fc.oneof(
  fc.constantFrom<unknown>(...texts, 0, 1, 2, ['a'], [1], {}, null, true, undefined),
  fc.string({ unit: 'binary' }),
)
const spoken = fc.constantFrom(undefined, ...['', 'a', 'a ab 1', '给张三 1 元', 'a/../b'].map(wordsOf))

test('a value that keeps to an accepted constraint keeps to the one above, whatever was said', () => {
  let accepted = 0
  fc.assert(
    fc.property(constraint, constraint, value, spoken, (child, parent, asked, words) => {
      if (!constraintWithin(child, parent)) return
      accepted++
      if (constraintHolds(child, asked, words)) expect(constraintHolds(parent, asked, words)).toBe(true)
    }),
    { numRuns: 30_000 },
  )
  expect(accepted).toBeGreaterThan(500)
})

test('the words of the task reach the entries of a mandate', () => {
  const entry = { target: '*', capability: '*', arguments: { to: { fromUser: true } } }
  const question = {
    target: { id: 'i', slug: 's' },
    capability: 'c',
    effect: 'read',
    arguments: { to: 'ann' },
    place: undefined,
    confidentiality: 0,
  } as const
  expect(allowed([entry], question)).toBe(false)
  expect(allowed([entry], { ...question, words: wordsOf('write to ann') })).toBe(true)
})
