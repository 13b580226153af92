import { join } from 'node:path'
import type { Config } from './config.ts'
import type { CosignerOf } from './cosigners.ts'
import type { Clock } from './kernel/clock.ts'
import type { Disposer } from './kernel/disposer.ts'
import { tokenKeys } from './kernel/key-signer-token.ts'
import type { Keyring } from './kernel/keyring.ts'
import type { Log } from './kernel/log.ts'
import { openFileGuard, openSeries, openSharedGuard, postgresEngine } from './ledger/ledger.ts'
import type { Series, SeriesOptions } from './ledger/ledger.ts'
import { openStore } from './store/store.ts'

export interface LogParts {
  readonly config: Config
  /** In the names of the logs. */
  readonly name: string
  readonly clock: Clock
  readonly log: Log
  readonly keyring: Keyring
  readonly cosignerOf: CosignerOf
  readonly disposer: Disposer
}

/** The two series of logs of a node. */
export interface Logs {
  /** Public: records and rulings; kept for ever. */
  readonly registryLedger: Series
  /** Commitments only: acts, approvals, mandates. */
  readonly activityLedger: Series
}

export async function openLogs(parts: LogParts): Promise<Logs> {
  const { logKey } = parts.config
  // One for both logs: a token is asked for one thing after the other.
  const token = logKey === undefined ? undefined : tokenKeys(logKey, 'AMBIT_LOG_KEY')
  const engine = { ...(await openEngine(parts)), token }
  return {
    registryLedger: await openOne(parts, engine, 'registry', 0),
    activityLedger: await openOne(parts, engine, 'activity', parts.config.logMonths),
  }
}

type EngineOptions = Pick<SeriesOptions, 'guard' | 'engine' | 'shared'>
type KeyOptions = Pick<SeriesOptions, 'token'>

async function openEngine({ config, disposer }: LogParts): Promise<EngineOptions> {
  const memory = await openFileGuard(config.guardFolder)
  if (config.logEngine === 'file') return { guard: memory }
  // Connections of their own: what holds up the rows of the node holds up no act.
  const store = await openStore(config.store)
  disposer.add('database of the logs', async () => await store[Symbol.asyncDispose]())
  return { guard: await openSharedGuard(store, memory), engine: postgresEngine(store, memory), shared: true }
}

async function openOne(
  { config, name, clock, log, keyring, cosignerOf, disposer }: LogParts,
  engine: EngineOptions & KeyOptions,
  kind: 'registry' | 'activity',
  retainMonths: number,
): Promise<Series> {
  const series = await openSeries({
    directory: join(config.dataFolder, 'log', kind),
    name: `${name}/${kind}`,
    keyring,
    ...engine,
    cosignerOf,
    clock,
    retainMonths,
    onFailure: (fault) => log.error('ledger.failure', { log: kind, code: fault.code, detail: fault.detail }),
  })
  disposer.add(`${kind} log`, async () => await series[Symbol.asyncDispose]())
  return series
}
