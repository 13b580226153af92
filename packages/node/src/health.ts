import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import type { InFlight } from './gateway/in-flight.ts'
import type { DiskWatch } from './ops/disk-watch.ts'
import { openHealth } from './ops/health.ts'
import type { Health } from './ops/health.ts'
import { ledgerCheck } from './ops/merge-delay.ts'
import { observing } from './ops/status.ts'

const busAway = 'NATS is away: what other replicas change is seen here up to ten seconds later'

/** The port of health and metrics, on loopback only. */
export async function openHealthOf(
  foundation: Foundation,
  domains: Domains,
  inFlight: InFlight,
  disk: DiskWatch,
): Promise<Health> {
  return await openHealth({
    ...foundation,
    addresses: ['127.0.0.1', '::1'],
    port: foundation.config.metricsPort,
    hosts: foundation.config.hosts,
    warnings: () => warningsOf(foundation),
    checks: checksOf(foundation, domains, inFlight, disk),
  })
}

function checksOf(
  { activityLedger, registryLedger, store }: Foundation,
  { contents }: Domains,
  inFlight: InFlight,
  disk: DiskWatch,
) {
  return [
    ...[activityLedger, registryLedger].map((ledger) => ledgerCheck(ledger.name, ledger)),
    { name: 'acts', reason: async () => (inFlight.draining ? 'the node is stopping' : undefined) },
    {
      name: 'disk',
      reason: async () => (disk.state.level === 'full' ? 'too little room to begin acts' : undefined),
    },
    { name: 'contents', reason: async () => contents.acts.refusal?.detail },
    {
      name: 'store',
      async reason() {
        await store.ping()
        return undefined
      },
    },
  ]
}

function warningsOf({ config, bus }: Foundation): string[] {
  return [...(config.observe ? [observing] : []), ...(bus.connected ? [] : [busAway])]
}
