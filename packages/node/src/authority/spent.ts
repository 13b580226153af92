import { z } from 'zod'
import { replay, restRate, restoreRate } from './budgets.ts'
import type { MandateBook } from './mandate-book.ts'
import type { MandateReader, MandateWriter, SpentRow } from './mandate-store.ts'

/**
 * What was spent, kept exact across a restart: a snapshot says how far into the activity log it counts, and the intents
 * after it are counted again. An act under way at the moment of the snapshot may count twice, never not at all.
 */
export interface Spent {
  /** Acts by lasting mandate. */
  spentSnapshot(): Map<string, number>
  restoreSpent(counts: ReadonlyMap<string, number>): void
  /** Counts an act from the log: its links, and when it was (ms), so that rates are exact too. */
  replaySpent(links: readonly string[], at: number): void
  /** `logSize`: number of leaves in the log that the counts include. Rates are kept along. */
  saveSnapshot(logSize: number, counts: ReadonlyMap<string, number>): Promise<void>
  /** Also restores the rates; the counts are for the caller to restore. */
  loadSnapshot(): Promise<{ readonly logSize: number; readonly counts: Map<string, number> } | undefined>
}

const snapshotName = 'activity'
const restSchema = z.array(z.tuple([z.int(), z.int()]))

export function createSpent(book: MandateBook, store: MandateReader & MandateWriter): Spent {
  return {
    spentSnapshot() {
      const counts = new Map<string, number>()
      for (const { budget } of book.entries()) if (budget.calls > 0) counts.set(budget.mandate, budget.calls)
      return counts
    },
    restoreSpent(counts) {
      for (const { budget } of book.entries()) budget.calls = counts.get(budget.mandate) ?? 0
    },
    replaySpent(links, at) {
      for (const id of links) {
        const entry = book.get(id)
        if (entry !== undefined) replay(entry.budget, at)
      }
    },
    async saveSnapshot(logSize, counts) {
      const rows: SpentRow[] = []
      for (const [mandate, calls] of counts) {
        const rate = book.get(mandate)?.budget.rate
        rows.push({ mandate, calls, rate: rate === undefined ? null : JSON.stringify(restRate(rate)) })
      }
      await store.saveSnapshot(snapshotName, logSize, rows)
    },
    async loadSnapshot() {
      const snapshot = await store.snapshot(snapshotName)
      if (snapshot === undefined) return undefined
      for (const row of snapshot.spent) {
        const rate = book.get(row.mandate)?.budget.rate
        if (rate !== undefined && row.rate !== null) restoreRate(rate, restSchema.parse(JSON.parse(row.rate)))
      }
      return {
        logSize: snapshot.logSize,
        counts: new Map(snapshot.spent.map((row) => [row.mandate, row.calls])),
      }
    },
  }
}
