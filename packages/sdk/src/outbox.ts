import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

export interface UndoneAct {
  readonly act: string
  /** `vetoed`: it was still held, and nothing was done. */
  readonly state: 'undone' | 'vetoed'
  /** The act that undid it. */
  readonly by?: string
}

/**
 * Undoing what was done in your name. Refused with a code `undo.…` that says why.
 *
 * @example
 * ```ts
 * const { entries } = await ambit.feed.list()
 * const last = entries.find(({ undo }) => undo.state === 'can')
 * if (last !== undefined) await ambit.outbox.undo(last.act)
 * ```
 */
export function outboxCalls({ call }: Connection) {
  return {
    /** Vetoes an act that is held; performs the declared inverse of one that was done. */
    async undo(act: string, { signal }: Options = {}) {
      return await call<UndoneAct>('POST', path`/api/acts/${act}/undo`, { signal })
    },
    /** All that one task did, the newest first; stops at what cannot be undone, and says so. */
    async undoTrace(trace: string, { signal }: Options = {}) {
      return await call<{
        undone: readonly UndoneAct[]
        failed?: {
          readonly act: string
          readonly code: string
          readonly title: string
          readonly detail: string
        }
      }>('POST', path`/api/traces/${trace}/undo`, { signal })
    },
  }
}
