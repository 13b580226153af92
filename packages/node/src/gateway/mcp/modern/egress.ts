import type { Interface } from '@ambit/core/record'
import { isObject } from '@ambit/core/wire/mcp/message'
import { methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import { operations } from '@ambit/core/wire/mcp/operation'
import type { Upstream } from '../../../net/upstream.ts'
import type { EgressSink, Outbound, Performance } from '../../egress.ts'
import { headersOf, ownMessage } from './outgoing.ts'
import type { OutgoingOptions } from './outgoing.ts'
import { ModernCall } from './upstream-call.ts'

export interface ModernEgressOptions extends OutgoingOptions {
  readonly upstream: Upstream
  readonly timeoutMs: number
}

/** Longest silence within an answer that comes as a stream. */
const streamIdleMs = 300_000
/** The same while listening: where nothing changes, a server that sends no comments is silent for long. */
const listenIdleMs = 3_600_000
export const modernProtocol = `mcp/${modernVersion}`

/** Sends acts to servers of 2026-07-28 over streamable HTTP: each request is one POST of its own. */
export function createModernEgress(options: ModernEgressOptions) {
  const urls = new WeakMap<Interface, URL>()
  return {
    perform(outbound: Outbound, offered: Interface, sink: EgressSink): Performance {
      let url = urls.get(offered)
      if (url === undefined) urls.set(offered, (url = new URL(offered.url)))
      const { operation } = outbound
      const wire = outbound.wire?.protocol === modernProtocol ? outbound.wire : undefined
      const call = new ModernCall(
        sink,
        wire === undefined ? outbound.act : idOf(wire.message),
        // What is said of a task names it, and the caller knows it under another name.
        wire !== undefined && (operation === undefined || operations[operation]?.capability !== 'tasks'),
      )
      call.start(options.upstream, {
        url,
        method: 'POST',
        headers: headersOf(outbound, wire),
        body: wire?.bytes ?? ownMessage(outbound, options),
        headTimeoutMs: options.timeoutMs,
        idleTimeoutMs: operation === methods.listen ? listenIdleMs : streamIdleMs,
        ...(outbound.repeatable === true ? { repeat: 'unsent' as const } : {}),
      })
      return call
    },
  }
}

function idOf(message: unknown): unknown {
  return isObject(message) ? message['id'] : undefined
}
