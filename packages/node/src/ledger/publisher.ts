import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { parseCheckpoint, signCheckpoint } from '@ambit/core/log/checkpoint'
import type { NoteSigner } from '@ambit/core/log/note'
import type { Clock } from '../kernel/clock.ts'
import { replaceFile } from './durable-file.ts'
import type { LedgerGuard, SignedHead } from './guard.ts'
import type { HashStore } from './hash-store.ts'
import type { Hash } from './segment.ts'

const fileName = 'checkpoint'

export interface PublisherParts {
  readonly directory: string
  readonly signer: NoteSigner
  readonly guard: LedgerGuard
  readonly hashes: HashStore
  readonly clock: Clock
  readonly mergeDelayMs: number
  durable(): { readonly size: number; readonly root: Hash }
  /** A publication failed; it is tried again after the merge delay. */
  onFailure(fault: Fault): void
  /** The guard does not let this log go on: nothing may be signed or taken any more. */
  onRefused(fault: Fault): void
}

/** Signs and publishes checkpoints: the guard first, then the tiles, and only then the checkpoint itself. */
export class Publisher {
  #parts: PublisherParts
  #published: SignedHead | undefined
  #guarded: SignedHead | undefined
  #running: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #refused: Fault | undefined

  constructor(
    parts: PublisherParts,
    known: { guarded: SignedHead | undefined; published: SignedHead | undefined },
  ) {
    this.#parts = parts
    this.#guarded = known.guarded
    this.#published = known.published
  }

  get published(): SignedHead | undefined {
    return this.#published
  }

  /** There are new entries: they will be published within the merge delay. */
  wake(): void {
    if (this.#cancel !== undefined || this.#refused !== undefined) return
    this.#cancel = this.#parts.clock.after(this.#parts.mergeDelayMs, () => {
      this.#cancel = undefined
      this.publish().catch((error: unknown) => {
        this.#parts.onFailure(Fault.from(error))
        this.wake()
      })
    })
  }

  /** A published checkpoint of at least this size; publishes at once where there is none. */
  async atLeast(size: number): Promise<SignedHead> {
    const durable = this.#parts.durable().size
    if (size > durable) {
      throw new Fault('ledger.not-found', { detail: `the log has ${durable} entries, not yet ${size}` })
    }
    while (this.#published === undefined || this.#published.size < size) await this.publish()
    return this.#published
  }

  /** Publishes what is durable now, or joins the publication that is under way. */
  publish(): Promise<void> {
    this.#running ??= this.#publish().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async close(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#running?.catch(() => undefined)
    if (this.#published?.size !== this.#parts.durable().size) await this.publish()
  }

  async #publish(): Promise<void> {
    const { signer, guard, hashes, directory } = this.#parts
    const { size, root } = this.#parts.durable()
    if (this.#published?.size === size) return
    if (this.#refused !== undefined) throw this.#refused
    const head = this.#sign(size, Buffer.from(root, 'latin1'), signer)
    try {
      const from = this.#guarded
      if (from?.size !== size || from.root !== head.root) {
        if (!(await guard.advance(signer.name, from, head))) {
          this.#refused = refusedByGuard(signer.name, from, head)
          this.#parts.onRefused(this.#refused)
          throw this.#refused
        }
        this.#guarded = head
      }
      await hashes.flush(size)
      await hashes.syncNames()
      await replaceFile(directory, fileName, head.checkpoint)
    } catch (error) {
      if (Fault.is(error)) throw error
      throw new Fault('ledger.unpublished', {
        detail: `the checkpoint of size ${size} is not published`,
        cause: error,
      })
    }
    this.#published = head
  }

  #sign(size: number, root: Buffer, signer: NoteSigner): SignedHead {
    return { size, root: root.toString('base64'), checkpoint: signCheckpoint(size, root, signer) }
  }
}

function refusedByGuard(origin: string, from: SignedHead | undefined, to: SignedHead): Fault {
  return new Fault('ledger.rolled-back', {
    detail: `the guard of ${origin} does not allow to go from size ${from?.size ?? 0} to ${to.size}: another writer signs this log`,
  })
}

/** The checkpoint that was published last, from the log's own directory. */
export async function readPublished(directory: string): Promise<SignedHead | undefined> {
  const path = join(directory, fileName)
  const checkpoint = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (checkpoint === undefined) return undefined
  const parsed = parseCheckpoint(checkpoint)
  if (!parsed.ok) {
    throw new Fault('ledger.corrupt', {
      detail: `the checkpoint cannot be read: ${parsed.reason}`,
      where: path,
    })
  }
  return { size: parsed.checkpoint.size, root: parsed.checkpoint.root.toBase64(), checkpoint }
}
