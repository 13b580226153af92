import { Fault } from '@ambit/core/fault'
import type { SubjectKeys } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import type { ActContents, AwaitsContents } from './act-contents.ts'
import { headBytes } from './block.ts'
import { recordHeadBytes, writeRecordHead } from './record.ts'
import type { ContentField } from './record.ts'
import { nonceBytes, sealBlock } from './seal.ts'
import type { ContentShelf, SealedBlock } from './shelf.ts'

export interface CollectorLimits {
  /** Largest content that is kept. */
  readonly contentBytes: number
  /** Contents in memory that wait for the shelf; those that are being written take as much again. */
  readonly bufferBytes: number
  /** How long the first content waits for company. */
  readonly patienceMs: number
  /** How often a shelf that failed is tried again. */
  readonly retryMs: number
}

export const defaultLimits: CollectorLimits = {
  contentBytes: 1024 * 1024,
  bufferBytes: 8 * 1024 * 1024,
  patienceMs: 20,
  retryMs: 1000,
}

/** Contents of one subject in the buffer: a chain of records, each behind the place of the next. */
interface OpenBlock {
  readonly keys: SubjectKeys
  readonly head: number
  tail: number
  count: number
  bytes: number
  readonly first: number
  last: number
}

/** Undefined: it, or its rest, is too large to be kept. */
type Content = string | Uint8Array | undefined

/** What found no room in the buffer; acts under way bring no more than there are of them. */
type Late = AwaitsContents | { keys: SubjectKeys; act: string; field: ContentField; content: Content }

const linkBytes = 4

export interface CollectorParts {
  readonly shelf: ContentShelf
  readonly clock: Clock
  readonly limits: CollectorLimits
  onFailure(fault: Fault): void
}

/**
 * Collects the contents of acts and has them sealed and written in blocks, one for each subject and flush: sealing
 * each content by itself costs several times as much. One buffer that is used again, one write at a time; what comes
 * meanwhile goes with the next.
 */
export class Collector implements ActContents {
  refusal: Fault | undefined
  readonly #parts: CollectorParts
  readonly #buffer: Buffer
  #used = 0
  #blocks: OpenBlock[] = []
  #waiting: AwaitsContents[] = []
  #settlers: (() => void)[] = []
  #late: Late[] = []
  #timed: (() => void) | undefined
  #writing = false
  #attempt: Promise<void> = Promise.resolve()
  #failing = false
  #closed = false

  constructor(parts: CollectorParts) {
    this.#parts = parts
    this.#buffer = Buffer.allocUnsafeSlow(parts.limits.bufferBytes)
  }

  keep(keys: SubjectKeys, act: string, field: ContentField, content: string | Uint8Array): void {
    this.#take(keys, act, field, content)
  }

  leaveOut(keys: SubjectKeys, act: string, field: ContentField): void {
    this.#take(keys, act, field, undefined)
  }

  after(waiting: AwaitsContents): void {
    if (this.#late.length > 0) this.#late.push(waiting)
    else if (this.#used === 0 && !this.#writing) waiting.contentsDurable()
    else {
      this.#waiting.push(waiting)
      this.#schedule()
    }
  }

  /** Resolves once everything taken so far is durable, or could not be written at the first try. */
  async settle(): Promise<void> {
    const isEmpty = this.#used === 0 && this.#waiting.length === 0 && this.#late.length === 0
    if (this.#failing || (isEmpty && !this.#writing)) return
    await new Promise<void>((resolve) => {
      this.#settlers.push(resolve)
      this.#flush()
    })
  }

  /** Resolves when nothing is on its way to the shelf at this moment; what was given up is tried again later. */
  async idle(): Promise<void> {
    await this.#attempt
  }

  /** Writes what there is; what cannot be written now is lost, and its acts have the outcome «unknown» at the next start. */
  async close(): Promise<void> {
    await this.settle()
    this.#closed = true
    this.#timed?.()
    await this.#attempt
  }

  #take(keys: SubjectKeys, act: string, field: ContentField, content: Content): void {
    if (keys.gone) return
    if (this.#late.length > 0 || !this.#put(keys, act, field, content)) {
      this.#late.push({ keys, act, field, content })
      this.#pressed()
    }
  }

  #put(keys: SubjectKeys, act: string, field: ContentField, content: Content): boolean {
    if (content === undefined) return this.#putLeftOut(keys, act, field)
    const buffer = this.#buffer
    const at = this.#used + linkBytes + recordHeadBytes
    const { contentBytes } = this.#parts.limits
    // A UTF-16 unit never takes more than three bytes of UTF-8.
    let bytes = typeof content === 'string' ? content.length * 3 : content.length
    if (at + bytes > buffer.length || bytes > contentBytes) {
      bytes = Buffer.byteLength(content)
      if (bytes > contentBytes) return this.#putLeftOut(keys, act, field)
      if (at + bytes > buffer.length) return false
    }
    if (typeof content === 'string') bytes = buffer.write(content, at, 'utf8')
    else buffer.set(content, at)
    this.#add(keys, act, field, bytes, false)
    return true
  }

  #putLeftOut(keys: SubjectKeys, act: string, field: ContentField): boolean {
    if (this.#used + linkBytes + recordHeadBytes > this.#buffer.length) return false
    this.#add(keys, act, field, 0, true)
    return true
  }

  /** Puts the head before the bytes of a record and hangs it onto the chain of its subject. */
  #add(keys: SubjectKeys, act: string, field: ContentField, bytes: number, leftOut: boolean): void {
    const at = this.#used
    const now = this.#parts.clock.now()
    writeRecordHead(this.#buffer, at + linkBytes, act, field, bytes, leftOut)
    const known = this.#blocks[keys.place]
    if (known !== undefined && known.keys === keys) {
      this.#buffer.writeUInt32LE(at, known.tail)
      known.tail = at
      known.count++
      known.bytes += recordHeadBytes + bytes
      known.last = Math.max(now, known.last)
    } else {
      keys.place = this.#blocks.length
      const size = recordHeadBytes + bytes
      this.#blocks.push({ keys, head: at, tail: at, count: 1, bytes: size, first: now, last: now })
    }
    this.#used = at + linkBytes + recordHeadBytes + bytes
    this.#schedule()
    if (this.#used * 4 > this.#buffer.length * 3) this.#pressed()
  }

  /** The buffer is nearly full: what is under way may end, but nothing new begins until there is room. */
  #pressed(): void {
    this.#flush()
    if (this.#writing && this.#used > 0) {
      this.refusal ??= new Fault('contents.busy', { detail: 'the contents of acts wait for the disk' })
    }
  }

  #schedule(): void {
    if (this.#timed !== undefined || this.#writing || this.#closed) return
    this.#timed = this.#parts.clock.after(this.#parts.limits.patienceMs, () => {
      this.#timed = undefined
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#writing || this.#closed) return
    this.#timed?.()
    this.#timed = undefined
    const blocks = this.#seal()
    const waiting = this.#waiting
    const settlers = this.#settlers
    this.#waiting = []
    this.#settlers = []
    this.#writing = true
    this.#takeLate()
    if (this.#late.length > 0) this.#pressed()
    this.#write(blocks, waiting, settlers).catch((error: unknown) => this.#parts.onFailure(Fault.from(error)))
  }

  async #write(
    blocks: readonly SealedBlock[],
    waiting: readonly AwaitsContents[],
    settlers: readonly (() => void)[],
  ): Promise<void> {
    for (let tried = false; !(await this.#append(blocks)); tried = true) {
      if (!tried) for (const settled of settlers) settled()
      if (this.#closed) return
      await new Promise<void>((resolve) => void this.#parts.clock.after(this.#parts.limits.retryMs, resolve))
      // The shelf may have been closed meanwhile.
      if (this.#closed) return
    }
    this.#writing = false
    this.refusal = undefined
    for (const each of waiting) each.contentsDurable()
    for (const settled of settlers) settled()
    this.#takeLate()
    // Who waits for nothing but what was just written need not wait any longer.
    const isWritten = this.#used === 0 && this.#waiting.length > 0
    if (
      isWritten ||
      this.#settlers.length > 0 ||
      this.#late.length > 0 ||
      this.#used * 2 > this.#buffer.length
    ) {
      this.#flush()
    } else if (this.#used > 0 || this.#waiting.length > 0) this.#schedule()
  }

  /** False when it failed. What was erased meanwhile is left out. */
  async #append(blocks: readonly SealedBlock[]): Promise<boolean> {
    const kept = blocks.filter((block) => !block.keys.gone)
    if (kept.length === 0) return true
    const attempt = this.#parts.shelf.append(kept)
    this.#attempt = attempt.catch(() => undefined)
    try {
      await attempt
      this.#failing = false
      return true
    } catch (error) {
      this.#failing = true
      this.refusal = Fault.from(error)
      this.#parts.onFailure(this.refusal)
      return false
    }
  }

  #takeLate(): void {
    const late = this.#late
    this.#late = []
    for (const [at, each] of late.entries()) {
      if ('contentsDurable' in each) this.#waiting.push(each)
      else if (!each.keys.gone && !this.#put(each.keys, each.act, each.field, each.content)) {
        this.#late = [...late.slice(at), ...this.#late]
        return
      }
    }
  }

  /** Everything in the buffer, each subject's in a block of its own; the buffer is free again then. */
  #seal(): SealedBlock[] {
    const open = this.#blocks.filter((block) => !block.keys.gone)
    const whole = Buffer.allocUnsafe(open.reduce((sum, { bytes }) => sum + headBytes + bytes, 0))
    const nonces = this.#parts.clock.random(nonceBytes * open.length)
    const sealed: SealedBlock[] = []
    let at = 0
    for (const [place, { keys, first, last, count, head, bytes }] of open.entries()) {
      const end = at + headBytes + bytes
      const nonce = nonces.subarray(place * nonceBytes, (place + 1) * nonceBytes)
      sealBlock(whole, at, keys, { count, first, last, nonce }, this.#gather(head, count, bytes))
      sealed.push({ keys, first, last, count, bytes: whole.subarray(at, end) })
      at = end
    }
    this.#blocks = []
    this.#used = 0
    return sealed
  }

  /** The records of one chain in one piece. */
  #gather(head: number, count: number, bytes: number): Buffer {
    const gathered = Buffer.allocUnsafe(bytes)
    let from = head
    let at = 0
    for (let left = count; left > 0; left--) {
      const record = from + linkBytes
      const size = recordHeadBytes + this.#buffer.readUInt32BE(record)
      this.#buffer.copy(gathered, at, record, record + size)
      at += size
      from = this.#buffer.readUInt32LE(from)
    }
    return gathered
  }
}
