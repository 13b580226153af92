import { call } from './call.ts'
import type { RecordView } from './types.ts'

export interface Comment {
  readonly id: string
  readonly person: string
  /** The version it is about. */
  readonly version: string
  readonly text: string
  readonly at: string
}

export interface ReviewRule {
  /** Who submits a version may not be the one who activates it. */
  readonly twoPeople: boolean
}

/** What was ended when a record was put out of service, and what could not be. */
export interface Decommissioned {
  readonly slug: string
  readonly at: string
  readonly done: readonly { readonly what: string; readonly count: number }[]
  /** Empty: nothing is left. */
  readonly residue: readonly { readonly what: string; readonly count: number; readonly problem?: string }[]
}

const of = (slug: string, what: string) => `/records/${encodeURIComponent(slug)}/${what}`

export async function renameRecord(
  slug: string,
  renamed: { readonly slug: string; readonly note?: string; readonly confirmName?: boolean },
): Promise<RecordView> {
  return await call<RecordView>('POST', of(slug, 'rename'), { body: renamed })
}

/** Safe to repeat. */
export async function decommissionRecord(slug: string, note: string): Promise<Decommissioned> {
  return await call<Decommissioned>('POST', of(slug, 'decommission'), { body: note === '' ? {} : { note } })
}

export async function getDecommissioned(slug: string, signal: AbortSignal): Promise<Decommissioned> {
  return await call<Decommissioned>('GET', of(slug, 'decommission'), { signal })
}

/** Newest first. */
export async function listComments(slug: string, signal: AbortSignal): Promise<readonly Comment[]> {
  return (await call<{ comments: readonly Comment[] }>('GET', of(slug, 'comments'), { signal })).comments
}

export async function addComment(slug: string, text: string): Promise<void> {
  await call('POST', of(slug, 'comments'), { body: { text } })
}

export async function getReview(signal: AbortSignal): Promise<ReviewRule> {
  return await call<ReviewRule>('GET', '/review', { signal })
}

export async function setReview(rule: ReviewRule): Promise<void> {
  await call('PUT', '/review', { body: rule })
}
