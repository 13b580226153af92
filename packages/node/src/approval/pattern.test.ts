import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { argumentsMatch, narrowProblem, patternOf } from './pattern.ts'
import type { Suspended } from './suspended.ts'
import { transfer } from './suspended-fixture.ts'

const roles = {
  to: 'sink',
  amount: 'quantity',
  memo: 'content',
  pin: 'secret',
  currency: 'selector',
} as const
const asked: Suspended = {
  ...transfer,
  reversibility: 2,
  roles,
  arguments: { to: 'bob', amount: 10, memo: 'rent', pin: '1234', currency: 'EUR' },
  profile: {
    dataClasses: [],
    money: { amount: 'amount', currency: { argument: 'currency' }, unit: 'major' },
  },
}
const pattern = patternOf(asked, ['m_1'])
const same = asked.arguments as Readonly<Record<string, unknown>>
const matches = (values: unknown) => argumentsMatch(pattern, values, roles)

test('lets the same through, less of it, and other words', () => {
  expect(pattern).toMatchObject({ atMost: { amount: 10 }, free: ['memo'], secrets: ['pin'] })
  expect(Object.keys(pattern.fixed)).toEqual(['to', 'pin', 'currency'])
  for (const values of [same, { ...same, amount: 0 }, { ...same, amount: 9.99, memo: 'food' }]) {
    expect(matches(values)).toBe(true)
  }
  const { memo: _, ...short } = same
  expect(matches(short)).toBe(true)
})

test.each([
  ['another recipient', { to: 'eve' }],
  ['a recipient in full-width letters', { to: 'ｂob' }],
  ['a recipient with an invisible character', { to: 'bo\u200bb' }],
  ['a recipient of look-alike letters', { to: 'bоb' }],
  ['a recipient in another case', { to: 'Bob' }],
  ['a recipient with a lone surrogate', { to: 'bob\ud800' }],
  ['several recipients', { to: ['bob', 'eve'] }],
  ['more', { amount: 10.000001 }],
  ['less than nothing', { amount: -1 }],
  ['a number as a text', { amount: '1' }],
  ['digits of another script', { amount: '١' }],
  ['infinitely much', { amount: Infinity }],
  ['what is no number', { amount: NaN }],
  ['another currency', { currency: 'JPY' }],
  ['another secret', { pin: '0000' }],
  ['one more argument', { cc: 'eve' }],
  ['an argument called like a member of every object', { constructor: 'eve' }],
])('does not let through %s', (_, change) => {
  expect(matches({ ...same, ...change })).toBe(false)
})

test('does not let through what has one argument less, other roles now, or no names', () => {
  for (const name of ['to', 'amount', 'pin', 'currency']) {
    expect(matches(Object.fromEntries(Object.entries(same).filter(([each]) => each !== name)))).toBe(false)
  }
  expect(argumentsMatch(pattern, same, { ...roles, memo: 'sink' })).toBe(false)
  expect(argumentsMatch(pattern, same, {})).toBe(false)
  for (const values of [undefined, null, 'bob', [same]]) expect(matches(values)).toBe(false)
  const parsed: unknown = JSON.parse('{"to":"bob","amount":1,"pin":"1234","currency":"EUR","__proto__":"x"}')
  expect(matches(parsed)).toBe(false)
})

test('a currency that was left out stays out', () => {
  const { currency: _, ...rest } = same
  const without = patternOf({ ...asked, arguments: rest }, ['m_1'])
  expect(argumentsMatch(without, rest, roles)).toBe(true)
  expect(argumentsMatch(without, same, roles)).toBe(false)
})

test.each([
  ['what cannot be undone', { reversibility: 3 }],
  ['what needs a passkey', { obligations: ['step-up'] }],
  ['what two people decide', { obligations: ['second-person'] }],
  ['what only the person may do', { draft: true }],
  ['what asks for two things', { includes: [{ capability: 'x', arguments: {} }] }],
  ['what has no names', { arguments: ['bob'] }],
] as const)('there is none for %s', (_, change) => {
  expect(narrowProblem(asked)).toBeUndefined()
  expect(narrowProblem({ ...asked, ...(change as Partial<Suspended>) })).toBeTypeOf('string')
})

test('whatever it lets through has the same sinks and no larger number', () => {
  const value = fc.oneof(fc.constantFrom('bob', 'EUR', '1234', 10, 5), fc.jsonValue(), fc.double())
  const names = fc.constantFrom('to', 'amount', 'memo', 'pin', 'currency', 'cc', 'constructor')
  let through = 0
  fc.assert(
    fc.property(fc.dictionary(names, value, { maxKeys: 7 }), fc.boolean(), (given, base) => {
      const values = base ? { ...same, ...given } : given
      if (!matches(values)) return
      through++
      expect(values['to']).toBe('bob')
      expect(values['pin']).toBe('1234')
      expect(values['currency']).toBe('EUR')
      expect(values['amount']).toBeTypeOf('number')
      expect(values['amount'] as number).toBeLessThanOrEqual(10)
      expect(Object.keys(values).every((name) => name in roles)).toBe(true)
    }),
    { numRuns: 2000 },
  )
  expect(through).toBeGreaterThan(10)
})
