import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Allow, Constraint, Limits } from '../mandate.ts'
import { allowSchema } from '../mandate.ts'
import { effects } from '../record.ts'
import { allowed } from './allowed.ts'
import type { AllowQuestion } from './allowed.ts'
import { constraintHolds, constraintWithin } from './constraint.ts'
import { inheritBounds, widenedAllow, widenedLimit } from './narrowing.ts'

// Small domains, so that entries meet each other and calls often; the odd values are those that break naive checks.
const names = ['to', 'amount', 'constructor', 'toString', '__proto__']
const texts = ['', 'a', 'ab', 'abc', 'a/../b', 'a%2f..%2Fc', 'constructor']
const numbers = [-1, 0, -0, 1, 2, 100]
const scalar = fc.constantFrom<string | number | boolean | null>(...texts, ...numbers, true, false, null)
const hostile = fc.oneof(
  scalar,
  fc.constantFrom<unknown>(NaN, Infinity, undefined, [], {}, ['a'], { length: 1 }, 10n, Symbol.iterator),
)

/** Members are left out rather than undefined, as JSON has them. */
function sparse<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record(model, { requiredKeys: [] })
}

const constraint: fc.Arbitrary<Constraint> = sparse({
  eq: scalar,
  in: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  prefix: fc.constantFrom('a', 'ab', 'a/', 'b'),
  min: fc.constantFrom(...numbers),
  max: fc.constantFrom(...numbers),
})

const bounds = fc.dictionary(fc.constantFrom(...names.slice(0, 4)), constraint, { maxKeys: 3 })

const entry: fc.Arbitrary<Allow> = fc
  .tuple(
    fc.record({
      target: fc.constantFrom('*', 'mail', '1.2.156.1', 'bank'),
      capability: fc.constantFrom('*', 'send*', 'send', 'send_all', 's*', 'read'),
    }),
    sparse<Omit<Allow, 'target' | 'capability'>>({
      effect: fc.constantFrom(...effects),
      arguments: bounds,
      places: fc.array(fc.constantFrom('home', 'office'), { maxLength: 2 }),
      confidentiality: fc.constantFrom(0, 1, 2, 3),
      decision: fc.constantFrom('autonomous', 'ask', 'user'),
    }),
  )
  .map(([head, rest]) => ({ ...head, ...rest }))

const allow = fc.array(entry, { minLength: 1, maxLength: 4 })

const question: fc.Arbitrary<AllowQuestion> = fc.record({
  target: fc.constantFrom({ id: '1.2.156.1', slug: 'mail' }, { id: '1.2.156.2', slug: 'bank' }),
  capability: fc.constantFrom('send', 'send_all', 'read', 's', '*', 'send*'),
  effect: fc.constantFrom(...effects),
  arguments: fc.oneof(fc.dictionary(fc.constantFrom(...names), hostile, { maxKeys: 4 }), hostile),
  place: fc.constantFrom(undefined, 'home', 'office', 'elsewhere'),
  confidentiality: fc.constantFrom(0, 1, 2, 3, NaN),
})

/** A child as an honest holder would make it: some of the parent's entries, each tightened. */
function tightened(parent: readonly Allow[]): fc.Arbitrary<Allow[]> {
  return fc.array(
    fc
      .tuple(
        fc.constantFrom(...parent),
        sparse<Partial<Allow>>({
          capability: fc.constantFrom('send', 'send_all', 'read'),
          effect: fc.constantFrom(...effects),
          places: fc.constant(['home']),
          confidentiality: fc.constantFrom(0, 1),
          arguments: bounds,
          decision: fc.constant('user'),
        }),
      )
      .map(([base, tighter]) =>
        inheritBounds({ target: base.target, capability: base.capability, ...tighter }, [base]),
      ),
    { minLength: 1, maxLength: 3 },
  )
}

const family = allow.chain((parent) =>
  fc.record({ parent: fc.constant(parent), child: fc.oneof(allow, tightened(parent)), question }),
)

test('what an accepted child allows, its parent allows', () => {
  let accepted = 0
  fc.assert(
    fc.property(family, ({ parent, child, question: asked }) => {
      if (widenedAllow(child, parent) !== undefined) return
      accepted++
      if (allowed(child, asked)) expect(allowed(parent, asked)).toBe(true)
    }),
    { numRuns: 20_000 },
  )
  // The property would say nothing if no child were ever accepted.
  expect(accepted).toBeGreaterThan(1000)
})

test('a value that keeps to an accepted constraint keeps to the one above', () => {
  let accepted = 0
  fc.assert(
    fc.property(constraint, constraint, hostile, (child, parent, value) => {
      if (!constraintWithin(child, parent)) return
      accepted++
      if (constraintHolds(child, value)) expect(constraintHolds(parent, value)).toBe(true)
    }),
    { numRuns: 20_000 },
  )
  expect(accepted).toBeGreaterThan(1000)
})

test('a child that is its parent is accepted, with or without what it inherits', () => {
  fc.assert(
    fc.property(allow, (parent) => {
      expect(widenedAllow(parent, parent)).toBeUndefined()
    }),
  )
})

const base: Allow = {
  target: 'bank',
  capability: 'pay*',
  effect: 'pay',
  arguments: {
    to: { in: ['ann', 'bob'] },
    amount: { min: 1, max: 100 },
    memo: { prefix: 'rent ' },
    plan: { eq: 'a' },
  },
  places: ['home', 'office'],
  confidentiality: 1,
  decision: 'ask',
}

const wider: [string, Partial<Allow>, string][] = [
  ['another target', { target: 'mail' }, 'target'],
  ['every target', { target: '*' }, 'target'],
  ['a shorter prefix', { capability: 'pa*' }, 'capability'],
  ['every capability', { capability: '*' }, 'capability'],
  ['a capability outside the prefix', { capability: 'read' }, 'capability'],
  ['a graver effect', { effect: 'physical' }, 'effect'],
  ['another place', { places: ['home', 'street'] }, 'places'],
  ['more confidential data', { confidentiality: 2 }, 'confidentiality'],
  ['a laxer class', { decision: 'autonomous' }, 'decision'],
  ['one more value', { arguments: { ...base.arguments, to: { in: ['ann', 'eve'] } } }, 'arguments'],
  ['another value', { arguments: { ...base.arguments, to: { eq: 'eve' } } }, 'arguments'],
  ['a prefix instead of a list', { arguments: { ...base.arguments, to: { prefix: 'ann' } } }, 'arguments'],
  ['a higher ceiling', { arguments: { ...base.arguments, amount: { min: 1, max: 101 } } }, 'arguments'],
  ['a lower floor', { arguments: { ...base.arguments, amount: { min: 0, max: 100 } } }, 'arguments'],
  ['a floor left out', { arguments: { ...base.arguments, amount: { max: 100 } } }, 'arguments'],
  ['a shorter text prefix', { arguments: { ...base.arguments, memo: { prefix: 'rent' } } }, 'arguments'],
  ['a bound taken away', { arguments: { to: { eq: 'ann' } } }, 'arguments'],
]

test.each(wider)('refuses a child with %s', (_name, change, member) => {
  expect(widenedAllow([{ ...base, ...change }], [base])).toEqual({ entry: 0, member })
})

test.each(['effect', 'places', 'confidentiality', 'arguments', 'decision'] as const)(
  'refuses a child that leaves out the bound %s',
  (member) => {
    const { [member]: _, ...rest } = base
    expect(widenedAllow([base, rest], [base])).toEqual({ entry: 1, member })
    expect(widenedAllow([inheritBounds(rest, [base])], [base])).toBeUndefined()
  },
)

test('a child without a decision is not tighter than an explicit ask, and autonomous is not tighter than none', () => {
  const open: Allow = { target: '*', capability: '*' }
  expect(widenedAllow([open], [{ ...open, decision: 'ask' }])?.member).toBe('decision')
  expect(widenedAllow([{ ...open, decision: 'autonomous' }], [open])?.member).toBe('decision')
  expect(widenedAllow([{ ...open, decision: 'ask' }], [open])).toBeUndefined()
})

test('limits only become tighter', () => {
  const parent: Limits = { calls: 10, rate: { calls: 5, periodMs: 60_000 } }
  expect(widenedLimit(parent, parent)).toBeUndefined()
  expect(widenedLimit({ ...parent, calls: 11 }, parent)).toBe('calls')
  expect(widenedLimit({ rate: parent.rate }, parent)).toBe('calls')
  expect(widenedLimit({ calls: 1 }, parent)).toBe('rate')
  expect(widenedLimit({ calls: 1, rate: { calls: 5, periodMs: 1000 } }, parent)).toBe('rate')
  expect(widenedLimit({ calls: 1, rate: { calls: 6, periodMs: 90_000 } }, parent)).toBe('rate')
  expect(widenedLimit({ calls: 0, rate: { calls: 1, periodMs: 90_000 } }, parent)).toBeUndefined()
})

test('no prefix covers a value that climbs out of it', () => {
  const inside: Constraint = { prefix: '/srv/data/' }
  for (const value of ['/srv/data/a', '/srv/data/..a/b', '/srv/data/a..', '/srv/data/v1..v2/x'])
    expect(constraintHolds(inside, value), value).toBe(true)
  for (const value of [
    '/srv/data/../etc',
    '/srv/data/a/..',
    '/srv/data/..\\x',
    '/srv/data/%2e%2e/x',
    '/srv/data/.%2E%2fx',
    '/srv/data/%252e%252e%252fx',
    '/srv/data/..?x',
  ])
    expect(constraintHolds(inside, value), value).toBe(false)
})

test('a prefix of an address must close its host', () => {
  const entryOf = (prefix: string) => ({ target: '*', capability: '*', arguments: { url: { prefix } } })
  expect(allowSchema.safeParse(entryOf('https://shop.example')).success).toBe(false)
  expect(allowSchema.safeParse(entryOf('https://shop.example/')).success).toBe(true)
  expect(allowSchema.safeParse(entryOf('https://')).success).toBe(true)
})

test('a bound on `__proto__` is refused, not dropped', () => {
  const text = '{"target":"*","capability":"*","arguments":{"__proto__":{"eq":1}}}'
  expect(allowSchema.safeParse(JSON.parse(text)).success).toBe(false)
})

test('inherited members of an object never satisfy a bound', () => {
  const entryOf = (name: string): Allow => ({ target: '*', capability: '*', arguments: { [name]: {} } })
  const asked = { target: { id: 'i', slug: 's' }, capability: 'c', effect: 'read', place: undefined } as const
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
    expect(allowed([entryOf(name)], { ...asked, arguments: {}, confidentiality: 0 })).toBe(false)
  }
  const own: unknown = JSON.parse('{"constructor":1}')
  expect(allowed([entryOf('constructor')], { ...asked, arguments: own, confidentiality: 0 })).toBe(true)
})

test('a very long value is decided in time that grows with its length only', () => {
  const value = `/srv/data/${'%25'.repeat(300_000)}..${'.%2'.repeat(300_000)}`
  const before = performance.now()
  constraintHolds({ prefix: '/srv/data/' }, value)
  expect(performance.now() - before).toBeLessThan(2000)
})
