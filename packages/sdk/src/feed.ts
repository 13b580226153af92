import type { Effect, Reversibility } from '@ambit/core/record'
import type { Connection, Options, Page } from './connection.ts'

/** One act in the caller's name. The sentence is Ambit's; titles are texts of third parties, made visible. */
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
  /** Who decided: the agent alone, the window of the outbox, a person, a standing approval, nobody, or an undo. */
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
  /** Came after the person last looked. */
  readonly new: boolean
}

export interface FeedQuery extends Page {
  /** AIC or did:key of who acted. */
  readonly agent?: string
  readonly effect?: Effect
  readonly from?: string
  readonly to?: string
  /** Only what came since the person last looked. */
  readonly new?: '1'
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

/**
 * What was done in your name, in plain words.
 *
 * @example
 * ```ts
 * const { entries } = await ambit.feed.list({ new: '1' })
 * for (const { sentence } of entries) console.log(sentence.en)
 * ```
 */
export function feedCalls({ call }: Connection) {
  return {
    /** Newest first. `current` is false while the node still reads its log. */
    async list(query: FeedQuery = {}, { signal }: Options = {}) {
      return await call<{ entries: readonly FeedEntry[]; next?: string; current: boolean }>(
        'GET',
        '/api/feed',
        { query: { ...query }, signal },
      )
    },
    /** The last days, the newest first. */
    async digest(days = 7, { signal }: Options = {}) {
      return await call<{ days: readonly FeedDay[] }>('GET', '/api/feed/digest', { query: { days }, signal })
    },
    /** Notes that the person has seen the feed up to this act. */
    async seen(act: string, { signal }: Options = {}) {
      return await call<{ act: string }>('POST', '/api/feed/seen', { body: { act }, signal })
    },
  }
}
