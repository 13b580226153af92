import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalBus } from './bus/local.ts'
import type { Bus } from './bus/bus.ts'
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
  readonly bus: Bus
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
    const bus = createLocalBus(log)
    disposer.add('bus', async () => await bus[Symbol.asyncDispose]())
    const name = nodeName(config, keyring)
    const cosignerOf = await openCosigners({ config, clock, log, disposer })
    const logs = await openLogs({ config, clock, log, keyring, disposer, name, cosignerOf })
    return {
      config,
      name,
      clock,
      ids: createIds(clock),
      log,
      metrics: createMetrics(),
      keyring,
      store,
      bus,
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
