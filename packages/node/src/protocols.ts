import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { createA2aDescribe } from './gateway/a2a/describe.ts'
import { createA2aEgress } from './gateway/a2a/egress.ts'
import { createA2aIngress } from './gateway/a2a/ingress.ts'
import { openA2aTaskStore } from './gateway/a2a/a2a-task-store.ts'
import { createTaskOwners } from './gateway/a2a/task-owners.ts'
import type { DataPath } from './kernel/data-path.ts'
import type { Egress } from './gateway/egress.ts'
import type { Gateway } from './gateway/gateway.ts'
import { createMcpDescribe } from './gateway/mcp/describe.ts'
import { createMcpEgress } from './gateway/mcp/egress.ts'
import { createLegacyEgress } from './gateway/mcp/legacy/egress-session.ts'
import { createLegacyIngress } from './gateway/mcp/legacy/ingress.ts'
import { createMcpIngress } from './gateway/mcp/mcp.ts'
import { createModernEgress } from './gateway/mcp/modern/egress.ts'
import { createModernIngress } from './gateway/mcp/modern/ingress.ts'
import { createToolNames } from './gateway/mcp/names/names.ts'
import { createStdioEgress } from './gateway/mcp/stdio/egress-stdio.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'
import type { Describe } from './registry/describe.ts'

export const nodeVersion = '0.1.0'
const info = { name: 'ambit', version: nodeVersion } as const

/** The sending side of every protocol. */
export interface Outgoing {
  readonly describers: readonly Describe[]
  readonly egresses: readonly Egress[]
}

export function openOutgoing(foundation: Foundation): Outgoing {
  const { config, clock, log, disposer } = foundation
  const guard = createAddressGuard(config.allowAddresses)
  const upstream = createUpstream(guard, log)
  disposer.add('upstream connections', async () => await upstream.close())
  const { upstreamTimeoutMs: answerTimeoutMs, childEnvironment: environment } = config
  const mcp = createMcpEgress({
    modern: createModernEgress({ upstream, timeoutMs: answerTimeoutMs, clientInfo: info }),
    sessions: createLegacyEgress({ upstream, clock, log, limits: { answerTimeoutMs } }),
    stdio: createStdioEgress({ clock, log, environment, limits: { answerTimeoutMs } }),
  })
  const a2a = createA2aEgress({
    upstream,
    clock,
    timeouts: { answerMs: answerTimeoutMs, streamIdleMs: answerTimeoutMs },
  })
  for (const egress of [mcp, a2a]) disposer.add(`${egress.protocol} egress`, async () => await egress.close())
  return {
    describers: [
      createA2aDescribe({ upstream, guard, clock }),
      createMcpDescribe({ upstream, clock, environment }),
    ],
    egresses: [mcp, a2a],
  }
}

/** The receiving side of every protocol. */
export async function openIncoming(
  foundation: Foundation,
  domains: Domains,
  gateway: Gateway,
  origin: () => string,
): Promise<readonly DataPath[]> {
  const { clock, ids, keyring, log, bus, store, disposer } = foundation
  let revision = 0
  const changed = ['record.*', 'ruling.*', 'mandate.*']
  for (const subject of changed) bus.subscribe(subject, () => void revision++)
  const names = createToolNames({
    visible: (holder) => gateway.visible(holder, 'mcp'),
    targets: (holder) => domains.registry.targets(holder.organization),
    revision: () => revision,
  })
  const legacy = createLegacyIngress({
    gateway,
    names,
    clock,
    ids,
    keyring,
    serverInfo: info,
    onChange(listener) {
      const ends = changed.map((subject) => bus.subscribe(subject, listener))
      return () => ends.forEach((end) => end())
    },
  })
  const owners = createTaskOwners(await openA2aTaskStore(store), clock, log)
  disposer.add('task owners', async () => await owners.close())
  return [
    createMcpIngress({ gateway, modern: createModernIngress({ gateway, names, serverInfo: info }), legacy }),
    createA2aIngress({
      gateway,
      registry: domains.registry,
      origin,
      owners,
      clock,
      onApproval: (id, listener) =>
        bus.subscribe('approval.*', (message) => {
          if (message['id'] === id) listener()
        }),
    }),
  ]
}
