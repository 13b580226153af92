import type { Receipt } from '@ambit/core/receipt'
import type { Leaf } from '@ambit/core/leaf'
import type { Ledger } from '../ledger/ledger.ts'
import { proveAct } from './act-prover.ts'
import { leavesOf, readLeaf, unknownAct } from './log-search.ts'
import type { PlacedLeaf } from './log-search.ts'

export { createReceiptAnswers } from './receipt-answer.ts'
export type { LoggedLeaf } from './act-prover.ts'
export type { ReceiptAnswers } from './receipt-answer.ts'
export { recoverActs, startSnapshots } from './recovery.ts'
export type { ActParts } from './recovery.ts'

/** Receipts and the feed of acts, read from the activity log alone. */
export interface Receipts {
  /** Throws `act.unknown`. */
  receipt(act: string, may: MaySee): Promise<Receipt>
  /** Newest first, of those that may be seen; `before` is the cursor of the last page. */
  feed(limit: number, before: number | undefined, may: MaySee): Promise<Feed>
  /** The leaves of an act, as the log has them. Throws `act.unknown`. */
  leaves(act: string, may: MaySee): Promise<readonly PlacedLeaf[]>
}

/** Whether who asks may see the act that these leaves are of. */
export type MaySee = (leaves: readonly Leaf[]) => boolean | Promise<boolean>

export interface Feed {
  readonly acts: readonly FeedAct[]
  readonly next: number | undefined
}

export interface FeedAct {
  readonly act: string
  readonly leaves: readonly Leaf[]
}

/** A leaf that is of an act. */
type ActLeaf = Extract<Leaf, { readonly act: string }>

/** Leaves read at most for one page of the feed, and again for outcomes that came later. */
const feedLeavesMax = 4000

/** `settle` brings what waits on its way to the log into it. */
export function createReceipts(ledger: Ledger, settle: () => Promise<void>): Receipts {
  async function seen(act: string, may: MaySee) {
    // An outcome may still wait for its contents, and for company on its way to the disk.
    await settle()
    await ledger.settle()
    const leaves = await leavesOf(ledger, act)
    if (leaves.length === 0 || !(await may(leaves.map((placed) => placed.leaf)))) throw unknownAct(act)
    return leaves
  }
  return {
    leaves: seen,
    async receipt(act, may) {
      return await proveAct(ledger, act, await seen(act, may))
    },
    async feed(limit, before, may) {
      await settle()
      await ledger.settle()
      return await readFeed(ledger, { limit, before, may })
    },
  }
}

interface FeedRequest {
  readonly limit: number
  readonly before: number | undefined
  readonly may: MaySee
}

/** Acts by when they began: outcomes come late, and in an order of their own. */
async function readFeed(ledger: Ledger, { limit, before, may }: FeedRequest): Promise<Feed> {
  const acts = new Map<string, Leaf[]>()
  const hidden = new Set<string>()
  const end = Math.min(before ?? ledger.size, ledger.size)
  const ends = await outcomesFrom(ledger, end)
  let at = end - 1
  for (; at >= 0 && end - at <= feedLeavesMax; at--) {
    const leaf = await actLeafAt(ledger, at)
    if (leaf === undefined || hidden.has(leaf.act)) continue
    const known = acts.get(leaf.act)
    if (known !== undefined) known.unshift(leaf)
    else if (leaf.kind === 'act.outcome') ends.set(leaf.act, leaf)
    else if (!(await may([leaf]))) hidden.add(leaf.act)
    else if (acts.size < limit) acts.set(leaf.act, [leaf, ...listOf(ends.get(leaf.act))])
    else break
  }
  return {
    acts: [...acts].map(([act, leaves]) => ({ act, leaves })),
    next: at < 0 ? undefined : at + 1,
  }
}

/** Outcomes that stand behind the beginning of a later page. */
async function outcomesFrom(ledger: Ledger, from: number): Promise<Map<string, Leaf>> {
  const ends = new Map<string, Leaf>()
  for (let at = from; at < Math.min(ledger.size, from + feedLeavesMax); at++) {
    const leaf = await actLeafAt(ledger, at)
    if (leaf?.kind === 'act.outcome') ends.set(leaf.act, leaf)
  }
  return ends
}

async function actLeafAt(ledger: Ledger, at: number): Promise<ActLeaf | undefined> {
  if (ledger.readable(at) !== at) return undefined
  const leaf = readLeaf(at, await ledger.read(at))?.leaf
  return leaf !== undefined && 'act' in leaf ? leaf : undefined
}

function listOf<Value>(value: Value | undefined): readonly Value[] {
  return value === undefined ? [] : [value]
}
