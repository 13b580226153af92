import type { Receipt } from '@ambit/core/receipt'
import { base64, base64url } from '@ambit/core/bytes'
import { Fault } from '@ambit/core/fault'
import type { Leaf } from '@ambit/core/leaf'
import type { Ledger } from '../ledger/ledger.ts'
import { findAct, readLeaf } from './log-search.ts'
import type { PlacedLeaf } from './log-search.ts'

export { recoverActs, startSnapshots } from './recovery.ts'

/** Receipts and the feed of acts, read from the activity log alone. */
export interface Receipts {
  /** Throws `act.unknown`. */
  receipt(act: string, may: (leaves: readonly Leaf[]) => boolean | Promise<boolean>): Promise<Receipt>
  /** Newest first; `before` is the cursor of the last page. */
  feed(limit: number, before: number | undefined): Promise<Feed>
  /** Salts behind the commitments of an act, for whoever holds its contents. */
  salts(act: string, salt: (field: 'arguments' | 'result') => Buffer): Promise<readonly Salt[]>
}

export interface Salt {
  readonly index: number
  readonly field: 'arguments' | 'result'
  readonly salt: string
}

export interface Feed {
  readonly acts: readonly FeedAct[]
  readonly next: number | undefined
}

export interface FeedAct {
  readonly act: string
  readonly leaves: readonly Leaf[]
}

/** Leaves read at most for one page of the feed. */
const feedLeavesMax = 4000
/** A checkpoint may be replaced between two proofs; then they are made again. */
const proofTries = 5

export function createReceipts(ledger: Ledger): Receipts {
  return {
    async receipt(act, may) {
      // An outcome may still wait for company on its way to the disk.
      await ledger.settle()
      const leaves = await leavesOf(ledger, act)
      if (leaves.length === 0 || !(await may(leaves.map((placed) => placed.leaf)))) throw unknown(act)
      return await prove(ledger, act, leaves)
    },
    async feed(limit, before) {
      await ledger.settle()
      return await readFeed(ledger, limit, before)
    },
    async salts(act, salt) {
      const leaves = await leavesOf(ledger, act)
      if (leaves.length === 0) throw unknown(act)
      return leaves.flatMap(({ index: at, leaf }) =>
        (['arguments', 'result'] as const)
          .filter((field) => field in leaf)
          .map((field) => ({ index: at, field, salt: base64url(salt(field)) })),
      )
    },
  }
}

async function leavesOf(ledger: Ledger, act: string): Promise<PlacedLeaf[]> {
  if (!/^[0-9a-f]{32}$/.test(act)) throw unknown(act)
  return await findAct(ledger, act)
}

async function prove(ledger: Ledger, act: string, leaves: readonly PlacedLeaf[]): Promise<Receipt> {
  const minSize = Math.max(...leaves.map((leaf) => leaf.index)) + 1
  for (let attempt = 0; attempt < proofTries; attempt++) {
    const proofs = await Promise.all(leaves.map(async (leaf) => await ledger.prove(leaf.index, minSize)))
    const checkpoint = proofs[0]!.checkpoint
    if (proofs.some((proof) => proof.checkpoint !== checkpoint)) continue
    return {
      v: 1,
      type: 'receipt',
      act,
      log: { origin: ledger.origin, vkey: ledger.vkey },
      leaves: proofs.map((proof, at) => ({
        index: proof.index,
        entry: leaves[at]!.text,
        hashes: proof.hashes.map((hash) => base64(hash)),
      })),
      checkpoint,
    }
  }
  throw new Fault('act.busy', { detail: 'the log grew faster than its proofs could be made', where: act })
}

async function readFeed(ledger: Ledger, limit: number, before: number | undefined): Promise<Feed> {
  const acts = new Map<string, Leaf[]>()
  const end = Math.min(before ?? ledger.size, ledger.size)
  let at = end - 1
  for (; at >= 0 && end - at <= feedLeavesMax; at--) {
    const placed = readLeaf(at, await ledger.read(at))
    if (placed === undefined || !('act' in placed.leaf)) continue
    const known = acts.get(placed.leaf.act)
    if (known !== undefined) known.unshift(placed.leaf)
    else if (acts.size < limit) acts.set(placed.leaf.act, [placed.leaf])
    else break
  }
  return {
    acts: [...acts].map(([act, leaves]) => ({ act, leaves })),
    next: at < 0 ? undefined : at + 1,
  }
}

function unknown(act: string): Fault {
  return new Fault('act.unknown', { detail: 'no act of that id is in the log', where: act.slice(0, 64) })
}
