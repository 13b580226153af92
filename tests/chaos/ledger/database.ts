import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '@ambit/node/kernel/clock'
import {
  noteSigner,
  openFileGuard,
  openLedger,
  openSharedGuard,
  postgresEngine,
} from '@ambit/node/ledger/ledger'
import type { Ledger } from '@ambit/node/ledger/ledger'
import { openStore } from '@ambit/node/store/store'
import type { Store } from '@ambit/node/store/store'
import { codeOf, contents, emptyTally, entryOf, limits, makeFolder, note, origin, tell } from './bed.ts'
import type { Lane, Tally } from './bed.ts'
import { makeCluster } from './cluster.ts'
import type { Cluster } from './cluster.ts'

const inFlight = 64
const replicasMax = 2
const runMs = [300, 1500] as const
const goOnMs = 30_000

/** A replica that appends without a pause, through whatever happens to its database. */
interface Replica {
  readonly ledger: Ledger
  readonly store: Store
  stop(): Promise<void>
}

/**
 * Two replicas write one log while their PostgreSQL is stopped as by a loss of power, again and again. What was
 * acknowledged is there at its index, nothing is there twice, and both go on by themselves.
 */
export const database: Lane = async (bed) => {
  const tally = emptyTally()
  const cluster = await makeCluster()
  if (cluster === undefined) {
    tally.skipped = 'this machine has no programs of PostgreSQL to start a server of its own'
    return tally
  }
  const folder = makeFolder()
  const { privateKey } = generateKeyPairSync('ed25519')
  const acknowledged = new Map<number, string>()
  try {
    const replicas: Replica[] = []
    for (let each = 0; each < replicasMax; each++) {
      replicas.push(
        await replica(tally, cluster, join(folder.path, String(each)), privateKey, `p${each}`, acknowledged),
      )
    }
    const crashes = bed.rounds ?? (bed.short ? 3 : 60)
    for (let crash = 0; crash < crashes; crash++) {
      const [least, most] = runMs
      await pause(least + bed.random.below(most - least))
      tally.rounds++
      cluster.crash()
      await goesOn(tally, acknowledged, crash)
      tally.acknowledged = acknowledged.size
      if (crash % 10 === 9) tell(bed, 'database', tally)
    }
    for (const each of replicas) await each.stop()
    tally.acknowledged = acknowledged.size
    await check(tally, cluster, join(folder.path, 'reader'), privateKey, acknowledged)
  } finally {
    cluster.remove()
    folder.remove()
  }
  return tally
}

async function openReplica(
  cluster: Cluster,
  folder: string,
  privateKey: KeyObject,
): Promise<{ ledger: Ledger; store: Store }> {
  const store = await openStore(cluster.url)
  const memory = await openFileGuard(join(folder, 'guard'))
  const ledger = await openLedger({
    directory: join(folder, 'log'),
    origin,
    signer: noteSigner(origin, createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
    guard: await openSharedGuard(store, memory),
    engine: postgresEngine(store, memory),
    clock: systemClock,
    limits,
    mergeDelayMs: 100,
    onFailure: () => undefined,
  })
  return { ledger, store }
}

async function replica(
  tally: Tally,
  cluster: Cluster,
  folder: string,
  privateKey: KeyObject,
  name: string,
  acknowledged: Map<number, string>,
): Promise<Replica> {
  const { ledger, store } = await openReplica(cluster, folder, privateKey)
  const stopped = new AbortController()
  let serial = 0
  const one = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const text = entryOf(`${name}-${serial++}`)
      try {
        const index = await ledger.write(text)
        if (acknowledged.has(index)) note(tally, 'corrupted', `index ${index} was given twice`)
        acknowledged.set(index, text)
      } catch (error) {
        if (!codeOf(error).startsWith('ledger.')) note(tally, 'corrupted', codeOf(error))
        // Refused while the database is away: whoever asked tries again.
        await pause(10)
      }
    }
  }
  const workers = Promise.all(Array.from({ length: inFlight }, one))
  return {
    ledger,
    store,
    async stop() {
      stopped.abort()
      await workers
      await ledger[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

/** Both replicas acknowledge again. */
async function goesOn(tally: Tally, acknowledged: ReadonlyMap<number, string>, crash: number): Promise<void> {
  const before = acknowledged.size
  const until = performance.now() + goOnMs
  while (performance.now() < until) {
    const fresh = [...acknowledged.values()].slice(before)
    if (
      Array.from({ length: replicasMax }, (_, each) =>
        fresh.some((text) => text.startsWith(`p${each}-`)),
      ).every(Boolean)
    )
      return
    await pause(20)
  }
  note(tally, 'lost', `after crash ${crash} a replica did not go on`)
}

async function check(
  tally: Tally,
  cluster: Cluster,
  folder: string,
  privateKey: KeyObject,
  acknowledged: ReadonlyMap<number, string>,
): Promise<void> {
  const { ledger, store } = await openReplica(cluster, folder, privateKey)
  try {
    const texts = await contents(ledger)
    for (const [index, text] of acknowledged) {
      if (texts[index] === undefined) note(tally, 'lost', `entry ${index} of ${texts.length}`)
      else if (texts[index] !== text) note(tally, 'corrupted', `entry ${index} is another one`)
    }
    if (new Set(texts).size !== texts.length) note(tally, 'corrupted', 'an entry is in the log twice')
    for (const index of [0, Math.floor(texts.length / 2), texts.length - 1]) await ledger.prove(index)
  } catch (error) {
    note(tally, 'lost', `the log does not open again: ${codeOf(error)}`)
  } finally {
    await ledger[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
