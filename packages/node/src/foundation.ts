import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBus } from './bus/open.ts'
import type { OpenBus } from './bus/open.ts'
import type { Config } from './config.ts'
import { openCosigners } from './cosigners.ts'
import { systemClock } from './kernel/clock.ts'
import type { Clock } from './kernel/clock.ts'
import { Disposer } from './kernel/disposer.ts'
import { makeFile } from './kernel/durable-file.ts'
import { createIds } from './kernel/ids.ts'
import type { Ids } from './kernel/ids.ts'
import { createKeyring, fingerprint } from './kernel/keyring.ts'
import type { Keyring } from './kernel/keyring.ts'
import { createLog } from './kernel/log.ts'
import type { Log } from './kernel/log.ts'
import { openMasterKey } from './kernel/master-key.ts'
import { createMetrics } from './kernel/metrics.ts'
import type { Metrics } from './kernel/metrics.ts'
import { openLogs } from './logs.ts'
import type { Logs } from './logs.ts'
import { placeOf } from './replica/place.ts'
import { openReplicas } from './replica/replica.ts'
import type { OpenReplicas } from './replica/replica.ts'
import { openStore } from './store/store.ts'
import type { Store } from './store/store.ts'

/** What every domain stands on. */
export interface Foundation extends Logs {
  readonly config: Config
  /** In the origins of this node's logs; chosen at the first start, it never changes. */
  readonly name: string
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly metrics: Metrics
  readonly keyring: Keyring
  readonly store: Store
  readonly bus: OpenBus
  readonly replicas: OpenReplicas
  readonly disposer: Disposer
}

export async function openFoundation(config: Config): Promise<Foundation> {
  const clock = systemClock
  const log = createLog(config.logLevel)
  const disposer = new Disposer()
  try {
    mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
    const master = openMasterKey({
      folder: join(config.dataFolder, 'keys'),
      source: config.masterKey,
      next: config.masterKeyNew,
      clock,
      log,
    })
    const keyring = createKeyring(master, clock)
    const store = await openStore(config.store)
    disposer.add('store', async () => await store[Symbol.asyncDispose]())
    const name = nodeName(config, keyring)
    const cosignerOf = await openCosigners({ config, clock, log, disposer })
    const logs = await openLogs({ config, clock, log, keyring, disposer, name, cosignerOf })
    const ids = createIds(clock)
    // After the logs: their lock shows that nobody else runs at this place.
    const replicas = await openReplicas({ store, place: placeOf(config.dataFolder, clock), clock, ids, log })
    disposer.add('replica', async () => await replicas[Symbol.asyncDispose]())
    const metrics = createMetrics()
    const { self } = replicas
    const bus = await openBus({ settings: config.bus, store, self, name, keyring, clock, log, metrics })
    disposer.add('bus', async () => await bus[Symbol.asyncDispose]())
    let known = replicas.living()
    replicas.onChange((living) => {
      if (known.some((id) => !living.includes(id))) bus.replicaEnded()
      known = living
    })
    return {
      config,
      name,
      clock,
      ids,
      log,
      metrics,
      keyring,
      store,
      bus,
      replicas,
      ...logs,
      disposer,
    }
  } catch (error) {
    await disposer.dispose()
    throw error
  }
}

/**
 * The name in the origins of this node's logs. It is chosen at the first start and never changes, because every
 * checkpoint carries it: the host of AMBIT_ORIGIN where that was set, else one made from the node's key.
 */
function nodeName(config: Config, keyring: Keyring): string {
  const file = join(config.dataFolder, 'log', 'name')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  mkdirSync(join(config.dataFolder, 'log'), { recursive: true, mode: 0o700 })
  const own = `${fingerprint(keyring.derive('node.name'))}.ambit.internal`
  const name = config.origin === undefined ? own : new URL(config.origin).host
  makeFile(file, Buffer.from(`${name}\n`))
  return name
}
