import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** What a person approved for later calls too. */
export interface StandingApproval {
  readonly id: string
  readonly subject: string
  readonly mandate: string
  /** Slug of the record. */
  readonly target: string
  readonly capability: string
  /** Arguments that must be the same. */
  readonly same: readonly { readonly name: string; readonly text: string }[]
  readonly atMost: readonly { readonly name: string; readonly value: number }[]
  /** Arguments that may be anything. */
  readonly free: readonly string[]
  readonly givenBy: string
  readonly givenAt: string
  readonly expires: string
}

/**
 * Standing approvals: `approvals.approve` with `remember` gives them.
 *
 * @example
 * ```ts
 * const { standing } = await ambit.standingApprovals.list()
 * for (const each of standing) await ambit.standingApprovals.end(each.id)
 * ```
 */
export function standingApprovalCalls({ call }: Connection) {
  return {
    async list(query: { cursor?: string } = {}, { signal }: Options = {}) {
      return await call<{ standing: readonly StandingApproval[]; next?: string }>(
        'GET',
        '/api/standing-approvals',
        { query: { ...query }, signal },
      )
    },
    /** From now on it is asked again. */
    async end(id: string, { signal }: Options = {}) {
      await call<{ id: string }>('DELETE', path`/api/standing-approvals/${id}`, { signal })
    },
  }
}
