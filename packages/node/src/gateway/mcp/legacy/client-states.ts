import type { Clock } from '../../../kernel/clock.ts'
import type { Hub } from '../subscriptions/hub.ts'
import { ClientState } from './client-state.ts'
import type { Subscribed } from './client-state.ts'
import type { Visit } from './visit.ts'

/** Sessions of which something is kept here, of all holders. Most sessions need nothing kept. */
const statesMax = 20_000
/** Of one holder; its own unused for longest makes room, so that nobody makes another one forget. */
const statesPerHolderMax = 1000
/** Keeps proxies from closing a silent stream. */
const keepAliveMs = 25_000
/** What a session follows while no stream of it is open: a client that lost its connection is back sooner. */
const unheardMsMax = 300_000
/** Several changes within this time are told once: one registration makes several. */
const gatherMs = 100

export interface ClientStatesOptions {
  readonly clock: Clock
  readonly hub: Hub
  /** Tells when records, rulings or mandates changed; returns what stops it. */
  onChange(listener: () => void): () => void
}

/** By session id; in the order of last use, oldest first. */
type OfHolder = Map<string, ClientState>

/** Streams, subscriptions and log levels of the sessions of the older eras on this replica. */
export class ClientStates {
  readonly #options: ClientStatesOptions
  readonly #holders = new Map<string, OfHolder>()
  readonly #stopListening: () => void
  #size = 0
  #stopGathering: (() => void) | undefined
  #stopTick: (() => void) | undefined

  constructor(options: ClientStatesOptions) {
    this.#options = options
    this.#stopListening = options.onChange(() => this.#gather())
  }

  get size(): number {
    return this.#size
  }

  /** Of that session, where something is kept. */
  find({ holder, session }: Visit): ClientState | undefined {
    return this.#holders.get(holder.key)?.get(session?.id ?? '')
  }

  of(visit: Visit): ClientState {
    const { key } = visit.holder
    const id = visit.session?.id ?? ''
    let state = this.#holders.get(key)?.get(id)
    if (state === undefined) {
      this.#makeRoom(key)
      state = new ClientState(this.#options.hub, visit, this.#options.clock.monotonicMs())
      this.#size += 1
    }
    const own = this.#holders.get(key) ?? new Map<string, ClientState>()
    this.#holders.set(key, own)
    own.delete(id)
    own.set(id, state)
    this.#tickLater()
    return state
  }

  /** Opens a stream on which the client hears what belongs to no request. */
  listen(visit: Visit): void {
    const { response } = visit
    if (response.destroyed) return
    const state = this.of(visit)
    response.on('close', () => {
      state.remove(response, this.#options.clock.monotonicMs())
      this.#forgetIdle(visit, state)
    })
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    })
    response.flushHeaders()
    state.add(response)
  }

  subscribe(visit: Visit, uri: string, done: Subscribed): void {
    this.of(visit).subscribe(uri, done)
  }

  unsubscribe(visit: Visit, uri: string): void {
    const state = this.find(visit)
    if (state === undefined) return
    state.unsubscribe(uri)
    this.#forgetIdle(visit, state)
  }

  end(visit: Visit): void {
    this.#forget(visit.holder.key, visit.session?.id ?? '')?.end()
  }

  close(): void {
    this.#stopListening()
    this.#stopGathering?.()
    this.#stopTick?.()
    for (const own of this.#holders.values()) for (const state of own.values()) state.end()
    this.#holders.clear()
    this.#size = 0
  }

  #forgetIdle({ holder, session }: Visit, state: ClientState): void {
    const id = session?.id ?? ''
    if (state.isIdle && this.#holders.get(holder.key)?.get(id) === state) this.#forget(holder.key, id)
  }

  #forget(holder: string, id: string): ClientState | undefined {
    const own = this.#holders.get(holder)
    const state = own?.get(id)
    if (own === undefined || state === undefined) return undefined
    own.delete(id)
    if (own.size === 0) this.#holders.delete(holder)
    this.#size -= 1
    return state
  }

  /** Whoever has most gives way. */
  #makeRoom(holder: string): void {
    if ((this.#holders.get(holder)?.size ?? 0) >= statesPerHolderMax) this.#evict(holder)
    else if (this.#size >= statesMax) {
      let most = holder
      for (const [key, own] of this.#holders) if (own.size > (this.#holders.get(most)?.size ?? 0)) most = key
      this.#evict(most)
    }
  }

  #evict(holder: string): void {
    const oldest = this.#holders.get(holder)?.keys().next()
    if (oldest?.done === false) this.#forget(holder, oldest.value)?.end()
  }

  #gather(): void {
    this.#stopGathering ??= this.#options.clock.after(gatherMs, () => {
      this.#stopGathering = undefined
      for (const own of this.#holders.values()) for (const state of own.values()) state.toolsChanged()
    })
  }

  /** While there is something that does not stay as it is. */
  #tickLater(): void {
    this.#stopTick ??= this.#options.clock.after(keepAliveMs, () => {
      this.#stopTick = undefined
      const unheardBeforeMs = this.#options.clock.monotonicMs() - unheardMsMax
      let moving = false
      for (const [key, own] of this.#holders) {
        for (const [id, state] of own) {
          state.write(': \n\n')
          if (state.streams === 0 && state.unheardSinceMs <= unheardBeforeMs) state.letGo()
          if (state.isIdle) this.#forget(key, id)
          else moving ||= state.streams > 0 || state.follows
        }
      }
      if (moving) this.#tickLater()
    })
  }
}
