import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { replaceFile } from '../../kernel/durable-file.ts'
import type { Store } from '../../store/store.ts'
import type { Done, Engine, EngineParts, EngineState, Head, OpenEngine } from '../engine.ts'
import { lockDirectory } from '../file/lock.ts'
import type { Lock } from '../file/lock.ts'
import type { LedgerGuard, SignedHead } from '../guard.ts'
import type { HashStore } from '../hash-store.ts'
import { migrateBatches, openBatchStore } from './batch-store.ts'
import type { BatchStore } from './batch-store.ts'
import { Bundles } from './bundles.ts'
import { catchUp } from './catch-up.ts'
import type { History } from './history.ts'
import { checkpointName, recover } from './recovery.ts'
import { Writer } from './writer.ts'

/** How long a replica that did not begin an empty log waits for the first entry of the one that did. */
const beginningTries = 20
const beginningMs = 100
const writerBytes = 16

/**
 * The engine of several writers: node processes with one key (replicas) that share a PostgreSQL, where each batch is a
 * row. What is derived stands in each replica's own folder and may be deleted. `memory` is what this replica remembers
 * by itself of what was signed. Throws `ledger.not-durable`, `ledger.locked`, `ledger.corrupt` and `ledger.rolled-back`.
 */
export function postgresEngine(store: Store, memory: LedgerGuard): OpenEngine {
  return async (parts) => {
    await migrateBatches(store)
    await mkdir(join(parts.directory, 'tiles'), { recursive: true, mode: 0o700 })
    const lock = await lockDirectory(parts.directory, parts.clock)
    try {
      const batches = openBatchStore(store, parts.origin)
      const begun = await batches.begin()
      const published = await batches.published()
      const remembered = [parts.guarded, await memory.read(parts.origin), published]
      const history = await recover(parts, batches, remembered)
      if (published !== undefined) await keepCheckpoint(parts.directory, published)
      if (!begun) await awaitBeginning(parts, batches, history)
      return new PostgresEngine(parts, batches, history, lock)
    } catch (error) {
      await lock.release()
      throw error
    }
  }
}

/** The first entry names the log; it is written once. */
async function awaitBeginning({ clock }: EngineParts, batches: BatchStore, history: History): Promise<void> {
  for (let tries = 0; history.place.size === 0 && tries < beginningTries; tries++) {
    await new Promise<void>((resolve) => void clock.after(beginningMs, resolve))
    await catchUp(batches, history)
  }
}

/** The own folder remembers a checkpoint whose hashes it holds: up to there they need not be made again. */
async function keepCheckpoint(directory: string, { checkpoint }: SignedHead): Promise<void> {
  await replaceFile(directory, checkpointName, checkpoint)
}

class PostgresEngine implements Engine {
  readonly shared = true
  readonly hashes: HashStore
  #directory: string
  #batches: BatchStore
  #history: History
  #lock: Lock
  #writer: Writer
  #bundles: Bundles

  constructor(parts: EngineParts, batches: BatchStore, history: History, lock: Lock) {
    this.hashes = history.hashes
    this.#directory = parts.directory
    this.#batches = batches
    this.#history = history
    this.#lock = lock
    this.#writer = new Writer({
      batches,
      history,
      writer: parts.clock.random(writerBytes).toString('latin1'),
      clock: parts.clock,
      limits: parts.limits,
      first: parts.first,
      onDurable: () => parts.onDurable(),
      onFailure: (fault) => parts.onFailure(fault),
    })
    this.#bundles = new Bundles(parts.origin, batches, history.hashes, parts.limits.bundleCacheBytes)
  }

  get durable(): Head {
    return this.#history.place
  }

  get state(): EngineState {
    return this.#writer.state
  }

  get fault(): Fault | undefined {
    return this.#writer.fault
  }

  get queued(): number {
    return this.#writer.queued
  }

  append(entry: string, done: Done, urgent: boolean): void {
    this.#writer.append(entry, done, urgent)
  }

  settle(): Promise<void> {
    return this.#writer.settle()
  }

  follow(): Promise<void> {
    return this.#writer.follow()
  }

  stop(state: 'failed' | 'closed', fault: Fault): void {
    this.#writer.stop(state, fault)
  }

  /** A batch that another replica wrote comes by no way of its own. */
  tell(): boolean {
    return false
  }

  bundle(bundle: number, width: number): Promise<readonly Buffer[]> {
    return this.#bundles.read(bundle, width)
  }

  published(): Promise<SignedHead | undefined> {
    return this.#batches.published()
  }

  async publish(head: SignedHead): Promise<void> {
    await this.#batches.publish(head)
    await keepCheckpoint(this.#directory, head)
  }

  async close(): Promise<void> {
    await this.#writer.close()
    await this.hashes.close()
    await this.#lock.release()
  }
}
