import { canonicalJson } from '@ambit/core/canonical'
import { intentLeafSchema, outcomeLeafSchema, refusedLeafSchema } from '@ambit/core/leaf'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestValue } from '../kernel/digest.ts'
import { intentEntry, outcomeEntry, planEntry, refusedEntry } from './entry.ts'
import { aCapability, aHolder, aTarget } from './path-fixture.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((value) => value.toWellFormed())
const hexadecimal = fc.stringMatching(/^[0-9a-f]{32}$/)
const digest = fc.uint8Array({ minLength: 1 }).map((bytes) => digestValue([...bytes]))

test('every intent is a valid leaf in the one canonical form', () => {
  const capabilities = fc.tuple(text, fc.array(text, { maxLength: 3 }))
  const facts = fc.record({
    act: hexadecimal,
    at: fc.integer({ min: 0, max: 4e12 }),
    approval: fc.option(fc.constant('ap_1'), { nil: undefined }),
    arguments: digest,
    parent: fc.option(text, { nil: undefined }),
    place: fc.option(text, { nil: undefined }),
    rulings: fc.nat(),
    cost: fc.option(fc.constantFrom('{"bytesOut":5}', '{"calls":0}'), { nil: undefined }),
    replica: fc.option(fc.constant('n_1'), { nil: undefined }),
    trace: hexadecimal,
    undoes: fc.option(hexadecimal, { nil: undefined }),
    observed: fc.option(
      fc.array(
        text.map((rule) => ({ code: 'user.ask', rule, what: 'said to people', evidence: 'left out' })),
        { minLength: 1, maxLength: 30 },
      ),
      { nil: undefined },
    ),
  })
  fc.assert(
    fc.property(capabilities, facts, ([id, callers], given) => {
      const capability = { ...aCapability(), id }
      const holder = { ...aHolder(), callers }
      const plan = planEntry(
        holder,
        aTarget(capability),
        capability,
        { integrity: 0, confidentiality: 2 },
        'mcp/x',
        'mcp/y',
      )
      const entry = intentEntry(plan, given)
      const leaf: unknown = JSON.parse(entry)
      expect(canonicalJson(leaf)).toBe(entry)
      const observed = given.observed?.slice(0, 20).map(({ code, rule }) => ({ code, rule }))
      expect(intentLeafSchema.parse(leaf)).toMatchObject({
        act: given.act,
        capability: id,
        callers,
        ...(observed && { observed }),
      })
    }),
  )
})

test('every outcome is a valid leaf in the one canonical form', () => {
  const facts = fc.record({
    act: hexadecimal,
    at: fc.integer({ min: 0, max: 4e12 }),
    durationMs: fc.nat(),
    error: fc.option(text, { nil: undefined }),
    result: fc.option(digest, { nil: undefined }),
    sent: fc.boolean(),
    status: fc.constantFrom('completed', 'failed', 'cancelled', 'unknown') as fc.Arbitrary<'completed'>,
  })
  fc.assert(
    fc.property(facts, (given) => {
      const entry = outcomeEntry(given)
      const leaf: unknown = JSON.parse(entry)
      expect(canonicalJson(leaf)).toBe(entry)
      expect(outcomeLeafSchema.parse(leaf)).toMatchObject({ status: given.status })
      expect(entry.includes('"sent":false')).toBe(!given.sent)
    }),
  )
})

test('a refusal is a valid leaf, whatever the caller named', () => {
  const decision = {
    class: 'refuse',
    reasons: [{ code: 'mandate.no-entry', rule: 'm_1', what: 'x' }],
    obligations: [],
  } as const
  const facts = {
    act: 'a'.repeat(32),
    at: 1,
    arguments: digestValue(1),
    in: 'mcp/x',
    rulings: 0,
    trace: 'b'.repeat(32),
  }
  const entry = refusedEntry(aHolder(), aTarget(), '\ud800'.repeat(300), decision, facts)
  const leaf = refusedLeafSchema.parse(JSON.parse(entry))
  expect(leaf.capability.length).toBe(256)
  expect(leaf.reasons).toEqual([{ code: 'mandate.no-entry', rule: 'm_1' }])
})
