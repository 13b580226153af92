import { modernVersion } from '@ambit/core/wire/mcp/methods'
import type { Interface } from '@ambit/core/record'
import type { Egress, EgressSink, Outbound, Performance } from '../egress.ts'

/** The three ways to a server of this protocol. */
export interface McpRoutes {
  readonly modern: { perform(outbound: Outbound, offered: Interface, sink: EgressSink): Performance }
  readonly sessions: { perform(outbound: Outbound, sink: EgressSink): Performance; close(): Promise<void> }
  readonly stdio: { perform(outbound: Outbound, sink: EgressSink): Performance; close(): Promise<void> }
}

/** Chooses by what the record says of the server: a supervised command, the stateless era, or sessions. */
export function createMcpEgress(routes: McpRoutes): Egress {
  return {
    protocol: 'mcp',
    perform(outbound, sink) {
      const offered = outbound.target.interfaces.find((candidate) => candidate.protocol === 'mcp')
      if (offered === undefined) {
        sink.outcome({
          status: 'failed',
          error: { code: 'upstream.unreachable', detail: 'the record has no MCP interface' },
        })
        return { cancel: () => undefined, resume: () => undefined }
      }
      if (offered.transport === 'stdio') return routes.stdio.perform(outbound, sink)
      if (offered.version === modernVersion) return routes.modern.perform(outbound, offered, sink)
      return routes.sessions.perform(outbound, sink)
    },
    async close() {
      await Promise.all([routes.sessions.close(), routes.stdio.close()])
    },
  }
}
