import type { BatchTurn } from './batch-store.ts'
import type { BatchRow } from './batch.ts'
import type { History } from './history.ts'

/**
 * Takes over every batch up to the head of the database, and tells of each as soon as it is taken. Throws
 * `ledger.corrupt` and `ledger.rolled-back`.
 */
export async function catchUp(
  turn: BatchTurn,
  history: History,
  onTaken?: (row: BatchRow) => void,
): Promise<void> {
  const head = await turn.head()
  while (history.place.size < head.size) {
    const rows = await turn.after(history.place.size, head.size)
    if (rows.length === 0) throw history.missing()
    for (const row of rows) {
      await history.take(row)
      onTaken?.(row)
    }
  }
  history.check(head)
}
