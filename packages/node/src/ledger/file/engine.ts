import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import type { Disk } from '../../kernel/disk.ts'
import { replaceFile } from '../../kernel/durable-file.ts'
import type { Done, Engine, EngineParts, EngineState, Follower, Head } from '../engine.ts'
import type { SignedHead } from '../guard.ts'
import { HashStore } from '../hash-store.ts'
import { readCheckpointFile } from '../signed-head.ts'
import { Bundles } from './bundles.ts'
import { lockDirectory } from './lock.ts'
import type { Lock } from './lock.ts'
import { recover } from './recovery.ts'
import type { Recovered } from './recovery.ts'
import { Segments } from './segments.ts'
import { Sequencer } from './sequencer.ts'

const checkpointName = 'checkpoint'

/** The engine of one writer: segment files in a folder that it locks. */
export async function openFileEngine(parts: EngineParts, disk: Disk): Promise<Engine> {
  const lock = await lockDirectory(parts.directory, parts.clock)
  try {
    return new FileEngine(parts, disk, await openFiles(parts, disk, lock))
  } catch (error) {
    await lock.release()
    throw error
  }
}

interface Files {
  readonly lock: Lock
  readonly segments: Segments
  readonly hashes: HashStore
  readonly recovered: Recovered
  readonly published: SignedHead | undefined
}

async function openFiles(parts: EngineParts, disk: Disk, lock: Lock): Promise<Files> {
  const { directory, limits } = parts
  const tiles = join(directory, 'tiles')
  await mkdir(tiles, { recursive: true, mode: 0o700 })
  const segments = new Segments(disk, join(directory, 'segments'), limits)
  const published = await readCheckpointFile(join(directory, checkpointName))
  // A new folder must be there after a loss of power, or what is durable inside it is lost with it.
  if (published === undefined)
    for (const each of [directory, dirname(directory)]) await disk.syncDirectory(each)
  let hashes = new HashStore(disk, tiles, published?.size ?? 0, limits.ringHashes)
  try {
    if (!(await hashes.holds(hashes.flushed))) {
      // Derived files were lost: they are made again from the segments.
      await hashes.close()
      hashes = new HashStore(disk, tiles, 0, limits.ringHashes)
    }
    const recovered = await recover(disk, segments, hashes, knownHeads(parts.guarded, published))
    if (hashes.flushed < recovered.tree.size) {
      await hashes.flush(recovered.tree.size)
      await hashes.sync()
    }
    return { lock, segments, hashes, recovered, published }
  } catch (error) {
    await hashes.close()
    await segments.close()
    throw error
  }
}

function knownHeads(...heads: readonly (SignedHead | undefined)[]): Head[] {
  return heads
    .filter((head) => head !== undefined)
    .filter((head) => head.size > 0)
    .map(({ size, root }) => ({ size, root: Buffer.from(root, 'base64').toString('latin1') }))
}

class FileEngine implements Engine {
  readonly shared = false
  readonly hashes: HashStore
  #directory: string
  #files: Files
  #sequencer: Sequencer
  #bundles: Bundles

  constructor(parts: EngineParts, disk: Disk, files: Files) {
    const { segments, hashes, recovered } = files
    this.hashes = hashes
    this.#directory = parts.directory
    this.#files = files
    this.#sequencer = new Sequencer({
      tree: recovered.tree,
      segments,
      hashes,
      previous: recovered.previous,
      epoch: recovered.epoch + 1,
      first: parts.first,
      clock: parts.clock,
      limits: parts.limits,
      onFailure: (fault) => parts.onFailure(fault),
      onDurable: () => parts.onDurable(),
    })
    this.#bundles = new Bundles(disk, segments, hashes, parts.limits.bundleCacheBytes)
  }

  get durable(): Head {
    return this.#sequencer.durable
  }

  get state(): EngineState {
    return this.#sequencer.state
  }

  get fault(): Fault | undefined {
    return this.#sequencer.fault
  }

  get queued(): number {
    return this.#sequencer.queued
  }

  append(entry: string, done: Done, urgent: boolean): void {
    this.#sequencer.append(entry, done, urgent)
  }

  tell(follower: Follower): boolean {
    this.#sequencer.follower = follower
    return true
  }

  settle(): Promise<void> {
    return this.#sequencer.settle()
  }

  /** The folder is locked: there is nobody to follow. */
  async follow(): Promise<void> {}

  stop(state: 'failed' | 'closed', fault: Fault): void {
    this.#sequencer.stop(state, fault)
  }

  bundle(bundle: number, width: number): Promise<readonly Buffer[]> {
    return this.#bundles.read(bundle, width)
  }

  published(): Promise<SignedHead | undefined> {
    return readCheckpointFile(join(this.#directory, checkpointName))
  }

  publish(head: SignedHead): Promise<void> {
    return replaceFile(this.#directory, checkpointName, head.checkpoint)
  }

  async close(): Promise<void> {
    await this.hashes.close()
    await this.#files.segments.close()
    await this.#files.lock.release()
  }
}
