import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { LivenessRow, LivenessWriter } from './liveness-store.ts'

/** Counts stand in the store at most this much later; after a crash the last hour of them is missing. */
const keepEveryMs = 3_600_000
/** How often it is looked which records are to be written. */
const lookMs = 10_000
/** Written with one look: 10⁵ records an hour are 278. */
const rowsMax = 2000

export interface Keeping extends AsyncDisposable {
  /** Something was counted. */
  touched(record: string): void
  /** Something happened that must not wait an hour. */
  changed(record: string): void
  forget(record: string): void
  /** Writes all that is not written yet. */
  flush(records?: readonly string[]): Promise<void>
}

export interface KeepingParts {
  readonly store: LivenessWriter
  readonly clock: Clock
  readonly log: Log
  /** Undefined: it is not kept here any more. */
  readonly row: (record: string) => LivenessRow | undefined
}

/** Writes what is known in batches: each record once an hour, and at once what changed. */
export function createKeeping({ store, clock, log, row }: KeepingParts): Keeping {
  /** When each record that was touched is written, in s; in the order of their times, because all wait equally long. */
  const due = new Map<string, number>()
  const urgent = new Set<string>()
  let writing: Promise<void> = Promise.resolve()
  let cancel = (): void => undefined
  let ended = false

  async function write(records: readonly string[]): Promise<void> {
    const rows = records.flatMap((record) => row(record) ?? [])
    if (rows.length > 0) await store.put(rows, clock.now())
  }
  function take(): string[] {
    const taken = [...urgent]
    urgent.clear()
    const now = clock.now()
    for (const [record, at] of due) {
      if (at * 1000 > now || taken.length >= rowsMax) break
      taken.push(record)
    }
    for (const record of taken) due.delete(record)
    return taken
  }
  function look(): void {
    cancel = clock.after(lookMs, () => {
      const records = take()
      writing = writing
        .then(async () => await write(records))
        .catch((error: unknown) => {
          log.error('liveness.not-written', { records: records.length, error: String(error) })
          for (const record of records) urgent.add(record)
        })
        .finally(() => {
          if (!ended) look()
        })
    })
  }
  look()
  return {
    touched(record) {
      if (!due.has(record)) due.set(record, Math.floor((clock.now() + keepEveryMs) / 1000))
    },
    changed: (record) => void urgent.add(record),
    forget(record) {
      due.delete(record)
      urgent.delete(record)
    },
    async flush(records) {
      const wanted = records ?? [...new Set([...urgent, ...due.keys()])]
      for (const record of wanted) {
        due.delete(record)
        urgent.delete(record)
      }
      await writing
      await write(wanted)
    },
    async [Symbol.asyncDispose]() {
      ended = true
      cancel()
      await this.flush()
    },
  }
}
