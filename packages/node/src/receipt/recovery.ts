import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import { canonicalJson } from '@ambit/core/canonical'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../kernel/log.ts'
import type { ActIndex } from './act-index.ts'
import { readLeaf } from './log-search.ts'

/** What was known at one size of the log, so that a start need not read it from the beginning. */
export interface ActSnapshot {
  readonly size: number
  /** Acts under each mandate so far. */
  readonly counts: ReadonlyMap<string, number>
  /** Acts with an intent below `size` and no outcome below it. */
  readonly open: readonly string[]
}

export interface RecoveryParts {
  readonly ledger: Ledger
  readonly index: ActIndex
  readonly clock: Clock
  readonly log: Log
  load(): Promise<ActSnapshot | undefined>
  restore(counts: ReadonlyMap<string, number>): void
}

/**
 * At start: counts what every mandate spent, from the log, and writes the outcome «unknown» for each act whose intent
 * has none: the node ended while it was under way, and it is never performed again.
 */
export async function recoverActs(parts: RecoveryParts): Promise<{ readonly unknown: readonly string[] }> {
  const { ledger, index } = parts
  const snapshot = await parts.load()
  const counts = new Map(snapshot?.counts)
  index.reopen(snapshot?.open ?? [])
  const from = snapshot !== undefined && snapshot.size <= ledger.size ? snapshot.size : 0
  for await (const { index: at, entry } of ledger.entries(from)) {
    const placed = readLeaf(at, entry)
    if (placed === undefined) continue
    index.addLeaf(placed.leaf, at)
    if (placed.leaf.kind !== 'act.intent') continue
    for (const link of placed.leaf.links) counts.set(link, (counts.get(link) ?? 0) + 1)
  }
  parts.restore(counts)
  const unknown = index.openActs()
  for (const act of unknown) {
    const place = await ledger.write(unknownOutcome(act, parts.clock.now()))
    index.add(act, 'outcome', place)
  }
  if (unknown.length > 0) parts.log.warn('acts.unknown-outcome', { acts: unknown.length })
  return { unknown }
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

/** How often a snapshot is made while acts happen: what is replayed at start is no more than this. */
const snapshotEveryMs = 5000

export interface SnapshotParts {
  readonly ledger: Pick<Ledger, 'size'>
  readonly index: ActIndex
  readonly clock: Clock
  readonly log: Log
  counts(): ReadonlyMap<string, number>
  save(snapshot: ActSnapshot): Promise<void>
}

/** Saves snapshots while the node runs; the returned function makes a last one and ends. */
export function startSnapshots(parts: SnapshotParts): () => Promise<void> {
  let saved = -1
  let stopped = false
  let cancel = (): void => undefined
  async function save(): Promise<void> {
    const { size } = parts.ledger
    if (size === saved) return
    await parts.save({ size, counts: parts.counts(), open: parts.index.openActs() })
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
