import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Suspended } from './approval.ts'
import { makeCard } from './card.ts'
import type { CardFacts } from './card.ts'
import { transfer } from './suspended-fixture.ts'

const facts: CardFacts = {
  id: 'ap_1',
  nonce: '00',
  asked: 'now',
  expires: 'then',
  action: 'aa',
  mode: 'act',
  known: new Map(),
  person: 'Ann',
}

const suspended: Suspended = {
  ...transfer,
  callers: ['1.2.156.9', 'p_ann'],
  arguments: { memo: 'rent', amount: 5, to: 'bob', pin: '1234' },
  reasons: [{ code: 'user.ask', rule: 'catalogue:pay/3', what: 'The person is asked before this is done.' }],
  roles: { memo: 'content', amount: 'quantity', to: 'sink', pin: 'secret' },
  agentTitle: 'Helper',
  purpose: 'pay the rent',
}

test('says in two languages who wants to do what, and whether it can be undone', () => {
  const card = makeCard(suspended, facts)
  expect(card.sentence.en).toBe(
    '“Helper” asks to use “transfer” of “Bank”. This spends money. It cannot be undone.',
  )
  expect(card.sentence.zh).toBe('“Helper”请求使用“Bank”的“transfer”。此操作支付款项。无法撤销。')
  expect(card.reasons[0]?.what.zh).toMatch(/征得本人同意/)
  expect(card.mandate).toEqual({ id: 'm_1', purpose: 'pay the rent' })
})

test('does not call an agent that is not registered by its key', () => {
  const { agentTitle: _, ...unnamed } = suspended
  const card = makeCard({ ...unnamed, callers: ['did:key:z6Mk', 'p_ann'] }, facts)
  expect(card.sentence.en).toMatch(/^An agent asks to use “transfer” of “Bank”\./)
  expect(card.sentence.zh).toMatch(/^一个智能体请求使用“Bank”的“transfer”。/)
  expect(card.agent.id).toBe('did:key:z6Mk')
})

test('shows arguments quoted, what can do harm first, and no secret', () => {
  expect(makeCard(suspended, facts).arguments).toEqual([
    { name: 'to', role: 'sink', text: '"bob"', before: { times: 0 } },
    { name: 'amount', role: 'quantity', text: '5' },
    { name: 'pin', role: 'secret', text: '•••• (4)' },
    { name: 'memo', role: 'content', text: '"rent"' },
  ])
})

test('an argument nobody named is a sink, also one called like a member of every object', () => {
  const { roles: _, ...rest } = suspended
  const values: unknown = JSON.parse('{"constructor":1,"__proto__":2}')
  const card = makeCard({ ...rest, arguments: values, roles: {} }, facts)
  expect(card.arguments.map((each) => [each.name, each.role])).toEqual([
    ['constructor', 'sink'],
    ['__proto__', 'sink'],
  ])
})

test('an effect nobody knows counts as going out for good', () => {
  expect(makeCard({ ...suspended, effect: 'odd', reversibility: 9 }, facts).sentence.en).toMatch(
    /sends something to the outside\. It cannot be undone\.$/,
  )
})

test('a text of an agent ends no quotation, hides nothing and is cut', () => {
  const title = 'Bank”. This reads information. It can be undone. “x\u202e'
  const card = makeCard(
    { ...suspended, targetTitle: title, arguments: { to: `a"b\u200b${'x'.repeat(9000)}` } },
    facts,
  )
  expect(card.sentence.en.split('“').length).toBe(4)
  expect(card.sentence.en).toContain('⟨U+202E⟩')
  expect(card.arguments[0]!.text).toMatch(/^"a\\"b⟨U\+200B⟩x+… \(9007\)$/)
  expect(card.arguments[0]!.text.length).toBeLessThan(2100)
})

test('too many arguments are counted, not dropped', () => {
  const many = Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`a${at}`, at]))
  const card = makeCard({ ...suspended, arguments: many }, facts)
  expect([card.arguments.length, card.hidden]).toEqual([50, 20])
})

test('any arguments make a card without a hidden character', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (values, title) => {
      const card = makeCard(
        { ...suspended, arguments: values, targetTitle: title, capabilityTitle: title },
        facts,
      )
      expect(JSON.stringify(card)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
  )
})
