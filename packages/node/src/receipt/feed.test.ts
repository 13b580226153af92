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
  expect(kinds(await receipts.feed(10, undefined))).toEqual(all)
  expect(kinds(await receipts.feed(1, undefined))).toEqual(all.slice(0, 1))
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
    const page = await receipts.feed(2, before)
    seen.push(...kinds(page))
    before = page.next
  } while (before !== undefined)
  const ended = ['e', 'd', 'c', 'b', 'a'].map((act) => [act, 'act.intent', 'act.outcome'])
  expect(seen).toEqual([['under way', 'act.intent'], ...ended])
})
