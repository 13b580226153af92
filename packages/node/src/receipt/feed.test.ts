import type { Leaf } from '@ambit/core/leaf'
import { expect, test } from 'vitest'
import type { Ledger } from '../ledger/ledger.ts'
import { createReceipts } from './receipt.ts'

/** A log of these leaves, as far as the feed reads one. */
function logOf(leaves: readonly Leaf[]): Ledger {
  const entries = leaves.map((leaf) => Buffer.from(JSON.stringify(leaf)))
  return {
    size: entries.length,
    readable: (at: number) => at,
    read: async (at: number) => entries[at]!,
    settle: async () => undefined,
  } as unknown as Ledger
}

const digest = `sha256:${'0'.repeat(64)}` as const
const at = '2026-11-01T00:00:00.000Z'
const who = { callers: ['a'], links: ['m'], chain: digest, target: digest, capability: 'c', in: 'mcp' }

function intent(act: string): Leaf {
  const labels = { integrity: 3, confidentiality: 0 } as const
  const rest = { trace: act, definition: digest, out: 'mcp', arguments: digest, labels, rulings: 0 }
  return { v: 1, kind: 'act.intent', at, act, ...who, ...rest, decision: 'allow' }
}

function refused(act: string): Leaf {
  const reasons = [{ code: 'mandate.no-entry', rule: 'mandate' }]
  return {
    v: 1,
    kind: 'act.refused',
    at,
    act,
    trace: act,
    ...who,
    arguments: digest,
    rulings: 0,
    reasons,
  }
}

const outcome = (act: string): Leaf => ({
  v: 1,
  kind: 'act.outcome',
  at,
  act,
  status: 'completed',
  durationMs: 1,
})

/** Whoever asks may see all. */
const everyone = () => true

const kinds = ({ acts }: { acts: readonly { act: string; leaves: readonly Leaf[] }[] }) =>
  acts.map(({ act, leaves }) => [act, ...leaves.map((leaf) => leaf.kind)])

test('acts come by when they began, though an outcome is written after what came later', async () => {
  const receipts = createReceipts(
    logOf([intent('one'), refused('two'), outcome('one')]),
    async () => undefined,
  )
  const all = [
    ['two', 'act.refused'],
    ['one', 'act.intent', 'act.outcome'],
  ]
  expect(kinds(await receipts.feed(10, undefined, everyone))).toEqual(all)
  expect(kinds(await receipts.feed(1, undefined, everyone))).toEqual(all.slice(0, 1))
})

test('page after page names each act once, with its outcome', async () => {
  const leaves = [
    ...['a', 'b', 'c', 'd', 'e'].map(intent),
    ...['e', 'a', 'c', 'b', 'd'].map(outcome),
    intent('under way'),
  ]
  const receipts = createReceipts(logOf(leaves), async () => undefined)
  const seen: unknown[] = []
  let before: number | undefined
  do {
    const page = await receipts.feed(2, before, everyone)
    seen.push(...kinds(page))
    before = page.next
  } while (before !== undefined)
  const ended = ['e', 'd', 'c', 'b', 'a'].map((act) => [act, 'act.intent', 'act.outcome'])
  expect(seen).toEqual([['under way', 'act.intent'], ...ended])
})

test('a page holds so many acts as may be seen, and nothing tells of the others', async () => {
  const acts = Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? `mine ${at}` : `theirs ${at}`))
  const leaves = [...acts.map(intent), ...acts.map(outcome)]
  const receipts = createReceipts(logOf(leaves), async () => undefined)
  const mine = (seen: readonly Leaf[]) => seen.every((leaf) => 'act' in leaf && leaf.act.startsWith('mine'))
  const first = await receipts.feed(3, undefined, mine)
  expect(kinds(first).map(([act]) => act)).toEqual(['mine 9', 'mine 6', 'mine 3'])
  expect(first.acts.every((act) => act.leaves.length === 2)).toBe(true)
  const second = await receipts.feed(3, first.next, mine)
  expect(kinds(second).map(([act]) => act)).toEqual(['mine 0'])
  expect(second.next).toBeUndefined()
})
