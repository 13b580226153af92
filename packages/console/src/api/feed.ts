import type { Effect, Reversibility } from '@ambit/core/record'
import { call } from './call.ts'

/** One act in the reader's name. The sentence is Ambit's; the names in it are texts of third parties, made visible. */
export interface FeedEntry {
  readonly act: string
  readonly at: string
  readonly ended?: string
  /** Acts of one task have the same. */
  readonly trace: string
  readonly agent: { readonly id: string; readonly title?: string }
  readonly tool: { readonly slug: string; readonly title: string; readonly capability: string }
  readonly effect: Effect
  readonly reversibility: Reversibility
  readonly decision: 'alone' | 'held' | 'approved' | 'standing' | 'observed' | 'undo'
  readonly approval?: string
  readonly decidedBy?: string
  readonly state:
    | 'asked'
    | 'held'
    | 'open'
    | 'done'
    | 'failed'
    | 'cancelled'
    | 'unknown'
    | 'not-observed'
    | 'refused'
    | 'denied'
    | 'expired'
    | 'void'
  readonly reason?: string
  readonly sentence: { readonly en: string; readonly zh: string }
  readonly undo: {
    readonly state: 'can' | 'veto' | 'undoing' | 'undone' | 'cannot'
    readonly until?: string
    /** The act that undid it. */
    readonly by?: string
  }
  /** The act that this one undoes. */
  readonly undoes?: string
  /** Came after the reader last looked. */
  readonly new: boolean
}

export interface FeedPage {
  readonly entries: readonly FeedEntry[]
  readonly next?: string
  /** False while the node still reads its log: something recent may be missing. */
  readonly current: boolean
}

/** What to show of the feed; left out: everything. */
export interface FeedFilter {
  readonly agent?: string | undefined
  readonly effect?: Effect | undefined
  /** RFC 3339. */
  readonly from?: string | undefined
  readonly new?: '1' | undefined
}

/** One day (UTC) in numbers. */
export interface FeedDay {
  readonly day: string
  readonly done: number
  readonly undone: number
  readonly failed: number
  readonly refused: number
  readonly declined: number
  readonly waiting: number
  readonly reads: number
}

export interface UndoneAct {
  readonly act: string
  /** `vetoed`: it was still held, and nothing was done. */
  readonly state: 'undone' | 'vetoed'
  /** The act that undid it. */
  readonly by?: string
}

/** What undoing a whole task came to; it stops at what cannot be undone. */
export interface UndoneTrace {
  readonly undone: readonly UndoneAct[]
  readonly failed?: {
    readonly act: string
    readonly code: string
    readonly title: string
    readonly detail: string
  }
}

const entriesPerPage = 40

export async function listFeed(
  filter: FeedFilter,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<FeedPage> {
  const query = { ...filter, cursor, limit: entriesPerPage }
  return await call<FeedPage>('GET', '/feed', { query, signal })
}

export async function getDigest(days: number, signal: AbortSignal): Promise<readonly FeedDay[]> {
  return (await call<{ days: readonly FeedDay[] }>('GET', '/feed/digest', { query: { days }, signal })).days
}

export async function markSeen(act: string): Promise<void> {
  await call('POST', '/feed/seen', { body: { act } })
}

export async function undoAct(act: string): Promise<UndoneAct> {
  return await call<UndoneAct>('POST', `/acts/${encodeURIComponent(act)}/undo`)
}

export async function undoTrace(trace: string): Promise<UndoneTrace> {
  return await call<UndoneTrace>('POST', `/traces/${encodeURIComponent(trace)}/undo`)
}
