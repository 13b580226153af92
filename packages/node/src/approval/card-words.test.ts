import { expect, test } from 'vitest'
import { makeCard } from './card.ts'
import type { CardFacts } from './card.ts'
import { cardAmount } from './card-money.ts'
import type { Suspended } from './suspended.ts'
import { transfer } from './suspended-fixture.ts'

const last = '2026-01-02T03:04:05.000Z'
const facts: CardFacts = {
  id: 'ap_1',
  nonce: '00',
  asked: 'now',
  expires: 'then',
  action: 'aa',
  mode: 'act',
  known: new Map([['to', { times: 3, last }]]),
  person: 'Ann',
}
const suspended: Suspended = {
  ...transfer,
  callers: ['1.2.3', '1.2.4', 'p_ann'],
  callerTitles: ['Buyer', 'Planner', ''],
  agentTitle: 'Buyer',
  reversibility: 1,
  effect: 'pay',
  arguments: { to: 'bob', via: 'x', memo: 'rent', amount: 1250 },
  roles: { to: 'sink', via: 'sink', memo: 'content', amount: 'quantity' },
  reasons: [{ code: 'user.ask', rule: 'm_1', what: 'Asked first.', evidence: 'says “yes”' }],
  profile: {
    dataClasses: ['financial'],
    windowMs: 5500,
    money: { amount: 'amount', currency: { code: 'EUR' }, unit: 'minor' },
    inverse: { capability: 'refund', arguments: {} },
  },
}

test('answers in both languages what a person asks of it', () => {
  const { sections } = makeCard(suspended, facts)
  const said = (language: 'en' | 'zh') =>
    Object.fromEntries(sections.map(({ topic, lines }) => [topic, lines.map((line) => line[language])]))
  expect(said('en')).toEqual({
    who: ['“Buyer” for “Planner” for “Ann”'],
    what: ['“Buyer” asks to use “transfer” of “Bank”. This spends money. It can be undone for a short time.'],
    to: ['to: "bob" (approved 3 times before, last on 2026-01-02)', 'via: "x" (never approved before)'],
    amount: ['12.50 EUR', 'amount: 1250'],
    data: ['financial; 50 bytes, with what stands in memo'],
    undo: [
      'It can be undone for a short time.',
      'For 6 s after it is approved.',
      'By “refund” of the same record.',
    ],
    why: ["Asked first. [m_1] “says 'yes'”"],
  })
  expect(said('zh')).toEqual({
    who: ['“Ann” 委托 “Planner” 委托 “Buyer”'],
    what: ['“Buyer”请求使用“Bank”的“transfer”。此操作支付款项。短时间内可以撤销。'],
    to: ['to: "bob"（此前批准过 3 次，最近一次 2026-01-02）', 'via: "x"（此前从未批准过）'],
    amount: ['12.50 EUR', 'amount：1250'],
    data: ['financial；50 字节，含 memo 的内容'],
    undo: ['短时间内可以撤销。', '批准后 6 秒内。', '通过同一登记的“refund”。'],
    why: ["执行前须征得本人同意。［m_1］ “says 'yes'”"],
  })
})

test('says which of the alternatives there are', () => {
  const of = (change: Partial<Suspended>, mode: CardFacts['mode'] = 'act') =>
    makeCard({ ...suspended, ...change }, { ...facts, mode }).alternatives
  expect(of({})).toEqual(['approve', 'edit', 'narrow', 'deny', 'deny-and-stop'])
  expect(of({ reversibility: 3 })).toEqual(['approve', 'edit', 'deny', 'deny-and-stop'])
  expect(of({ obligations: ['step-up'] })).toEqual(['approve', 'edit', 'deny', 'deny-and-stop'])
  expect(of({ arguments: ['bob'] })).toEqual(['approve', 'deny', 'deny-and-stop'])
  expect(of({}, 'step')).toEqual(['approve', 'deny', 'deny-and-stop'])
})

test('a read says nothing of data that leave', () => {
  const { leaves, amount } = makeCard({ ...suspended, effect: 'read', profile: { dataClasses: [] } }, facts)
  expect([leaves, amount]).toEqual([undefined, undefined])
})

test.each([
  ['minor', 'EUR', 1250, '12.50 EUR'],
  ['minor', 'EUR', 5, '0.05 EUR'],
  ['minor', 'JPY', 1250, '1250 JPY'],
  ['minor', 'KWD', 1250, '1.250 KWD'],
  ['major', 'EUR', 0.1, '0.10 EUR'],
  ['major', 'JPY', 12, '12 JPY'],
  ['major', 'EUR', 0.001, undefined],
  ['minor', 'EUR', 1.5, undefined],
  ['minor', 'EUR', -1, undefined],
  ['minor', 'EUR', '12', undefined],
  ['minor', 'EUR', Infinity, undefined],
  ['minor', 'EUR', 2 ** 60, undefined],
  ['minor', 'eur', 12, undefined],
  ['minor', undefined, 12, undefined],
] as const)('reads %s units of %s: %s is %s', (unit, currency, amount, text) => {
  const read = cardAmount(
    { amount: 'sum', currency: { argument: 'currency' }, unit },
    { sum: amount, ...(currency === undefined ? {} : { currency }) },
  )
  expect(read.text).toBe(text)
  expect(read.unknown).toBe(text === undefined)
})
