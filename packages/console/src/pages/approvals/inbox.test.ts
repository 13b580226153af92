import { expect, test } from 'vitest'
import type { ApprovalCard, ApprovalList, ApprovalState, Plan } from '../../api/approval-types.ts'
import { arrange, listKey } from './inbox.ts'

const card = (id: string, state: ApprovalState = 'pending') =>
  ({ id, state, asked: `2026-01-01T00:00:0${id}Z` }) as unknown as ApprovalCard
const none = { waiting: [], all: [], plans: [], lists: [], met: new Set<string>() }
const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id)

test('keeps what waited in its place after it is decided, and lists the rest as earlier', () => {
  const { here, earlier } = arrange({
    ...none,
    waiting: [card('3'), card('2', 'held')],
    all: [card('1', 'denied'), card('2', 'done'), card('4', 'done'), card('5', 'planned')],
    met: new Set(['1', '2', '3']),
  })
  expect(ids(here)).toEqual(['1', '2', '3'])
  expect(here[1]).toMatchObject({ card: { state: 'done' } })
  expect(ids(earlier)).toEqual(['4'])
})

test('puts a list in the place of its cards, and plans among them', () => {
  const cards = [card('1'), card('2'), card('4')]
  const list = { subject: 'p', mandate: 'm', agent: { id: 'a' }, approvals: cards.slice(0, 2) }
  const plan = { id: 'pl', asked: '2026-01-01T00:00:03Z' } as unknown as Plan
  const lists = [list as unknown as ApprovalList]
  const { here } = arrange({ ...none, waiting: cards, plans: [plan], lists, met: new Set(['1', '2', '4']) })
  expect(ids(here)).toEqual([listKey(lists[0]!), 'pl', '4'])
})
