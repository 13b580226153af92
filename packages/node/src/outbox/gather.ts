import { utf8Text } from '@ambit/core/bytes'
import type { IntentLeaf, Leaf } from '@ambit/core/leaf'
import type { ReadCount } from './journal-store.ts'

/** What a part of the log, from one position to the next, says to the journal. */
export interface JournalPart {
  readonly from: number
  to: number
  readonly leaves: Leaf[]
  /** Acts that only read, counted. */
  readonly reads: ReadCount[]
}

/** Whose count an act that only reads goes to; `nobody`: it is told to no one; undefined: it is more than that. */
export type ReaderOf = (leaf: IntentLeaf) => { organization: string; person: string } | 'nobody' | undefined

/** Leaves of one part: a step short enough that acts under way do not feel it. */
const leavesMax = 400
/** Parts in memory that wait to be kept; what is beyond is read from the log. */
const partsMax = 64
/** Kinds of reading act that are known by their text, of one part. */
const knownMax = 512

/**
 * Entries begin with `{"act":"` and 32 digits where they are of an act: members are sorted, and every leaf of an act
 * has one. These are offsets into an intent or refusal without an approval, up to what comes after its time.
 */
const idAt = 8
const idEnd = 40
const secondAt = 44
const timeAt = 134
const callersAt = 158
/** `,"trace":"` and 32 digits and `","v":1}`, with which an intent ends that undoes nothing. */
const traceBytes = 50
/** Back from the end of an outcome to the last letter of its status. */
const statusBack = 9

const letters = { a: 0x61, n: 0x6e, p: 0x70, r: 0x72, t: 0x74, quote: 0x22, comma: 0x2c }

/**
 * Takes what the journal needs out of entries as they become durable, and counts the rest: most acts read, and neither
 * their intents nor their outcomes are parsed. It knows every act since it began, so that an outcome of an act that it
 * does not know to have changed something is of one that only read.
 */
export class Gather {
  readonly #readerOf: ReaderOf
  #parts: JournalPart[] = []
  #part: JournalPart
  /** Acts whose intents were taken and whose outcomes were not. */
  readonly #open = new Set<string>()
  /** By all of an intent that is the same in each act of its kind. */
  readonly #known = new Map<string, ReadCount | null>()
  #dayHigh = 0
  #dayLow = 0
  #dayEnd = 0
  #day = 0

  /** From this position on. */
  constructor(readerOf: ReaderOf, from: number) {
    this.#readerOf = readerOf
    this.#part = emptyPart(from)
  }

  /** The position from which on it has everything. */
  get from(): number {
    return (this.#parts[0] ?? this.#part).from
  }

  /** Takes an entry that stands in `bytes`; nothing is kept of them. */
  take(position: number, bytes: Buffer, start: number, end: number): void {
    if (position !== this.#part.to) this.#begin(position)
    this.#part.to = position + 1
    if (this.#isOfNoUse(bytes, start, end)) return
    const leaf = leafOf(bytes.subarray(start, end))
    if (leaf === undefined) return
    if (leaf.kind === 'act.intent') {
      if (this.#isRead(leaf, bytes, start, end)) {
        if (this.#part.reads.length >= leavesMax) this.#close()
        return
      }
      this.#open.add(leaf.act)
    } else if (leaf.kind === 'act.outcome') this.#open.delete(leaf.act)
    this.#part.leaves.push(leaf)
    if (this.#part.leaves.length >= leavesMax) this.#close()
  }

  /** The part that begins at this position; undefined: nothing, or it has to be read from the log. */
  next(position: number): JournalPart | undefined {
    if (this.from !== position) {
      if (position > this.from) this.#begin(this.#part.to)
      return undefined
    }
    if (this.#parts.length === 0 && this.#part.to > position) this.#close()
    return this.#parts.shift()
  }

  #isOfNoUse(bytes: Buffer, start: number, end: number): boolean {
    // `{"act":"…","a…`
    if (bytes[start + 2] !== letters.a || bytes[start + 5] !== letters.quote) return true
    if (bytes[start + idEnd] !== letters.quote) return false
    switch (bytes[start + secondAt]) {
      case letters.t:
        return this.#isOutcomeOfNoUse(bytes, start, end)
      case letters.r:
        return end - start > callersAt + traceBytes && this.#countKnown(bytes, start, end)
      default:
        return false
    }
  }

  #isOutcomeOfNoUse(bytes: Buffer, start: number, end: number): boolean {
    // «unknown» is also said of acts of an earlier process.
    if (bytes[end - statusBack] === letters.n) return false
    return this.#open.size === 0 || !this.#open.has(bytes.toString('latin1', start + idAt, start + idEnd))
  }

  /** Counts an act that reads when one like it was seen in this part. */
  #countKnown(bytes: Buffer, start: number, end: number): boolean {
    const high = bytes.readUInt32LE(start + timeAt)
    const low = bytes.readUInt32LE(start + timeAt + 4)
    const last = bytes.readUInt16LE(start + timeAt + 8)
    if (high !== this.#dayHigh || low !== this.#dayLow || last !== this.#dayEnd) {
      this.#known.clear()
      this.#dayHigh = high
      this.#dayLow = low
      this.#dayEnd = last
      this.#day = Date.parse(bytes.toString('latin1', start + timeAt, start + timeAt + 10)) / dayMs
      return false
    }
    const count = this.#known.get(keyOf(bytes, start, end))
    if (count === undefined) return false
    if (count !== null) (count as { acts: number }).acts += 1
    return true
  }

  #isRead(leaf: IntentLeaf, bytes: Buffer, start: number, end: number): boolean {
    if (leaf.approval !== undefined) return false
    const reader = this.#readerOf(leaf)
    if (reader === undefined) return false
    const isUsual =
      bytes[start + secondAt] === letters.r &&
      bytes[end - traceBytes] === letters.comma &&
      bytes[end - traceBytes + 2] === letters.t
    let count: ReadCount | null = null
    if (reader !== 'nobody') {
      const day = Math.floor(Date.parse(leaf.at) / dayMs)
      count = { ...reader, day, acts: 1 }
      this.#part.reads.push(count)
      if (day !== this.#day) return true
    }
    if (isUsual && this.#known.size < knownMax) this.#known.set(keyOf(bytes, start, end), count)
    return true
  }

  /** What is known holds for one part only: what a target is taken for may change. */
  #close(): void {
    this.#parts.push(this.#part)
    this.#known.clear()
    this.#part = emptyPart(this.#part.to)
    if (this.#parts.length > partsMax) this.#begin(this.#part.from)
  }

  /** Lets go of all that waits. */
  #begin(position: number): void {
    this.#parts = []
    this.#known.clear()
    this.#part = emptyPart(position)
  }
}

const dayMs = 86_400_000

function emptyPart(from: number): JournalPart {
  return { from, to: from, leaves: [], reads: [] }
}

/** All but the id, the arguments, the time and the trace. */
function keyOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start + callersAt, end - traceBytes)
}

const kinds: ReadonlySet<unknown> = new Set(['act.intent', 'act.outcome', 'act.refused', 'approval'])

/** Written by this node in a form that was checked when it was written; another kind of entry is none of the journal's. */
export function leafOf(entry: Uint8Array): Leaf | undefined {
  try {
    const leaf = JSON.parse(utf8Text(entry)) as Leaf
    return kinds.has(leaf.kind) ? leaf : undefined
  } catch {
    // Neither UTF-8 nor JSON: a log may hold anything.
    return undefined
  }
}
