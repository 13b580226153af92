import { notificationMessage } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcNotification } from '@ambit/core/wire/mcp/message'
import { notifications } from '@ambit/core/wire/mcp/methods'
import type { ProtocolCapability } from '@ambit/core/wire/mcp/operation'
import type { HeldChain } from '../../../authority/authority.ts'
import type { Target, TargetCapability } from '../../../registry/target.ts'
import type { SeenServer, View } from '../names/view.ts'
import { uriOwner } from '../operations/owner.ts'
import type { Feed, Why } from './feed.ts'
import { isEmpty } from './filter.ts'
import type { SubscribeRequest, Subscriber, SubscriptionFilter } from './hub.ts'

/** Resources one client watches: more is a flood. */
const urisMax = 1000

/** What one subscriber wants of one server. */
export interface Wanted {
  readonly server: SeenServer
  /** Under which the act of listening is judged. */
  readonly capability: TargetCapability
  /** URIs are the server's own. */
  readonly filter: SubscriptionFilter
  /** The server's own URI to the one the client gave. */
  readonly shown: ReadonlyMap<string, string>
}

interface Stopped {
  readonly why: Why
  /** As they were then: another one may be judged otherwise. */
  readonly target: Target | undefined
  readonly chain: HeldChain
}

/** One subscriber of the hub, and what it hears of which server. */
export class Member {
  readonly request: SubscribeRequest
  filter: SubscriptionFilter
  over = false
  /** By record. */
  readonly feeds = new Map<string, Feed>()
  readonly #subscriber: Subscriber
  readonly #forget: () => void
  #wanted: ReadonlyMap<string, Wanted> = new Map()
  readonly #stopped = new Map<string, Stopped>()
  #acknowledged = false

  constructor(request: SubscribeRequest, subscriber: Subscriber, forget: () => void) {
    this.request = request
    this.filter = request.filter
    this.#subscriber = subscriber
    this.#forget = forget
  }

  /** What it wants from now on, by record; without servers that refused and have not changed since. */
  plan(view: View, filter: SubscriptionFilter): ReadonlyMap<string, Wanted> {
    const isNew = filter !== this.filter
    if (isNew) this.#acknowledged = false
    this.filter = filter
    this.#wanted = wantedOf(view, filter)
    const { chain } = this.request.holder
    for (const [id, stopped] of this.#stopped) {
      const same = stopped.target === this.#wanted.get(id)?.server.target && stopped.chain === chain
      if (isNew || !same) this.#stopped.delete(id)
    }
    return new Map([...this.#wanted].filter(([id]) => !this.#stopped.has(id)))
  }

  /** What is not known of the params goes on; `_meta` is the stream's of the server. */
  hear(id: string, method: string, { _meta, ...params }: JsonObject): void {
    const wanted = this.#wanted.get(id)
    if (wanted === undefined) return
    if (method === notifications.resourcesUpdated) {
      const uri = shownOf(wanted, params['uri'])
      if (uri !== undefined) this.tell(notificationMessage(method, { ...params, uri }))
    } else {
      const kind = kindOf(method)
      if (kind === undefined || wanted.filter[kind] !== true) return
      this.tell(
        Object.keys(params).length === 0 ? notificationMessage(method) : notificationMessage(method, params),
      )
    }
  }

  /** The stream of a server was broken for a while: everything of it may have changed. */
  heal(id: string): void {
    const { filter, shown } = this.#wanted.get(id) ?? {}
    for (const [method, kind] of listChanges)
      if (filter?.[kind] === true) this.tell(notificationMessage(method))
    for (const uri of shown?.values() ?? [])
      this.tell(notificationMessage(notifications.resourcesUpdated, { uri }))
  }

  tell(message: JsonRpcNotification): void {
    if (!this.over) this.#subscriber.notification(message)
  }

  stopped(id: string, why: Why): void {
    this.feeds.delete(id)
    const target = this.#wanted.get(id)?.server.target
    this.#stopped.set(id, { why, target, chain: this.request.holder.chain })
    if (why.code.startsWith('mandate.') && why.code !== 'mandate.no-entry') this.end(why)
    else this.acknowledge()
  }

  /** Says what is honoured once all servers have said it; ends what nothing can come of. */
  acknowledge(): void {
    if (this.over) return
    const parts = [...this.#wanted.keys()].map((id) => {
      return this.#stopped.has(id) ? {} : this.feeds.get(id)?.honoured
    })
    if (parts.some((part) => part === undefined)) return
    const [stopped] = this.#stopped.values()
    const honoured = this.#honoured()
    if (stopped !== undefined && isEmpty(honoured)) {
      this.end(stopped.why)
      return
    }
    if (this.#acknowledged) return
    this.#acknowledged = true
    this.#subscriber.acknowledged(honoured)
  }

  /** The subscriber goes. */
  leave(): void {
    if (this.over) return
    this.over = true
    this.#forget()
  }

  end(why: Why): void {
    if (this.over) return
    this.leave()
    this.#subscriber.ended(why)
  }

  #honoured(): SubscriptionFilter {
    const uris: string[] = []
    // Of tools the node tells by itself, when records, rulings or mandates change.
    const kinds: Record<string, boolean> =
      this.filter.toolsListChanged === true ? { toolsListChanged: true } : {}
    for (const [id, { filter, shown }] of this.#wanted) {
      const honoured = this.feeds.get(id)?.honoured
      for (const [, kind] of listChanges)
        if (filter[kind] === true && honoured?.[kind] === true) kinds[kind] = true
      const own = new Set(honoured?.resourceSubscriptions)
      for (const [uri, as] of shown) if (own.has(uri)) uris.push(as)
    }
    return { ...kinds, ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }) }
  }
}

const listChanges = [
  [notifications.toolsListChanged, 'toolsListChanged'],
  [notifications.promptsListChanged, 'promptsListChanged'],
  [notifications.resourcesListChanged, 'resourcesListChanged'],
] as const

function kindOf(method: string) {
  return listChanges.find(([name]) => name === method)?.[1]
}

/** As the client gave it; a part of what it watches (a file of a folder) with the rest added. */
function shownOf({ shown }: Wanted, uri: unknown): string | undefined {
  if (typeof uri !== 'string') return undefined
  const exact = shown.get(uri)
  if (exact !== undefined) return exact
  for (const [own, as] of shown) if (uri.startsWith(own)) return `${as}${uri.slice(own.length)}`
  return undefined
}

function wantedOf(view: View, filter: SubscriptionFilter): ReadonlyMap<string, Wanted> {
  const uris = urisByServer(view, filter)
  const all = new Map<string, Wanted>()
  for (const server of view.servers) {
    const capability = listenCapability(server)
    if (capability === undefined) continue
    const shown = (server.declares('resources/read', 'subscribe') && uris.get(server.target.id)) || new Map()
    const own: SubscriptionFilter = {
      ...(filter.toolsListChanged === true ? { toolsListChanged: true } : {}),
      ...(filter.promptsListChanged === true && server.declares('prompts/list', 'listChanged')
        ? { promptsListChanged: true }
        : {}),
      ...(filter.resourcesListChanged === true && server.declares('resources/list', 'listChanged')
        ? { resourcesListChanged: true }
        : {}),
      ...(shown.size === 0 ? {} : { resourceSubscriptions: [...shown.keys()] as string[] }),
    }
    if (!isEmpty(own)) all.set(server.target.id, { server, capability, filter: own, shown })
  }
  return all
}

function urisByServer(view: View, { resourceSubscriptions = [] }: SubscriptionFilter) {
  const all = new Map<string, Map<string, string>>()
  for (const uri of resourceSubscriptions.slice(0, urisMax)) {
    const owner = uriOwner(view, uri)
    if (owner === undefined) continue
    const { id } = owner.server.target
    const own = all.get(id) ?? new Map<string, string>()
    all.set(id, own.set(owner.own ?? uri, uri))
  }
  return all
}

/** Listening belongs to reading; a server without resources may still tell of its prompts. */
const listenable: readonly ProtocolCapability[] = ['resources/read', 'resources/list', 'prompts/list']

function listenCapability(server: SeenServer): TargetCapability | undefined {
  const id = listenable.find((each) => server.has(each))
  return id && server.capability(id)
}
