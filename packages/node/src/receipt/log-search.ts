import { Fault } from '@ambit/core/fault'
import { leafSchema } from '@ambit/core/leaf'
import type { Leaf } from '@ambit/core/leaf'
import { utf8Text } from '@ambit/core/bytes'
import type { Ledger } from '../ledger/ledger.ts'

/** A leaf and where it stands. */
export interface PlacedLeaf {
  readonly index: number
  readonly leaf: Leaf
  /** The canonical text that the log holds. */
  readonly text: string
}

/** Leaves may stand a little out of order of their times: they are timed when written down, not when they are durable. */
const disorderMs = 5000
/** Leaves looked at after the first place an act can stand; longer acts are found by their recent place only. */
const leavesScannedMax = 200_000

/** Undefined for entries that are no leaf of ours: a log may hold anything. */
export function readLeaf(index: number, entry: Uint8Array): PlacedLeaf | undefined {
  try {
    const text = utf8Text(entry)
    const parsed = leafSchema.safeParse(JSON.parse(text))
    return parsed.success ? { index, leaf: parsed.data, text } : undefined
  } catch {
    // Neither UTF-8 nor JSON: not one of our leaves.
    return undefined
  }
}

/** The leaves of an act. Throws `act.unknown` for what is no id of an act. */
export async function leavesOf(ledger: Searched, act: string): Promise<PlacedLeaf[]> {
  if (!/^[0-9a-f]{32}$/.test(act)) throw unknownAct(act)
  return await findAct(ledger, act)
}

export function unknownAct(act: string): Fault {
  return new Fault('act.unknown', { detail: 'no act of that id is in the log', where: act.slice(0, 64) })
}

/** What of a ledger is searched. */
export type Searched = Pick<Ledger, 'size' | 'read' | 'readable' | 'entries'>

/** The leaves of an act, by its id: ids begin with 48 bits of time, and so the log can be searched by time. */
async function findAct(ledger: Searched, act: string): Promise<PlacedLeaf[]> {
  const at = Number.parseInt(act.slice(0, 12), 16)
  const from = await firstAfter(ledger, at - disorderMs)
  const found: PlacedLeaf[] = []
  let scanned = 0
  for await (const { index, entry } of ledger.entries(from)) {
    const placed = readLeaf(index, entry)
    if (placed !== undefined && isOf(placed.leaf, act)) {
      found.push(placed)
      if (placed.leaf.kind === 'act.outcome' || placed.leaf.kind === 'act.refused') break
    }
    if (++scanned >= leavesScannedMax) break
  }
  return found
}

function isOf(leaf: Leaf, act: string): boolean {
  return 'act' in leaf && leaf.act === act
}

/** The first index whose leaf is not older than `ms`, by halving. */
async function firstAfter(ledger: Searched, ms: number): Promise<number> {
  let low = 0
  let high = ledger.size
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    // Entries may be missing there, because a log was pruned or lost: then the next one stands for them.
    const at = ledger.readable(middle)
    const placed = at < high ? readLeaf(at, await ledger.read(at)) : undefined
    if (at >= high || (placed !== undefined && Date.parse(placed.leaf.at) >= ms)) high = middle
    else low = at + 1
  }
  return low
}
