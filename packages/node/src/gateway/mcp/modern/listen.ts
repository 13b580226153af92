import type { ServerResponse } from 'node:http'
import { isObject, notificationMessage, resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { metaKeys, notifications } from '@ambit/core/wire/mcp/methods'
import { sseText } from '@ambit/core/wire/sse'
import type { Clock } from '../../../kernel/clock.ts'
import type { SubscribeRequest, Subscriber, SubscriptionFilter, Hub } from '../subscriptions/hub.ts'
import { streamHeaders } from './answer.ts'

/** Proxies and clients take a longer silence for a broken connection. */
const keepAliveMs = 15_000
/** What a client that does not read may have waiting; it is cut off then, and can listen again. */
const waitingBytesMax = 1024 * 1024
/** Resources one stream may follow. */
const urisMax = 1000

export interface ListenRequest extends Pick<SubscribeRequest, 'holder' | 'slug'> {
  readonly response: ServerResponse
  readonly id: JsonRpcId
}

/** What a client wants to hear of; a string says in which way it says nothing of the kind. */
export function filterOf({ notifications: wanted }: JsonObject): SubscriptionFilter | string {
  if (!isObject(wanted)) return '`params.notifications` is an object'
  const { resourceSubscriptions: uris } = wanted
  if (uris !== undefined) {
    if (!Array.isArray(uris) || uris.some((uri) => typeof uri !== 'string'))
      return '`params.notifications.resourceSubscriptions` is a list of URIs'
    if (uris.length > urisMax) return `one stream follows ${urisMax} resources at most`
  }
  return {
    ...(wanted['toolsListChanged'] === true ? { toolsListChanged: true } : {}),
    ...(wanted['promptsListChanged'] === true ? { promptsListChanged: true } : {}),
    ...(wanted['resourcesListChanged'] === true ? { resourcesListChanged: true } : {}),
    ...(uris === undefined ? {} : { resourceSubscriptions: uris as readonly string[] }),
  }
}

/** The streams of all who listen (2026-07-28, basic/patterns/subscriptions). */
export class ListenStreams {
  readonly #hub: Hub
  readonly #clock: Clock
  readonly #open = new Set<ListenStream>()

  constructor(hub: Hub, clock: Clock) {
    this.#hub = hub
    this.#clock = clock
  }

  /** False when as many listen as may; nothing was written then. */
  open(asked: ListenRequest, filter: SubscriptionFilter): boolean {
    const stream = new ListenStream(this.#clock, asked)
    const subscription = this.#hub.subscribe({ holder: asked.holder, slug: asked.slug, filter }, stream)
    if (subscription === undefined) return false
    this.#open.add(stream)
    asked.response.on('close', () => {
      this.#open.delete(stream)
      stream.close()
      subscription.end()
    })
    stream.open()
    return true
  }

  close(): void {
    for (const stream of this.#open) stream.ended({ code: 'node.draining', detail: 'the node stops' })
  }
}

/** What one client hears. Every message carries the id of the request that opened the stream. */
class ListenStream implements Subscriber {
  readonly #clock: Clock
  readonly #response: ServerResponse
  readonly #id: JsonRpcId
  #acknowledged = false
  #over = false
  #stopTimer: () => void = () => undefined

  constructor(clock: Clock, { response, id }: ListenRequest) {
    this.#clock = clock
    this.#response = response
    this.#id = id
  }

  open(): void {
    // Whoever may not listen was told so at once.
    if (this.#over) return
    this.#begin()
    this.#response.flushHeaders()
    this.#waitMs()
  }

  close(): void {
    this.#over = true
    this.#stopTimer()
  }

  acknowledged(honoured: SubscriptionFilter): void {
    if (this.#acknowledged) return
    this.#acknowledged = true
    this.#write(
      this.#tagged(notifications.subscriptionsAcknowledged, {
        notifications: honoured,
      }),
    )
  }

  notification({ method, params }: { readonly method: string; readonly params?: JsonObject }): void {
    // The acknowledgement is the first message; what changed before it is seen by whoever looks after it.
    if (this.#acknowledged) this.#write(this.#tagged(method, params ?? {}))
  }

  /** The node ends it: the request is answered, so that the client sees an end and no broken connection. */
  ended(why: { readonly code: string; readonly detail: string }): void {
    if (this.#over) return
    const _meta = { [metaKeys.subscriptionId]: this.#id, 'ambit/ended': why }
    this.#write(resultResponse(this.#id, { resultType: 'complete', _meta }))
    this.#response.end()
    this.close()
  }

  #tagged(method: string, params: JsonObject): JsonRpcMessage {
    const meta = isObject(params['_meta']) ? params['_meta'] : {}
    return notificationMessage(method, { ...params, _meta: { ...meta, [metaKeys.subscriptionId]: this.#id } })
  }

  #begin(): void {
    if (!this.#response.headersSent && !this.#response.destroyed) this.#response.writeHead(200, streamHeaders)
  }

  #write(message: JsonRpcMessage): void {
    if (this.#over || this.#response.destroyed) return
    this.#begin()
    this.#response.write(sseText(JSON.stringify(message)))
    if (this.#response.writableLength > waitingBytesMax) this.#response.destroy()
  }

  #waitMs(): void {
    this.#stopTimer = this.#clock.after(keepAliveMs, () => {
      if (this.#over) return
      if (!this.#response.writableNeedDrain) this.#response.write(': \n\n')
      this.#waitMs()
    })
  }
}
