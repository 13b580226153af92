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
  /** `approved`: asked, and then allowed by a person; `held`: allowed, and not done yet or vetoed. */
  readonly decision: DecisionClass | 'approved' | 'held'
  readonly status?: OutcomeStatus
  /** A fault code or the protocol's own code. */
  readonly error?: string
  readonly reasons?: readonly Pick<Reason, 'code' | 'rule'>[]
  readonly durationMs?: number
}

/** A content behind a commitment of the log. */
export interface ActOpening {
  readonly index: number
  readonly field: string
  readonly salt: string
  readonly text?: string
}

export interface ActContents {
  /** As a receipt carries them: put beside its other members, `verifyReceipt` checks them too. */
  readonly openings: readonly ActOpening[]
  /** Commitments whose content the node does not have; the salt opens it for whoever kept it elsewhere. */
  readonly unopened: readonly (Omit<ActOpening, 'salt' | 'text'> & {
    readonly salt?: string
    readonly reason: 'too-large' | 'not-text' | 'damaged' | 'expired' | 'missing'
  })[]
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
    /** What was said in your own act, as openings for its receipt. */
    async contents(act: string, { signal }: Options = {}) {
      return await call<ActContents>('GET', path`/api/acts/${act}/contents`, { signal })
    },
    /** As it came: whoever relies on it verifies it first (`verifyReceipt`). */
    async receipt(act: string, { signal }: Options = {}) {
      return await call<unknown>('GET', path`/api/acts/${act}/receipt`, { signal })
    },
  }
}
