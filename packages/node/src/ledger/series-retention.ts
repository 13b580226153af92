import { canonicalJson } from '@ambit/core/canonical'
import type { Shard } from '@ambit/core/log/shards'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'

export interface PruneParts {
  /** How long entries are kept after the end of their log; 0 keeps them for ever. */
  readonly months: number
  readonly clock: Clock
  /** Writes an entry into the log that is open. */
  readonly write: (entry: string) => Promise<unknown>
  /** Marks the log as pruned in the signed list. */
  readonly mark: (shard: Shard) => Promise<void>
  /** Deletes its entries. */
  readonly remove: (shard: Shard) => Promise<void>
}

/** Deletes the entries of logs past the retention: recorded first, then listed, then done. */
export async function pruneEnded(shards: readonly Shard[], parts: PruneParts): Promise<void> {
  const { months, clock } = parts
  for (const shard of shards) {
    const { origin, end } = shard
    if (end === undefined || !isPastRetention(shard, months, clock.now())) continue
    const at = timeText(clock.now())
    const root = Buffer.from(end.root).toString('base64')
    await parts.write(canonicalJson({ v: 1, kind: 'prune', at, origin, size: end.size, root, months }))
    await parts.mark(shard)
    await parts.remove(shard)
  }
}

function isPastRetention({ state, end }: Shard, months: number, now: number): boolean {
  if (months === 0 || state !== 'frozen' || end === undefined) return false
  const until = new Date(end.at)
  until.setUTCMonth(until.getUTCMonth() + months)
  return until.getTime() <= now
}
