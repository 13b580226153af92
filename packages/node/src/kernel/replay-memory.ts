import type { Clock } from './clock.ts'

export interface ReplayMemoryOptions {
  /** What is remembered counts no longer than this, so that it may be forgotten then. */
  readonly keepMs: number
  /** Remembered in one window of that length; more are refused rather than one forgotten. */
  readonly entriesMax: number
  /** Of one sender, so that none takes what there is from the others; left out: all there is. */
  readonly perSenderMax?: number
}

interface Generation {
  readonly seen: Set<string>
  readonly counts: Map<string, number>
}

/** `full`: it cannot be remembered, so that it is not used either. */
export type Memory = 'new' | 'known' | 'full'

/**
 * Remembers what may be used once, in this process alone: `new` the first time. Kept for at least one window and at most two, in two generations, so that nothing is swept one by one.
 */
export function createReplayMemory(
  clock: Pick<Clock, 'monotonicMs'>,
  { keepMs, entriesMax, perSenderMax = entriesMax }: ReplayMemoryOptions,
): (sender: string, id: string) => Memory {
  let current = fresh()
  let before = fresh()
  let turnedMs = clock.monotonicMs()
  return (sender, id) => {
    const now = clock.monotonicMs()
    if (now - turnedMs > keepMs) {
      before = now - turnedMs > 2 * keepMs ? fresh() : current
      current = fresh()
      turnedMs = now
    }
    const entry = `${sender} ${id}`
    const count = current.counts.get(sender) ?? 0
    if (current.seen.has(entry) || before.seen.has(entry)) return 'known'
    if (current.seen.size >= entriesMax || count >= perSenderMax) return 'full'
    current.seen.add(entry)
    current.counts.set(sender, count + 1)
    return 'new'
  }
}

function fresh(): Generation {
  return { seen: new Set(), counts: new Map() }
}
