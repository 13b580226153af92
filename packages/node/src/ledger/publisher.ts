import { Fault } from '@ambit/core/fault'
import { signCheckpoint } from '@ambit/core/log/checkpoint'
import { addSignatures } from '@ambit/core/log/cosignature'
import type { NoteSigner } from '@ambit/core/log/note'
import type { Clock } from '../kernel/clock.ts'
import type { Engine } from './engine.ts'
import type { Cosigner } from './ledger.ts'
import type { LedgerGuard, SignedHead } from './guard.ts'

export interface PublisherParts {
  readonly signer: NoteSigner
  readonly guard: LedgerGuard
  readonly engine: Engine
  readonly cosigner: Cosigner | undefined
  /** Consistency of two sizes whose tiles are flushed. */
  consistency(from: number, to: number): Promise<Uint8Array[]>
  readonly clock: Clock
  readonly mergeDelayMs: number
  /** A publication failed; it is tried again after the merge delay. */
  onFailure(fault: Fault): void
}

/** Signs and publishes checkpoints: the guard first, then the tiles, and only then the checkpoint itself. */
export class Publisher {
  #parts: PublisherParts
  #published: SignedHead | undefined
  #guarded: SignedHead | undefined
  #running: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #refused: Fault | undefined
  /** When the oldest entry became durable that no published checkpoint covers; monotonic. */
  #waitingSinceMs: number | undefined
  /** How long the oldest entry of the last publication had waited. */
  lastDelayMs = 0

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

  /** How long the oldest durable entry waits for its checkpoint; 0 where none does. */
  get unpublishedMs(): number {
    const since = this.#waitingSinceMs
    return since === undefined ? 0 : this.#parts.clock.monotonicMs() - since
  }

  /** There are new entries: they will be published within the merge delay. */
  wake(): void {
    this.#waitingSinceMs ??= this.#parts.clock.monotonicMs()
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
    const durable = this.#parts.engine.durable.size
    if (size > durable) {
      throw new Fault('ledger.not-found', { detail: `the log has ${durable} entries, not yet ${size}` })
    }
    while (this.#published === undefined || this.#published.size < size) await this.publish()
    return this.#published
  }

  /**
   * Publishes what is durable now, or joins the publication that is under way. A log that is being opened does not wait
   * for its witnesses: they may be started after it.
   */
  publish(witnessed = true): Promise<void> {
    this.#running ??= this.#publish(witnessed).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async close(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#running?.catch(() => undefined)
    if (this.#published?.size !== this.#parts.engine.durable.size) await this.publish()
  }

  async #publish(witnessed: boolean): Promise<void> {
    const { signer, guard, engine } = this.#parts
    const { size, root } = engine.durable
    const nowMs = this.#parts.clock.monotonicMs()
    if (this.#published?.size === size) {
      this.#waitingSinceMs = undefined
      return
    }
    if (this.#refused !== undefined) throw this.#refused
    const head = this.#sign(size, Buffer.from(root, 'latin1'), signer)
    try {
      const from = this.#guarded
      if (from?.size !== size || from.root !== head.root) {
        if (!(await guard.advance(signer.name, from, head))) {
          this.#refused = refusedByGuard(signer.name, from, head)
          // Nothing may be signed or taken any more.
          engine.stop('failed', this.#refused)
          throw this.#refused
        }
        this.#guarded = head
      }
      await engine.hashes.flush(size)
      await engine.hashes.sync()
      const seen = witnessed ? await this.#cosigned(head) : head
      await engine.publish(seen)
      this.#published = seen
      this.lastDelayMs = this.unpublishedMs
      // What came while this was under way came after it began.
      this.#waitingSinceMs = engine.durable.size > size ? nowMs : undefined
    } catch (error) {
      if (Fault.is(error)) throw error
      throw new Fault('ledger.unpublished', {
        detail: `the checkpoint of size ${size} is not published`,
        cause: error,
      })
    }
  }

  /** The checkpoint with the signatures of its witnesses: only once its tiles are there, from which they are convinced. */
  async #cosigned(head: SignedHead): Promise<SignedHead> {
    const { cosigner, consistency } = this.#parts
    if (cosigner === undefined) return head
    const lines = await cosigner.cosign(head, (from) => consistency(from, head.size))
    return { ...head, checkpoint: addSignatures(head.checkpoint, lines) }
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
