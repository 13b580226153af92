import { expect, test } from 'vitest'
import { utf8 } from '../bytes.ts'
import { leafSchema } from '../leaf.ts'
import { LeafRules } from './leaf-rules.ts'
import { leafStateSchema } from './follow-state.ts'
import type { LeafState } from './follow-state.ts'

const at = '2026-01-01T00:00:00Z'
const start = Date.parse(at)
const digest = (digit: string) => `sha256:${digit.repeat(64)}`
const labels = { integrity: 1, confidentiality: 1 }

const intent = (act: string, more: object = {}) => ({
  v: 1,
  at,
  kind: 'act.intent',
  act,
  trace: 't',
  callers: ['c'],
  links: ['m'],
  chain: digest('1'),
  target: digest('2'),
  capability: 'send',
  definition: digest('3'),
  in: 'mcp',
  out: 'mcp',
  arguments: digest('4'),
  labels,
  rulings: 1,
  decision: 'allow',
  ...more,
})
const outcome = (act: string) => ({ v: 1, at, kind: 'act.outcome', act, status: 'completed', durationMs: 1 })
const approval = (id: string, step: string) => ({
  v: 1,
  at,
  kind: 'approval',
  approval: id,
  act: 'a',
  step,
  card: digest('5'),
})
const ruling = (what: string) => ({
  v: 1,
  at,
  kind: 'ruling',
  ruling: 'r',
  what,
  record: 'x',
  digests: [digest('2')],
  digest: digest('6'),
})

function read(leaves: readonly object[], state?: LeafState): LeafRules {
  const rules = new LeafRules(state)
  for (const [index, leaf] of leaves.entries()) {
    expect(leafSchema.safeParse(leaf).success, JSON.stringify(leaf)).toBe(true)
    rules.read(index, utf8(JSON.stringify(leaf)))
  }
  return rules
}
const codes = (rules: LeafRules) => rules.alarms.map(({ code, index }) => [code, index])

test('finds nothing wrong with acts as a node writes them', () => {
  const approved = [approval('p', 'asked'), approval('p', 'approved'), approval('p', 'used')]
  const rules = read([
    intent('a'),
    outcome('a'),
    ...approved,
    intent('b', { approval: 'p' }),
    outcome('b'),
    ruling('recall'),
    ruling('reinstatement'),
    intent('c'),
    outcome('c'),
  ])
  rules.overdue(start + 1e9, 1000)
  expect(rules.alarms).toEqual([])
  expect(rules.state()).toEqual({ open: [], approvals: [], stopped: [], unknown: {} })
})

test('notices an outcome without intent, and a second one', () => {
  expect(codes(read([outcome('a'), intent('b'), outcome('b'), outcome('b')]))).toEqual([
    ['outcome-without-intent', 0],
    ['outcome-without-intent', 3],
  ])
})

test('notices once that an intent has no outcome for too long, also over a restart', () => {
  const rules = read([intent('a'), intent('b'), outcome('b')])
  rules.overdue(start + 1000, 1000)
  expect(rules.alarms).toEqual([])
  rules.overdue(start + 1001, 1000)
  expect(codes(rules)).toEqual([['intent-without-outcome', 0]])
  const later = new LeafRules(leafStateSchema.parse(JSON.parse(JSON.stringify(rules.state()))))
  later.overdue(start + 9000, 1000)
  later.read(3, utf8(JSON.stringify(outcome('a'))))
  expect(later.alarms).toEqual([])
})

const later = (seconds: number) => ({ at: new Date(start + seconds * 1000).toISOString() })

test.each(['recall', 'suspension'])('notices an act after a %s', (what) => {
  const other = intent('c', { ...later(60), target: digest('9') })
  expect(codes(read([intent('a'), ruling(what), intent('b', later(60)), other]))).toEqual([
    ['act-after-recall', 2],
  ])
})

test('lets pass what was under way when the recall was written, and nothing that claims to be older', () => {
  const under = [intent('a', later(5)), intent('b', later(-5))]
  const not = [intent('c', later(5.001)), intent('d', later(-5.001))]
  expect(codes(read([ruling('recall'), ...under, ...not]))).toEqual([
    ['act-after-recall', 3],
    ['act-after-recall', 4],
  ])
  const again = { ...ruling('recall'), ...later(60) }
  expect(codes(read([ruling('recall'), again, intent('a', later(60))]))).toEqual([['act-after-recall', 2]])
})

test('misses nothing that began in entries which could not be read', () => {
  const rules = read([])
  rules.unread(start)
  const state = rules.state()
  const week = later(7 * 86_400)
  expect(read([outcome('a'), { ...approval('p', 'used'), ...week }], state).alarms).toEqual([])
  const after = read(
    [
      { ...outcome('a'), ...later(60) },
      { ...outcome('b'), ...later(60), status: 'unknown' },
      { ...approval('p', 'used'), ...later(9 * 86_400) },
    ],
    state,
  )
  expect(codes(after)).toEqual([
    ['outcome-without-intent', 0],
    ['approval-not-given', 2],
  ])
})

test('lets a standing approval serve many acts until it is ended, and what time released one', () => {
  const standing = [approval('sa_1', 'standing'), intent('a', { approval: 'sa_1' }), outcome('a')]
  const rules = read([...standing, intent('b', { approval: 'sa_1' }), outcome('b')])
  expect(rules.alarms).toEqual([])
  const later = read([approval('sa_1', 'ended'), intent('c', { approval: 'sa_1' })], rules.state())
  expect(codes(later)).toEqual([['approval-not-given', 1]])
  const held = [approval('p', 'held'), approval('p', 'released'), approval('p', 'used')]
  expect(read([...held, intent('d', { approval: 'p' })]).alarms).toEqual([])
  const agreed = [approval('q', 'asked'), approval('q', 'agreed'), approval('q', 'used')]
  expect(codes(read(agreed))).toEqual([['approval-not-given', 2]])
})

test.each([
  ['never given', [approval('p', 'used')]],
  ['denied', [approval('p', 'asked'), approval('p', 'denied'), approval('p', 'used')]],
  ['expired', [approval('p', 'approved'), approval('p', 'expired'), approval('p', 'used')]],
  ['used before', [approval('p', 'approved'), approval('p', 'used'), approval('p', 'used')]],
  ['named without being given', [intent('a', { approval: 'p' })]],
  [
    'used up',
    [approval('p', 'approved'), approval('p', 'used'), intent('a', { approval: 'p' }), approval('p', 'used')],
  ],
])('notices an approval that was %s', (_, leaves) => {
  expect(codes(read(leaves))).toEqual([['approval-not-given', leaves.length - 1]])
})

test('counts what it does not know, under bounded names', () => {
  const rules = new LeafRules()
  for (const entry of ['x', 'null', '{"kind":5}', '{"kind":"new"}', '{"kind":"act.intent"}'])
    rules.read(0, utf8(entry))
  rules.read(0, Uint8Array.of(0xff))
  expect(rules.state().unknown).toEqual({ unreadable: 4, new: 1, 'act.intent': 1 })
  for (let kind = 0; kind < 100; kind++) rules.read(0, utf8(`{"kind":"k${kind}"}`))
  expect(Object.keys(rules.state().unknown).length).toBe(51)
  expect(rules.alarms).toEqual([])
})
