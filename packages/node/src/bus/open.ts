import { createHash } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { Store } from '../store/store.ts'
import { createLocalBus } from './local.ts'
import type { NatsAddress } from './nats.ts'
import { openRevisionStore } from './revision-store.ts'
import { Revision } from './revision.ts'
import { openSharedBus } from './shared.ts'
import type { SharedBus } from './shared.ts'

export interface BusParts {
  /** Undefined: replicas hear of one another by looking at the store. */
  readonly settings: (NatsAddress & { readonly stream: string | undefined }) | undefined
  readonly store: Store
  /** Id of this replica. */
  readonly self: string
  /** Name of the node, which its replicas have in common. */
  readonly name: string
  readonly keyring: Pick<Keyring, 'derive'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** `connected`: whether replicas hear each other at once; true where nothing was set up for that. */
export type OpenBus = SharedBus

/** A node on SQLite is alone; on PostgreSQL others may share its store. */
export async function openBus(parts: BusParts): Promise<OpenBus> {
  const { settings, store, self, name, keyring, clock, log, metrics } = parts
  if (store.engine === 'sqlite')
    return { ...createLocalBus(log), connected: true, replicaEnded: () => undefined }
  const revisions = await openRevisionStore(store)
  const revision = new Revision(revisions, log, await revisions.read())
  const stream = settings?.stream ?? streamOf(name)
  // The client is read only where there is a server to speak to.
  const dial = settings && (await import('./nats.ts')).dialNats(settings, stream)
  const key = keyring.derive('bus.seal')
  const bus = openSharedBus({ self, stream, key, revision, dial, clock, log })
  if (dial !== undefined) {
    metrics.gauge('ambit_bus_connected', 'Whether this replica hears the others at once: 1 or 0.', () =>
      bus.connected ? 1 : 0,
    )
  }
  return bus
}

/** Names of streams have no dots; the digest tells apart what would otherwise become one name. */
function streamOf(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `ambit_${name.replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, 80)}_${digest}`
}
