import { canonicalJson } from '@ambit/core/canonical'
import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Leaf } from '@ambit/core/leaf'
import type { Ledger } from '../ledger/ledger.ts'
import { readLeaf } from './log-search.ts'
import type { OpenActStore } from './receipt-store.ts'

/** What every mandate spent, as authority keeps it. */
export interface SpentKeeper {
  loadSnapshot(): Promise<{ readonly logSize: number; readonly counts: Map<string, number> } | undefined>
  restoreSpent(counts: ReadonlyMap<string, number>): void
  replaySpent(links: readonly string[], at: number): void
  spentSnapshot(): Map<string, number>
  saveSnapshot(logSize: number, counts: ReadonlyMap<string, number>): Promise<void>
}

export interface ActParts {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  /** Kept between starts. */
  readonly open: OpenActStore
  /** Acts whose intent is in the log and whose outcome is not, now. */
  openActs(): readonly string[]
  readonly spent: SpentKeeper
}

/**
 * At start: counts again what every mandate spent since the last snapshot, and writes the outcome «unknown» for each act
 * whose intent has none: the node ended while it was under way, and it is never performed again.
 */
export async function recoverActs(parts: ActParts): Promise<void> {
  const { ledger, spent } = parts
  const counted = await spent.loadSnapshot()
  const opened = await parts.open.load()
  const countFrom = counted !== undefined && counted.logSize <= ledger.size ? counted.logSize : 0
  const openFrom = opened !== undefined && opened.size <= ledger.size ? opened.size : 0
  const open = new Set(openFrom === 0 ? [] : opened!.acts)
  const recent: { links: readonly string[]; at: number }[] = []
  for await (const { index: at, entry } of ledger.entries(Math.min(countFrom, openFrom))) {
    const placed = readLeaf(at, entry)
    if (placed === undefined) continue
    const { leaf } = placed
    if (at >= openFrom) follow(open, leaf)
    if (at < countFrom || leaf.kind !== 'act.intent') continue
    recent.push({ links: leaf.links, at: Date.parse(leaf.at) })
  }
  spent.restoreSpent(countFrom === 0 ? new Map() : counted!.counts)
  for (const { links, at } of recent) spent.replaySpent(links, at)
  await closeActs(parts, open)
}

function follow(open: Set<string>, leaf: Leaf): void {
  if (leaf.kind === 'act.intent') open.add(leaf.act)
  else if (leaf.kind === 'act.outcome' || leaf.kind === 'act.refused') open.delete(leaf.act)
}

async function closeActs({ ledger, clock, log }: ActParts, open: ReadonlySet<string>): Promise<void> {
  await Promise.all([...open].map(async (act) => await ledger.write(unknownOutcome(act, clock.now()))))
  if (open.size > 0) log.warn('acts.unknown-outcome', { acts: open.size })
}

function unknownOutcome(act: string, now: number): string {
  return canonicalJson({
    v: 1,
    kind: 'act.outcome',
    at: timeText(now),
    act,
    status: 'unknown',
    error: 'node.stopped',
    durationMs: 0,
  })
}

/** How often a snapshot is made while acts happen: what is read again at start is no more than that. */
const snapshotEveryMs = 5000

/** Saves snapshots while the node runs; the returned function makes a last one and ends. */
export function startSnapshots(parts: ActParts): () => Promise<void> {
  let saved = -1
  let stopped = false
  let cancel = (): void => undefined
  async function save(): Promise<void> {
    const { size } = parts.ledger
    if (size === saved) return
    // Both are read in one turn, so that they stand for this size; a crash between the two writes is healed at start.
    const acts = parts.openActs()
    const counts = parts.spent.spentSnapshot()
    await parts.open.save({ size, acts })
    await parts.spent.saveSnapshot(size, counts)
    saved = size
  }
  function schedule(): void {
    cancel = parts.clock.after(snapshotEveryMs, () => {
      save()
        .catch((error: unknown) => parts.log.warn('acts.snapshot-failed', { error: String(error) }))
        .finally(() => {
          if (!stopped) schedule()
        })
    })
  }
  schedule()
  return async () => {
    stopped = true
    cancel()
    await save()
  }
}
