import type { ServerResponse } from 'node:http'
import type { JsonObject, JsonRpcNotification } from '@ambit/core/wire/mcp/message'
import { notificationMessage } from '@ambit/core/wire/mcp/message'
import { notifications } from '@ambit/core/wire/mcp/methods'
import { sseText } from '@ambit/core/wire/sse'
import type { Holder } from '../../../authority/authority.ts'
import type { Hub, Subscription, SubscriptionFilter } from '../subscriptions/hub.ts'
import type { Visit } from './visit.ts'

/** A client opens one; more are left behind by clients that crashed: the oldest makes room. */
const streamsMax = 4
/** Resources that one session follows, and characters of all their URIs. */
const urisMax = 1000
const uriCharactersMax = 128 * 1024

/** What follows a subscription request: undefined when all is well, else why it is refused. */
export type Subscribed = (refused: string | undefined) => void

/** What this replica keeps of one session of a client, while there is something to keep. */
export class ClientState {
  readonly #hub: Hub
  readonly #holder: Holder
  readonly #slug: string | undefined
  readonly #capabilities: JsonObject
  readonly #streams = new Set<ServerResponse>()
  readonly #uris = new Set<string>()
  readonly #waiting = new Map<string, Subscribed[]>()
  #uriCharacters = 0
  #lists: SubscriptionFilter = {}
  #subscription: Subscription | undefined
  /** Level from which on log messages are wanted; undefined: the client said nothing. */
  logLevel: string | undefined
  /** On the node's clock that never goes back: when its last stream closed, or it began. */
  unheardSinceMs: number

  constructor(hub: Hub, { holder, view, session }: Visit, nowMs: number) {
    this.#hub = hub
    this.unheardSinceMs = nowMs
    this.#holder = holder
    this.#slug = view.slug
    this.#capabilities = session?.capabilities ?? {}
  }

  get streams(): number {
    return this.#streams.size
  }

  /** Nothing is kept that a new one would not have. */
  get isIdle(): boolean {
    return this.#streams.size === 0 && this.#uris.size === 0 && this.logLevel === undefined
  }

  /** It follows resources; lists are followed only while there is a stream. */
  get follows(): boolean {
    return this.#uris.size > 0
  }

  add(response: ServerResponse): void {
    const oldest = this.#streams.size >= streamsMax ? this.#streams.values().next().value : undefined
    this.#streams.add(response)
    if (oldest !== undefined) {
      // First: its connection may stay for a while, and nothing may be written after the end.
      this.#streams.delete(oldest)
      oldest.end()
    }
    this.#listen()
  }

  remove(response: ServerResponse, nowMs: number): void {
    if (!this.#streams.delete(response) || this.#streams.size > 0) return
    this.unheardSinceMs = nowMs
    this.#listen()
  }

  /** The client has read such a list: from now on it hears when it changes. */
  followList(list: 'promptsListChanged' | 'resourcesListChanged'): void {
    if (this.#lists[list] === true) return
    this.#lists = { ...this.#lists, [list]: true }
    this.#listen()
  }

  subscribe(uri: string, done: Subscribed): void {
    if (this.#uris.has(uri) && !this.#waiting.has(uri)) {
      done(undefined)
      return
    }
    const isNew = !this.#uris.has(uri)
    if (isNew && (this.#uris.size >= urisMax || this.#uriCharacters + uri.length > uriCharactersMax)) {
      done(`a session follows ${urisMax} resources at most, with ${uriCharactersMax} characters in all`)
      return
    }
    if (isNew) this.#uriCharacters += uri.length
    this.#uris.add(uri)
    this.#waiting.set(uri, [...(this.#waiting.get(uri) ?? []), done])
    this.#listen()
  }

  unsubscribe(uri: string): void {
    if (!this.#leave(uri)) return
    for (const done of this.#waiting.get(uri) ?? []) done('it was unsubscribed from meanwhile')
    this.#waiting.delete(uri)
    this.#listen()
  }

  /** Nobody has listened for long: follows nothing more. */
  letGo(): void {
    this.#lists = {}
    this.#leaveAll()
    this.#answerAll('nobody listens to the session')
    this.#listen()
  }

  toolsChanged(): void {
    this.#write(toolsChanged)
  }

  /** A person has decided at an address that this client was told. */
  elicited(elicitationId: string): void {
    this.#write(notificationMessage(notifications.elicitationComplete, { elicitationId }))
  }

  write(text: string): void {
    for (const response of this.#streams) if (!response.writableNeedDrain) response.write(text)
  }

  end(): void {
    this.#subscription?.end()
    this.#subscription = undefined
    this.#leaveAll()
    this.#answerAll('the session ended')
    const streams = [...this.#streams]
    this.#streams.clear()
    for (const response of streams) response.end()
  }

  /** Only while somebody can hear it: a list that changes is told on a stream, a resource is asked for by name. */
  #listen(): void {
    const lists = this.#streams.size > 0 ? this.#lists : {}
    const uris = [...this.#uris]
    const filter: SubscriptionFilter = uris.length === 0 ? lists : { ...lists, resourceSubscriptions: uris }
    if (Object.keys(filter).length === 0) {
      this.#subscription?.end()
      this.#subscription = undefined
    } else if (this.#subscription !== undefined) this.#subscription.update(filter)
    else this.#begin(filter)
  }

  #begin(filter: SubscriptionFilter): void {
    let over = false
    const subscription = this.#hub.subscribe(
      { holder: this.#holder, slug: this.#slug, filter, callerCapabilities: this.#capabilities },
      {
        acknowledged: (honoured) => this.#acknowledged(new Set(honoured.resourceSubscriptions)),
        notification: (message) => this.#write(message),
        ended: ({ detail }) => {
          over = true
          this.#subscription = undefined
          this.#leaveAll()
          this.#answerAll(detail)
        },
      },
    )
    // It may have ended, or been refused, before it began.
    if (over) return
    this.#subscription = subscription
    if (subscription !== undefined) return
    this.#leaveAll()
    this.#answerAll('this node follows as much as it can carry')
  }

  #acknowledged(honoured: ReadonlySet<string>): void {
    for (const [uri, waiting] of this.#waiting) {
      this.#waiting.delete(uri)
      const refused = honoured.has(uri) ? undefined : 'no server here tells of changes of that resource'
      if (refused !== undefined) this.#leave(uri)
      for (const done of waiting) done(refused)
    }
  }

  #answerAll(refused: string): void {
    const all = [...this.#waiting.values()].flat()
    this.#waiting.clear()
    for (const done of all) done(refused)
  }

  #leave(uri: string): boolean {
    if (!this.#uris.delete(uri)) return false
    this.#uriCharacters -= uri.length
    return true
  }

  #leaveAll(): void {
    this.#uris.clear()
    this.#uriCharacters = 0
  }

  /** On one stream only (2025-11-25 basic/transports). One that is not read misses it; nothing piles up. */
  #write(message: JsonRpcNotification): void {
    for (const response of this.#streams) {
      if (response.writableNeedDrain) continue
      response.write(sseText(JSON.stringify(message)))
      return
    }
  }
}

const toolsChanged = notificationMessage(notifications.toolsListChanged)
