import type { Clock } from '../../../kernel/clock.ts'
import type { Hub } from '../subscriptions/hub.ts'
import { ClientState } from './client-state.ts'
import { ownerOf } from './visit.ts'
import type { Visit } from './visit.ts'

/** Sessions of which something is kept here; the one unused for longest makes room. Most sessions need nothing kept. */
const statesMax = 20_000
/** Keeps proxies from closing a silent stream. */
const keepAliveMs = 25_000
/** Several changes within this time are told once: one registration makes several. */
const gatherMs = 100

export interface ClientStatesOptions {
  readonly clock: Clock
  readonly hub: Hub
  /** Tells when records, rulings or mandates changed; returns what stops it. */
  onChange(listener: () => void): () => void
}

/** Streams, subscriptions and log levels of the sessions of the older eras on this replica. */
export class ClientStates {
  readonly #options: ClientStatesOptions
  /** In the order of last use, oldest first. */
  readonly #states = new Map<string, ClientState>()
  readonly #stopListening: () => void
  #stopGathering: (() => void) | undefined
  #stopKeepAlive: (() => void) | undefined

  constructor(options: ClientStatesOptions) {
    this.#options = options
    this.#stopListening = options.onChange(() => this.#gather())
  }

  get size(): number {
    return this.#states.size
  }

  /** Of that session, where something is kept. */
  find(visit: Visit): ClientState | undefined {
    return this.#states.get(ownerOf(visit))
  }

  of(visit: Visit): ClientState {
    const owner = ownerOf(visit)
    let state = this.#states.get(owner)
    if (state === undefined) {
      if (this.#states.size >= statesMax) this.#evict()
      state = new ClientState(this.#options.hub, visit)
    }
    this.#states.delete(owner)
    this.#states.set(owner, state)
    return state
  }

  /** Opens a stream on which the client hears what belongs to no request. */
  listen(visit: Visit): void {
    const { response } = visit
    const state = this.of(visit)
    response.on('close', () => {
      state.remove(response)
      if (state.isIdle) this.#forget(ownerOf(visit), state)
    })
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    })
    response.flushHeaders()
    state.add(response)
    this.#keepAliveLater()
  }

  end(visit: Visit): void {
    const owner = ownerOf(visit)
    this.#states.get(owner)?.end()
    this.#states.delete(owner)
  }

  close(): void {
    this.#stopListening()
    this.#stopGathering?.()
    this.#stopKeepAlive?.()
    for (const state of this.#states.values()) state.end()
    this.#states.clear()
  }

  #forget(owner: string, state: ClientState): void {
    if (this.#states.get(owner) === state) this.#states.delete(owner)
  }

  #evict(): void {
    const [owner, state] = this.#states.entries().next().value!
    this.#states.delete(owner)
    state.end()
  }

  #gather(): void {
    this.#stopGathering ??= this.#options.clock.after(gatherMs, () => {
      this.#stopGathering = undefined
      for (const state of this.#states.values()) state.toolsChanged()
    })
  }

  #keepAliveLater(): void {
    this.#stopKeepAlive ??= this.#options.clock.after(keepAliveMs, () => {
      this.#stopKeepAlive = undefined
      let open = 0
      for (const state of this.#states.values()) {
        open += state.streams
        state.write(': \n\n')
      }
      if (open > 0) this.#keepAliveLater()
    })
  }
}
