import type { BatchTurn } from './batch-store.ts'
import type { BatchId, History } from './history.ts'

/**
 * Takes over every batch up to the head of the database. Answers where a batch named by its id begins, when it is among
 * them. Throws `ledger.corrupt` and `ledger.rolled-back`.
 */
export async function catchUp(turn: BatchTurn, history: History, own?: BatchId): Promise<number | undefined> {
  const head = await turn.head()
  let found: number | undefined
  while (history.place.size < head.size) {
    const rows = await turn.after(history.place.size, head.size)
    if (rows.length === 0) throw history.missing()
    for (const row of rows) {
      await history.take(row)
      if (own !== undefined && row.writer === own.writer && row.number === own.number) found = row.first
    }
  }
  history.check(head)
  return found
}
