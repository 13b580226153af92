import type { JournalRow } from './journal-row.ts'

/** What its person can do about an act now. */
export interface UndoOption {
  /** `can` by its inverse, `veto` while it is held; `cannot`: it is over, or never could be. */
  readonly state: 'can' | 'veto' | 'undoing' | 'undone' | 'cannot'
  /** In ms; left out: for as long as the other side lets it. */
  readonly until?: number
}

export function undoOptionOf(row: JournalRow, now: number): UndoOption {
  if (row.undo_state === 'undone' || row.undo_state === 'undoing') return { state: row.undo_state }
  if (row.state === 'held') return row.due === null ? { state: 'veto' } : { state: 'veto', until: row.due }
  const isOver = row.undo_until !== null && row.undo_until <= now
  if (row.state !== 'done' || row.inverse === null || row.undo_state === 'unknown' || isOver)
    return { state: 'cannot' }
  return row.undo_until === null ? { state: 'can' } : { state: 'can', until: row.undo_until }
}
