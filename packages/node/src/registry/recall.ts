import type { SignedRuling } from '@ambit/core/ruling'
import type { TakedownRequest } from './takedown.ts'

/** What the response room does for the routes of records; handed in, because registering does not know it. */
export interface Recall {
  /** Recalls exact versions and stops what is in flight, as callee and as caller. */
  recall(order: Order): Promise<Recalled>
  /** Suspends the version in use and stops what is in flight. */
  suspend(order: Order): Promise<Recalled>
  /** Takes a record away, of whatever organisation, and stops what is in flight. */
  takeDown(request: TakedownRequest): Promise<Recalled>
  /** Ends a suspension. */
  reinstate(order: Order): Promise<{ readonly ruling: SignedRuling }>
}

export interface Order {
  /** Slug or AIC. */
  readonly record: string
  readonly organization: string
  /** Principal id of the person who decided. */
  readonly person: string
  readonly version?: string
  readonly note?: string
}

export interface Recalled {
  readonly ruling: SignedRuling
  /** How many acts were stopped, and their ids. */
  readonly stopped: number
  readonly acts: readonly string[]
  /** From the order to the last act stopped and recorded. */
  readonly tookMs: number
}
