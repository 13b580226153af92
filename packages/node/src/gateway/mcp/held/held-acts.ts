import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../../kernel/clock.ts'
import type { Ids } from '../../../kernel/ids.ts'
import type { Keyring } from '../../../kernel/keyring.ts'

/** An act whose server waits for answers, while no request of its client is open. */
export interface Held {
  /** did:key of its caller. */
  readonly holderKey: string
  /** Method and name of the request: the state counts for no other one. */
  readonly requested: string
  /** Nobody came back in time. */
  giveUp(reason: string): void
}

export interface HeldActsOptions {
  readonly keyring: Keyring
  readonly clock: Clock
  readonly ids: Ids
}

/** Begins the `requestState` that stands for an act held on this replica. */
export const heldState = 'ambit-held:'
/** A person may have to think; a server is kept waiting no longer than for any question (back.ts). */
const heldMs = 600_000
/** Each is an open request to a server, with its connection. */
const heldMax = 1000
/** One caller cannot take the room of all others. */
const heldPerHolderMax = 32
/** An id and what is around it once sealed. */
const stateCharactersMax = 1024
const purpose = 'mcp-held'

export type Taken<T> =
  | { readonly held: T }
  /** `foreign`: no state of this holder. `gone`: it ended, or another replica or an earlier run of this one held it. */
  | { readonly held?: undefined; readonly why: 'foreign' | 'gone' }

/**
 * Acts that wait for their client to come back. A client of 2026-07-28 is asked in an answer, and answers in a new
 * request; a server of an older era asks within the request that it works on. So the act stays open here in between.
 */
export class HeldActs<T extends Held> {
  readonly #options: HeldActsOptions
  readonly #acts = new Map<string, { readonly act: T; readonly stopTimer: () => void }>()
  #closed = false

  constructor(options: HeldActsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#acts.size
  }

  /** The state by which the client takes the act up again, once; undefined when as many are held as may be. */
  hold(act: T): string | undefined {
    if (this.#closed || this.#acts.size >= heldMax || this.#heldBy(act.holderKey) >= heldPerHolderMax)
      return undefined
    const { keyring, clock, ids } = this.#options
    const id = ids.next()
    const stopTimer = clock.after(heldMs, () => {
      this.#acts.delete(id)
      act.giveUp('the caller did not come back with an answer in time')
    })
    this.#acts.set(id, { act, stopTimer })
    return `${heldState}${keyring.seal(purpose, act.holderKey, id).toString('base64url')}`
  }

  take(holderKey: string, requested: string, state: string): Taken<T> {
    const id = this.#open(holderKey, state)
    if (id === undefined) return { why: 'foreign' }
    const entry = this.#acts.get(id)
    if (entry === undefined) return { why: 'gone' }
    if (entry.act.holderKey !== holderKey || entry.act.requested !== requested) return { why: 'foreign' }
    this.#acts.delete(id)
    entry.stopTimer()
    return { held: entry.act }
  }

  /** The node stops: whoever comes back is told to make the call again. */
  close(): void {
    this.#closed = true
    for (const { act, stopTimer } of this.#acts.values()) {
      stopTimer()
      act.giveUp('the node stops')
    }
    this.#acts.clear()
  }

  #open(holderKey: string, state: string): string | undefined {
    if (state.length > stateCharactersMax) return undefined
    try {
      const sealed = Buffer.from(state.slice(heldState.length), 'base64url')
      return this.#options.keyring.open(purpose, holderKey, sealed).toString()
    } catch (error) {
      if (Fault.is(error)) return undefined
      throw error
    }
  }

  #heldBy(holderKey: string): number {
    let count = 0
    for (const { act } of this.#acts.values()) if (act.holderKey === holderKey) count += 1
    return count
  }
}
