import { Fault } from '@ambit/core/fault'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { isObject, notificationMessage } from '@ambit/core/wire/mcp/message'
import { notifications } from '@ambit/core/wire/mcp/methods'
import type { EgressSink, Outbound, Performance } from '../../egress.ts'
import { failedOutcome } from './failed-outcome.ts'
import type { Session } from './session.ts'
import type { Lease } from './session-pool.ts'

/** Resources that one listening act follows; a server is told of each. */
const urisMax = 1000
/** Subscriptions on their way to a server at once. */
const atOnce = 16

/**
 * Performs `subscriptions/listen` (2026-07-28) with a server of the older eras: subscribes to each resource in the
 * session, listens there, and gives what comes as messages in the newer form. Goes on until it is cancelled or the
 * session is lost.
 */
export function performListen(outbound: Outbound, sink: EgressSink, take: () => Promise<Lease>): Performance {
  let over = false
  let lease: Lease | undefined
  let stop: () => void = () => undefined
  const filter = filterOf(outbound.arguments)
  const honoured: string[] = []

  function finish(result: Parameters<EgressSink['outcome']>[0]): void {
    if (over) return
    over = true
    stop()
    for (const uri of honoured) lease?.session.followed.leave(uri)
    lease?.release()
    sink.outcome(result)
  }

  /** A server that was started again knows neither the session nor what it was told to follow. */
  function lost(fault: Fault): void {
    lease?.drop()
    honoured.length = 0
    finish(failedOutcome(fault))
  }

  async function follow(session: Session, uri: string): Promise<void> {
    const end = await session.followed.follow(uri)
    if (end.type === 'result') {
      if (over) session.followed.leave(uri)
      else honoured.push(uri)
    } else if (end.type === 'failed') {
      if (end.sessionLost === false) finish(failedOutcome(end.fault))
      else lost(end.fault)
    }
  }

  async function begin(): Promise<void> {
    lease = await take()
    if (over) return lease.release()
    const { session } = lease
    stop = session.listen((method, params) => {
      if (!over && wanted(filter, method, params)) {
        sink.event({ type: 'message', value: notificationMessage(method, params) })
      }
    }, lost)
    await session.listening()
    for (let at = 0; at < filter.uris.length; at += atOnce) {
      if (over) return
      await Promise.all(filter.uris.slice(at, at + atOnce).map(async (uri) => await follow(session, uri)))
    }
    if (!over) sink.event({ type: 'message', value: acknowledgement(filter, honoured) })
  }

  begin().catch((error: unknown) => finish(failedOutcome(Fault.from(error))))
  return {
    cancel: (reason) => finish({ status: 'cancelled', error: { code: 'act.cancelled', detail: reason } }),
    resume: () => undefined,
  }
}

/** What is really listened to. The older eras tell of lists without being asked. */
function acknowledgement(filter: Filter, uris: readonly string[]) {
  return notificationMessage(notifications.subscriptionsAcknowledged, {
    notifications: { ...filter.lists, ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }) },
  })
}

interface Filter {
  readonly lists: JsonObject
  readonly uris: readonly string[]
  readonly kinds: ReadonlySet<string>
}

const listKinds = [
  ['toolsListChanged', notifications.toolsListChanged],
  ['promptsListChanged', notifications.promptsListChanged],
  ['resourcesListChanged', notifications.resourcesListChanged],
] as const

/** `params` of `subscriptions/listen`: which kinds of notification, and which resources (2026-07-28). */
function filterOf(args: unknown): Filter {
  const given = isObject(args) && isObject(args['notifications']) ? args['notifications'] : {}
  const uris = given['resourceSubscriptions']
  const kinds = new Set<string>()
  const lists: Record<string, true> = {}
  for (const [name, kind] of listKinds) {
    if (given[name] !== true) continue
    kinds.add(kind)
    lists[name] = true
  }
  return {
    uris: Array.isArray(uris)
      ? uris.filter((uri): uri is string => typeof uri === 'string').slice(0, urisMax)
      : [],
    kinds,
    lists,
  }
}

function wanted(filter: Filter, method: string, params: JsonObject): boolean {
  if (method !== notifications.resourcesUpdated) return filter.kinds.has(method)
  const { uri } = params
  return typeof uri === 'string' && filter.uris.some((followed) => isPartOf(uri, followed))
}

/** A server may tell of a part of what was subscribed to (2025-11-25 server/resources); `a:12` is no part of `a:1`. */
function isPartOf(uri: string, followed: string): boolean {
  if (!uri.startsWith(followed)) return false
  return uri.length === followed.length || /[/?#]$/.test(followed) || /[/?#]/.test(uri[followed.length]!)
}
