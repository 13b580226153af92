import { strictness } from '@ambit/core/decision'
import type { Decision } from '@ambit/core/decision'
import { effects } from '@ambit/core/record'
import type { Rule } from '@ambit/core/rule'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Target, TargetCapability } from '../registry/target.ts'
import { aChain, aQuestion, aRule, capabilityOf, someSources, targetOf } from './decide-fixture.ts'
import { decide } from './decide.ts'
import { createRuleBook } from './rule-book.ts'
import { ruled } from './ruled.ts'
import { createStopBook } from './stop-book.ts'
import type { Stop } from './stop-book.ts'

const scalars = fc.constantFrom<string | number | boolean | null>('a', 'ab', 'b', 0, 1, 5, true, null)
const bounds = fc.dictionary(
  fc.constantFrom('to', 'sum'),
  fc.record({ eq: scalars, prefix: fc.constant('a'), min: fc.constantFrom(1, 4) }, { requiredKeys: [] }),
  { maxKeys: 2 },
)
const terms = fc
  .tuple(
    fc.record({
      organization: fc.constantFrom('main', 'main', 'main', 'other'),
      person: fc.constantFrom('p_ann', 'p_bob'),
      scope: fc.constantFrom<Rule['scope']>('mine', 'organization'),
      target: fc.constantFrom('*', 'mail', '1.2.156.1', 'bank'),
      capability: fc.constantFrom('*', 's*', 'send', 'read'),
      decision: fc.constantFrom<Rule['decision']>('ask', 'user', 'refuse'),
    }),
    fc.record(
      {
        effect: fc.constantFrom(...effects),
        arguments: bounds,
        places: fc.array(fc.constantFrom('home', 'office'), { minLength: 1, maxLength: 2 }),
        amountAbove: fc.constant({ currency: 'EUR', minor: 3 }),
        obligations: fc.array(fc.constantFrom<'step-up' | 'second-person'>('step-up', 'second-person'), {
          maxLength: 2,
        }),
        expires: fc.constantFrom('2026-11-19T00:00:00.000Z', '2026-11-21T00:00:00.000Z'),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([head, rest]) => ({ ...head, ...rest }))
const calls = fc.record({
  id: fc.constantFrom('send', 'read', 's'),
  effect: fc.constantFrom(...effects),
  accepted: fc.boolean(),
  arguments: fc.dictionary(fc.constantFrom('to', 'sum', 'x'), scalars),
  place: fc.constantFrom(undefined, 'home', 'office'),
})

type Call = typeof calls extends fc.Arbitrary<infer T> ? T : never

function capabilityFor(call: Pick<Call, 'id' | 'effect' | 'accepted'>): TargetCapability {
  const money = { amount: 'sum', currency: { code: 'EUR' }, unit: 'minor' } as const
  return capabilityOf(call.id, { effect: call.effect, money }, { accepted: call.accepted })
}

/** The rules read one after the other, by the words of their definition. */
function plainly(rule: Rule, call: Call, target: Target, now: number): boolean {
  const matches = (pattern: string, id: string) =>
    pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : pattern === id
  if (rule.organization !== 'main' || (rule.scope === 'mine' && rule.person !== 'p_ann')) return false
  if (!['*', target.slug, target.id].includes(rule.target) || !matches(rule.capability, call.id)) return false
  if (rule.expires !== undefined && Date.parse(rule.expires) <= now) return false
  if (rule.places !== undefined && call.place !== undefined && !rule.places.includes(call.place)) return false
  for (const [key, { eq, prefix, min }] of Object.entries(rule.arguments ?? {})) {
    if (!Object.hasOwn(call.arguments, key)) return false
    const value = String(call.arguments[key])
    if (eq !== undefined && String(eq) !== value) return false
    if (prefix !== undefined && !value.startsWith(prefix)) return false
    if (min !== undefined && Number(value) < min) return false
  }
  if (!call.accepted) return true
  if (rule.effect !== undefined && effects.indexOf(call.effect) < effects.indexOf(rule.effect)) return false
  const { sum } = call.arguments
  return rule.amountAbove === undefined || typeof sum !== 'number' || sum > rule.amountAbove.minor
}

test('the index finds exactly the rules that a plain reading finds', () => {
  const chain = aChain()
  let applied = 0
  fc.assert(
    fc.property(fc.array(terms, { maxLength: 12 }), calls, (list, call) => {
      const rules = list.map((each, at) => aRule({ ...each, id: `ru_${at}` }))
      const book = createRuleBook()
      for (const rule of rules) book.set(rule)
      const capability = capabilityFor(call)
      const question = aQuestion(chain, { capability, arguments: call.arguments, place: call.place })
      const expected = rules.filter((rule) => plainly(rule, call, question.target, question.now))
      const found = ruled(book.candidates('main', 'p_ann', question), question, [])
      applied += expected.length
      if (expected.length === 0) {
        expect(found).toBeUndefined()
        return
      }
      const order = ['ask', 'user', 'refuse']
      const level = Math.max(...expected.map(({ decision }) => order.indexOf(decision)))
      const deciding = expected.filter(({ decision }) => order.indexOf(decision) === level)
      expect(strictness(found!)).toBe(level + 1)
      expect(found!.reasons.map(({ rule }) => rule).toSorted()).toEqual(
        deciding.map(({ id }) => id).toSorted(),
      )
      expect(new Set(found!.obligations)).toEqual(new Set(expected.flatMap((rule) => rule.obligations ?? [])))
    }),
    { numRuns: 20_000 },
  )
  expect(applied).toBeGreaterThan(1000)
})

const stops = fc.record({
  organization: fc.constantFrom('main', 'other'),
  what: fc.constantFrom<Stop['what']>('everything', 'person', 'agent', 'mandate'),
  subject: fc.constantFrom('p_ann', 'p_bob', '1.2.156.1', 'did:key:z1', 'm_0', 'm_9'),
  name: fc.constantFrom(null, 'p_ann', 'p_bob'),
})

test('the result is never laxer than any source, and lists every reason of its class', () => {
  fc.assert(
    fc.property(
      fc.array(terms, { maxLength: 4 }),
      fc.array(stops, { maxLength: 3 }),
      calls,
      fc.constantFrom<'autonomous' | 'ask' | 'user'>('autonomous', 'ask', 'user'),
      fc.constantFrom<Target['state']>('active', 'active', 'suspended', 'recalled'),
      fc.boolean(),
      (list, stopList, call, decision, state, held) => {
        const allow = [{ target: '*', capability: '*', decision }]
        const chain = aChain(allow)
        const target = targetOf({ state })
        const capability = { ...capabilityFor(call), held }
        const question = aQuestion(chain, { ...call, capability, target })
        const rules = createRuleBook()
        for (const [at, each] of list.entries()) rules.set(aRule({ ...each, id: `ru_${at}` }))
        const all = createStopBook()
        for (const [at, each] of stopList.entries()) all.add(aStop(each, at))
        const result = decide(chain, question, someSources({ rules, stops: all }))
        const alone: Decision[] = [decide(aChain(allow), question, someSources())]
        for (const rule of rules.entries()) {
          const one = createRuleBook()
          one.set(rule)
          alone.push(decide(aChain(allow), question, someSources({ rules: one })))
        }
        for (const stop of all.entries()) {
          const one = createStopBook()
          one.add(stop)
          alone.push(decide(aChain(allow), question, someSources({ stops: one })))
        }
        const levels = alone.map(strictness)
        expect(strictness(result)).toBe(Math.max(...levels))
        for (const [at, source] of alone.entries()) {
          if (levels[at] !== strictness(result) || result.class === 'allow') continue
          const codes = result.reasons.map(({ code, rule }) => `${code} ${rule}`)
          for (const { code, rule } of source.reasons) expect(codes).toContain(`${code} ${rule}`)
        }
        if (result.class === 'allow') expect(result.obligations).not.toContain('step-up')
        else expect(result.obligations).not.toContain('tell-user')
      },
    ),
    { numRuns: 10_000 },
  )
})

function aStop(terms: Pick<Stop, 'organization' | 'what' | 'subject' | 'name'>, at: number): Stop {
  const subject = terms.what === 'everything' ? null : terms.subject
  return { ...terms, subject, id: `st_${at}`, by: 'p_ann', at: 0, note: null }
}
