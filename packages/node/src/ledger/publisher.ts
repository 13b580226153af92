import { Fault } from '@ambit/core/fault'
import { checkpointText } from '@ambit/core/log/checkpoint'
import { addSignatures, checkpointSignatureLines } from '@ambit/core/log/cosignature'
import type { LogSigner } from '@ambit/core/log/note'
import type { Clock } from '../kernel/clock.ts'
import type { Engine } from './engine.ts'
import type { Cosigner } from './ledger.ts'
import type { LedgerGuard, SignedHead } from './guard.ts'
import { checkSigned } from './signed-head.ts'
import { rootAt } from './tree-at.ts'

export interface PublisherParts {
  readonly signer: LogSigner
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

/** Witnesses that did not make a quorum are asked again after this, also where no entries come. */
const askAgainMs = 2000

/** Signs and publishes checkpoints: the guard first, then the tiles, and only then the checkpoint itself. */
export class Publisher {
  #parts: PublisherParts
  #published: SignedHead | undefined
  #guarded: SignedHead | undefined
  /** A head of which the guard gave an error: it may have taken it. */
  #unsure: SignedHead | undefined
  /** What was signed last, without cosignatures. */
  #signed: SignedHead | undefined
  #running: Promise<void> | undefined
  #refreshing: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #refused: Fault | undefined
  /** Whether the published checkpoint carries the quorum of its witnesses. */
  #witnessed = false
  #unwitnessedSaid = false
  #unsignedSaid = false
  #cancelAgain: (() => void) | undefined
  #closed = false
  /** Seconds since 1970 of the last signature that carries a time: it never goes back. */
  #signedS = 0
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

  get witnessed(): boolean {
    return this.#witnessed
  }

  /** How long the oldest durable entry waits for its checkpoint; 0 where none does. */
  get unpublishedMs(): number {
    const since = this.#waitingSinceMs
    return since === undefined ? 0 : this.#parts.clock.monotonicMs() - since
  }

  /** There are new entries: they will be published within the merge delay. */
  wake(): void {
    this.#waitingSinceMs ??= this.#parts.clock.monotonicMs()
    if (this.#cancel !== undefined || this.#closed || this.#refused !== undefined) return
    this.#cancel = this.#parts.clock.after(this.#parts.mergeDelayMs, () => {
      this.#cancel = undefined
      this.#publishOrRetry()
    })
  }

  /**
   * The first publication of a log that is being opened: it does not wait for its witnesses, which may be started after
   * it; where they are required, it is published once they have answered.
   */
  async begin(): Promise<void> {
    const { cosigner, mergeDelayMs } = this.#parts
    if (cosigner?.required === true) this.wake()
    else await this.publish(false)
    if (cosigner !== undefined) this.#askAgain(mergeDelayMs)
  }

  #publishOrRetry(): void {
    this.publish().catch((error: unknown) => {
      const fault = Fault.from(error)
      if (fault.code !== 'ledger.unwitnessed') {
        // A token that is away stays so for a while; it is told once.
        if (fault.code !== 'ledger.signer' || !this.#unsignedSaid) this.#parts.onFailure(fault)
        this.#unsignedSaid ||= fault.code === 'ledger.signer'
        this.wake()
        return
      }
      if (!this.#unwitnessedSaid) this.#parts.onFailure(fault)
      this.#unwitnessedSaid = true
      this.#askAgain(askAgainMs)
    })
  }

  #askAgain(ms: number): void {
    if (this.#cancelAgain !== undefined || this.#closed || this.#refused !== undefined) return
    this.#cancelAgain = this.#parts.clock.after(ms, () => {
      this.#cancelAgain = undefined
      this.#publishOrRetry()
    })
  }

  /** A published checkpoint of at least this size; publishes at once where there is none. */
  async atLeast(size: number): Promise<SignedHead> {
    if (size > this.#parts.engine.durable.size) await this.#parts.engine.follow()
    const durable = this.#parts.engine.durable.size
    if (size > durable) {
      throw new Fault('ledger.not-found', { detail: `the log has ${durable} entries, not yet ${size}` })
    }
    while (this.#published === undefined || this.#published.size < size) await this.publish()
    return this.#published
  }

  /** Publishes what is durable now, or joins the publication that is under way. */
  publish(witnessed = true): Promise<void> {
    this.#running ??= this.#publish(witnessed).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Publishes nothing more by itself; resolves once nothing is under way. The files may be let go of then. */
  async stop(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    this.#cancel = undefined
    this.#cancelAgain?.()
    this.#cancelAgain = undefined
    await this.#running?.catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.stop()
    if (this.#refused !== undefined) return
    // The last checkpoint of a log is the one that is kept: its witnesses are asked once more.
    const open = this.#published?.size !== this.#parts.engine.durable.size
    if (open || (this.#parts.cosigner !== undefined && !this.#witnessed)) await this.publish()
  }

  /** Where other replicas publish this log too: takes over the newest checkpoint that they published. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    const { engine, guard, signer } = this.#parts
    const theirs = await engine.published()
    if (theirs === undefined || theirs.size <= (this.#published?.size ?? 0)) return
    await this.#mustBeOurs(theirs, 'published')
    // This replica's own memory and folder learn of it.
    await guard.advance(signer.name, theirs, theirs)
    await engine.publish(theirs)
    if (theirs.size > (this.#guarded?.size ?? 0)) this.#guarded = theirs
    this.#show(theirs, false)
  }

  async #publish(witnessed: boolean): Promise<void> {
    try {
      await this.#publishNow(witnessed)
    } catch (error) {
      if (Fault.is(error, 'ledger.rolled-back')) throw this.#refuse(error)
      if (Fault.is(error)) throw error
      throw new Fault('ledger.unpublished', {
        detail: `the checkpoint of size ${this.#parts.engine.durable.size} is not published`,
        cause: error,
      })
    }
  }

  async #publishNow(witnessed: boolean): Promise<void> {
    const { engine, cosigner } = this.#parts
    if (engine.shared && this.#refused === undefined && !this.#closed) await this.refresh()
    const { size, root } = engine.durable
    const nowMs = this.#parts.clock.monotonicMs()
    const known = this.#published?.size === size
    if (known) {
      this.#waitingSinceMs = undefined
      if (!witnessed || cosigner === undefined || this.#witnessed) return
    }
    if (this.#refused !== undefined) throw this.#refused
    // No size is signed twice: a log that has ended still asks its witnesses, and its key is gone.
    if (this.#signed?.size !== size) this.#signed = await this.#sign(size, Buffer.from(root, 'latin1'))
    // A token takes its time; what was found out meanwhile counts.
    if (this.#refused !== undefined) throw this.#refused
    const head = await this.#guard(this.#signed)
    await engine.hashes.flush(head.size)
    await engine.hashes.sync()
    const { seen, quorum } = witnessed ? await this.#cosigned(head) : { seen: head, quorum: false }
    if (known && !quorum) {
      this.#askAgain(askAgainMs)
      return
    }
    await engine.publish(seen)
    this.#show(seen, quorum)
    if (quorum) this.#unwitnessedSaid = false
    else if (witnessed && cosigner !== undefined) this.#askAgain(askAgainMs)
    this.lastDelayMs = this.unpublishedMs
    // What came while this was under way came after it began.
    this.#waitingSinceMs = engine.durable.size > size ? nowMs : undefined
  }

  /** The checkpoint with the signatures of its witnesses: only once its tiles are there, from which they are convinced. */
  async #cosigned(head: SignedHead): Promise<{ readonly seen: SignedHead; readonly quorum: boolean }> {
    const { cosigner, guard, signer } = this.#parts
    if (cosigner === undefined) return { seen: head, quorum: true }
    try {
      const { lines, quorum } = await cosigner.cosign(head, (from) =>
        this.#parts.consistency(from, head.size),
      )
      return { seen: { ...head, checkpoint: addSignatures(head.checkpoint, lines) }, quorum }
    } catch (error) {
      if (!Fault.is(error, 'ledger.rolled-back')) throw error
      const guarded = await guard.read(signer.name)
      if (guarded === undefined || guarded.size <= head.size) throw this.#refuse(error)
      const detail = `another writer published ${guarded.size} entries while this one published ${head.size}`
      throw new Fault('ledger.unpublished', { detail, cause: error })
    }
  }

  /** What is published now; never less than before, whoever published it. */
  #show(head: SignedHead, quorum: boolean): void {
    if (head.size < (this.#published?.size ?? 0)) return
    this.#published = head
    this.#witnessed = quorum
  }

  /** The head that the guard let pass: this one, or a newer one of another replica that signs the same log. */
  async #guard(head: SignedHead): Promise<SignedHead> {
    const { guard, signer, engine } = this.#parts
    await this.#makeSure()
    for (;;) {
      const from = this.#guarded
      if (from?.size === head.size && from.root === head.root) return head
      if (engine.shared && from !== undefined && from.size > head.size) return from
      this.#unsure = head
      const taken = await guard.advance(signer.name, from, head)
      this.#unsure = undefined
      if (taken) {
        this.#guarded = head
        return head
      }
      const theirs = engine.shared ? await guard.read(signer.name) : undefined
      const moved = theirs !== undefined && (theirs.size !== from?.size || theirs.root !== from.root)
      if (!moved) throw this.#refuse(refusedByGuard(signer.name, from, head))
      await this.#mustBeOurs(theirs, 'signed')
      // What this replica remembers by itself learns of it.
      await guard.advance(signer.name, theirs, theirs)
      this.#guarded = theirs
    }
  }

  /** Whether the guard took the head that it gave an error of; its signature says that it is this log's own. */
  async #makeSure(): Promise<void> {
    if (this.#unsure === undefined) return
    const known = await this.#parts.guard.read(this.#parts.signer.name)
    if (known?.checkpoint === this.#unsure.checkpoint) this.#guarded = known
    this.#unsure = undefined
  }

  /** Stops the log when what another replica signed is not the first part of this very log. */
  async #mustBeOurs(head: SignedHead, what: 'signed' | 'published'): Promise<void> {
    const { engine, signer } = this.#parts
    try {
      await checkSigned(head, signer.vkey, `what another replica of ${signer.name} ${what}`)
    } catch (error) {
      throw this.#refuse(Fault.from(error))
    }
    if (head.size > engine.durable.size) await engine.follow()
    if (head.size <= engine.durable.size) {
      await engine.hashes.flush(head.size)
      const root = await rootAt(engine.hashes, head.size)
      if (root === Buffer.from(head.root, 'base64').toString('latin1')) return
    }
    throw this.#refuse(otherHistory(signer.name, what, head))
  }

  /** Nothing may be signed or taken any more. */
  #refuse(fault: Fault): Fault {
    this.#refused = fault
    this.#parts.engine.stop('failed', fault)
    return fault
  }

  async #sign(size: number, root: Buffer): Promise<SignedHead> {
    const { signer, clock } = this.#parts
    const text = checkpointText(signer.name, size, root)
    this.#signedS = Math.max(this.#signedS, Math.floor(clock.now() / 1000))
    const lines = await checkpointSignatureLines(text, signer, this.#signedS)
    this.#unsignedSaid = false
    return { size, root: root.toString('base64'), checkpoint: `${text}\n${lines.join('')}` }
  }
}

function otherHistory(origin: string, what: 'signed' | 'published', head: SignedHead): Fault {
  return new Fault('ledger.rolled-back', {
    detail: `another replica ${what} ${head.size} entries of ${origin} that are not the first ${head.size} of this log`,
  })
}

function refusedByGuard(origin: string, from: SignedHead | undefined, to: SignedHead): Fault {
  return new Fault('ledger.rolled-back', {
    detail: `the guard of ${origin} does not allow to go from size ${from?.size ?? 0} to ${to.size}: another writer signs this log`,
  })
}
