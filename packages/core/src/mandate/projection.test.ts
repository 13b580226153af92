import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { allowSchema, limitsSchema } from '../mandate.ts'
import type { Allow, Limits } from '../mandate.ts'
import { effects } from '../record.ts'
import { actClaims, authorizationDetails, callersOfClaims, readAuthorizationDetails } from './projection.ts'

const sparse = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>

const allow: fc.Arbitrary<Allow[]> = fc.array(
  fc
    .tuple(
      fc.record({
        target: fc.constantFrom('*', 'mail', '1.2.156.1'),
        capability: fc.constantFrom('*', 'send', 's*'),
      }),
      sparse<Required<Omit<Allow, 'target' | 'capability'>>>({
        effect: fc.constantFrom(...effects),
        arguments: fc.dictionary(
          fc.constantFrom('to', 'amount', 'constructor'),
          fc.constantFrom({ eq: 1 }, { prefix: 'a' }, { schema: { type: 'string' } }, { fromUser: true }, {}),
        ),
        places: fc.array(fc.constantFrom('home', 'office')),
        confidentiality: fc.constantFrom(0, 1, 2, 3),
        decision: fc.constantFrom('autonomous', 'ask', 'user'),
      }),
    )
    .map(([head, rest]) => allowSchema.parse({ ...head, ...rest })),
  { minLength: 1, maxLength: 5 },
)
const limits = sparse<Required<Limits>>({
  calls: fc.nat(1_000_000),
  rate: fc.constant({ calls: 2, periodMs: 1000 }),
  money: fc.constant({ EUR: 5 }),
  bytesOut: fc.nat(1_000_000),
}).map((value) => limitsSchema.parse(value))

test('authorization details say the same as the mandate, and are read back into it', () => {
  fc.assert(
    fc.property(allow, limits, (entries, bounds) => {
      const details: unknown = JSON.parse(JSON.stringify(authorizationDetails(entries, bounds)))
      expect(readAuthorizationDetails(details)).toEqual({ ok: true, allow: entries, limits: bounds })
    }),
  )
})

test('a detail with several actions is an entry for each', () => {
  const detail = { type: 'ambit_mandate', identifier: 'mail', actions: ['read', 'send'], decision: 'ask' }
  expect(readAuthorizationDetails([detail])).toMatchObject({
    allow: [
      { target: 'mail', capability: 'read', decision: 'ask' },
      { target: 'mail', capability: 'send', decision: 'ask' },
    ],
  })
})

test('whatever is no detail of a mandate is said so', () => {
  const detail = { type: 'ambit_mandate', identifier: 'mail', actions: ['read'] }
  for (const raw of [
    undefined,
    [],
    [{ ...detail, type: 'payment' }],
    [{ ...detail, actions: [] }],
    [{ ...detail, privileges: ['admin'] }],
    [detail, { ...detail, limits: { calls: 1 } }],
  ])
    expect(readAuthorizationDetails(raw)).toMatchObject({ ok: false })
  fc.assert(
    fc.property(fc.anything(), (raw) => {
      expect(readAuthorizationDetails(raw).ok).toBe(false)
    }),
  )
})

test('callers are claims of a token and are read back', () => {
  expect(actClaims(['b', 'a', 'p_ann'])).toEqual({ sub: 'p_ann', act: { sub: 'b', act: { sub: 'a' } } })
  expect(actClaims(['p_ann'])).toEqual({ sub: 'p_ann' })
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 17 }), (callers) => {
      expect(callersOfClaims(actClaims(callers as [string]))).toEqual(callers)
    }),
  )
})
