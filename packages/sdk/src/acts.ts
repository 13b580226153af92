import type { OutcomeStatus } from '@ambit/core/act'
import type { DecisionClass, Reason } from '@ambit/core/decision'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

export interface ActSummary {
  readonly act: string
  readonly at: string
  /** Who acted, then each caller before. */
  readonly callers: readonly string[]
  readonly target?: { readonly slug: string; readonly title: string }
  readonly capability: string
  /** The protocol it came by: `mcp/2026-07-28`. */
  readonly in: string
  /** `approved`: asked, and then allowed by a person. */
  readonly decision: DecisionClass | 'approved'
  readonly status?: OutcomeStatus
  /** A fault code or the protocol's own code. */
  readonly error?: string
  readonly reasons?: readonly Pick<Reason, 'code' | 'rule'>[]
  readonly durationMs?: number
}

/**
 * What was done, and the proof of it.
 *
 * @example
 * ```ts
 * const { acts } = await ambit.acts.list({ limit: 10 })
 * for (const { act } of acts) console.log(await verifyReceipt(await ambit.acts.receipt(act)))
 * ```
 */
export function actCalls({ call }: Connection) {
  return {
    /** Newest first; `before` is `next` of the part before. */
    async list(page: { limit?: number; before?: number } = {}, { signal }: Options = {}) {
      return await call<{ acts: readonly ActSummary[]; next?: number }>('GET', '/api/acts', {
        query: { ...page },
        signal,
      })
    },
    /** As it came: whoever relies on it verifies it first (`verifyReceipt`). */
    async receipt(act: string, { signal }: Options = {}) {
      return await call<unknown>('GET', path`/api/acts/${act}/receipt`, { signal })
    },
  }
}
