import { createPrivateKey } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalBus } from './bus/local.ts'
import type { Bus } from './bus/bus.ts'
import type { Config } from './config.ts'
import { systemClock } from './kernel/clock.ts'
import type { Clock } from './kernel/clock.ts'
import { Disposer } from './kernel/disposer.ts'
import { createIds } from './kernel/ids.ts'
import type { Ids } from './kernel/ids.ts'
import { createKeyring, fingerprint } from './kernel/keyring.ts'
import type { Keyring } from './kernel/keyring.ts'
import { createLog } from './kernel/log.ts'
import type { Log } from './kernel/log.ts'
import { openMasterKey } from './kernel/master-key.ts'
import { createMetrics } from './kernel/metrics.ts'
import type { Metrics } from './kernel/metrics.ts'
import { noteSigner, openFileGuard, openLedger } from './ledger/ledger.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openStore } from './store/store.ts'
import type { Store } from './store/store.ts'

/** What every domain stands on. */
export interface Foundation {
  readonly config: Config
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly metrics: Metrics
  readonly keyring: Keyring
  readonly store: Store
  readonly bus: Bus
  /** Public: records and rulings. */
  readonly registryLedger: Ledger
  /** Commitments only: acts, approvals, mandates. */
  readonly activityLedger: Ledger
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
    const parts = { config, clock, log, keyring, disposer, name }
    const registryLedger = await openOne(parts, 'registry')
    const activityLedger = await openOne(parts, 'activity')
    return {
      config,
      clock,
      ids: createIds(clock),
      log,
      metrics: createMetrics(),
      keyring,
      store,
      bus,
      registryLedger,
      activityLedger,
      disposer,
    }
  } catch (error) {
    await disposer.dispose()
    throw error
  }
}

interface LedgerParts {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly keyring: Keyring
  readonly disposer: Disposer
  readonly name: string
}

async function openOne(parts: LedgerParts, name: 'registry' | 'activity'): Promise<Ledger> {
  const { config, clock, log, keyring, disposer } = parts
  const origin = `${parts.name}/${name}`
  const ledger = await openLedger({
    directory: join(config.dataFolder, 'log', name),
    origin,
    signer: noteSigner(origin, ed25519Key(keyring.derive(`ledger.${name}`))),
    guard: await openFileGuard(config.guardFolder),
    clock,
    onFailure: (fault) => log.error('ledger.failure', { log: name, code: fault.code, detail: fault.detail }),
  })
  disposer.add(`${name} log`, async () => await ledger[Symbol.asyncDispose]())
  return ledger
}

/** PKCS #8 head of an Ed25519 private key (RFC 8410, section 7); the 32 bytes of the seed follow. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

function ed25519Key(seed: Buffer) {
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
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
  writeFileSync(file, `${name}\n`, { flag: 'wx' })
  return name
}
