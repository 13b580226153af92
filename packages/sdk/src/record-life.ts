import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import type { RecordView } from './records.ts'

/** What was ended when a record was put out of service, and what could not be. */
export interface Decommissioned {
  readonly record: string
  readonly slug: string
  readonly at: string
  readonly done: readonly { readonly what: string; readonly count: number }[]
  /** Empty: nothing is left. */
  readonly residue: readonly { readonly what: string; readonly count: number; readonly problem?: string }[]
  readonly ruling?: string
}

export interface Comment {
  readonly id: string
  readonly person: string
  /** The version it is about. */
  readonly version: string
  readonly text: string
  readonly at: string
}

/** What happens to a record beside its steps: its name, the review, and its end. Part of `records`. */
export function recordLifeCalls({ call }: Pick<Connection, 'call'>) {
  return {
    /** Gives it another name; the old one points to it for a time. */
    async rename(
      slug: string,
      renamed: { slug: string; note?: string; confirmName?: boolean },
      { signal }: Options = {},
    ) {
      return await call<RecordView>('POST', path`/api/records/${slug}/rename`, { body: renamed, signal })
    },
    /** Retires it, revokes everything that hangs on it, and says what is left. Safe to repeat. */
    async decommission(slug: string, note?: string, { signal }: Options = {}) {
      const body = note === undefined ? {} : { note }
      return await call<Decommissioned>('POST', path`/api/records/${slug}/decommission`, { body, signal })
    },
    async decommissioned(slug: string, { signal }: Options = {}) {
      return await call<Decommissioned>('GET', path`/api/records/${slug}/decommission`, { signal })
    },
    /** Newest first. */
    async comments(slug: string, { signal }: Options = {}) {
      const url = path`/api/records/${slug}/comments`
      return (await call<{ comments: readonly Comment[] }>('GET', url, { signal })).comments
    },
    async comment(slug: string, text: string, { signal }: Options = {}) {
      return await call<Comment>('POST', path`/api/records/${slug}/comments`, { body: { text }, signal })
    },
    /** What the organisation asks of the review of a version. */
    async review({ signal }: Options = {}) {
      return await call<{ twoPeople: boolean }>('GET', '/api/review', { signal })
    },
    async setReview(review: { twoPeople: boolean }, { signal }: Options = {}) {
      return await call<{ twoPeople: boolean }>('PUT', '/api/review', { body: review, signal })
    },
  }
}
