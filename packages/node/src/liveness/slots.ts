import type { Interface } from '@ambit/core/record'
import { RowIndex } from '../kernel/row-index.ts'
import { textHash } from '../kernel/text-hash.ts'
import { InterfaceBytes, stateBytes } from './state.ts'

/** Slots that are made at once: pages are never copied, so growing costs no peak of memory. */
const pageSlots = 1024

/** What is remembered of each interface that is asked: typed arrays in pages, and a few strings; no record, no timer. */
export class Slots {
  readonly #pages: Uint8Array[] = []
  /** The record of a slot, by AIC; undefined: the slot is free. */
  readonly #records: (string | undefined)[] = []
  readonly #positions: Uint8Array[] = []
  readonly #marks: (string | undefined)[] = []
  /** Of few. */
  readonly #addresses = new Map<number, string>()
  readonly #free: number[] = []
  /** The slots of a record. */
  readonly #byRecord = new RowIndex()

  get size(): number {
    return this.#records.length - this.#free.length
  }

  records(): ReadonlySet<string> {
    return new Set(this.#records.filter((record) => record !== undefined))
  }

  /** In the order of its interfaces. */
  of(record: string): readonly number[] {
    const own = this.#byRecord.all(textHash(record)).filter((slot) => this.#records[slot] === record)
    return own.length < 2 ? own : own.sort((left, right) => this.positionOf(left) - this.positionOf(right))
  }

  recordOf(slot: number): string | undefined {
    return this.#records[slot]
  }

  /** Which of the interfaces of its record. */
  positionOf(slot: number): number {
    return this.#positions[Math.floor(slot / pageSlots)]?.[slot % pageSlots] ?? 0
  }

  state(slot: number): InterfaceBytes {
    const page = this.#pages[Math.floor(slot / pageSlots)]!
    const from = (slot % pageSlots) * stateBytes
    return new InterfaceBytes(page.subarray(from, from + stateBytes))
  }

  markOf(slot: number): string | undefined {
    return this.#marks[slot]
  }

  addressOf(slot: number): string | undefined {
    return this.#addresses.get(slot)
  }

  remember(slot: number, mark: string | undefined, address: string | undefined): void {
    this.#marks[slot] = mark
    if (address === undefined) this.#addresses.delete(slot)
    else this.#addresses.set(slot, address)
  }

  /** Gives a record its slots; `positions` are the places of the interfaces that are asked, `names` what they are called. */
  put(record: string, positions: readonly number[], names: readonly number[]): readonly number[] {
    this.remove(record)
    return positions.map((position, at) => this.#take(record, position, names[at]!))
  }

  remove(record: string): void {
    for (const slot of this.of(record)) {
      this.#byRecord.remove(textHash(record), slot)
      this.#records[slot] = undefined
      this.remember(slot, undefined, undefined)
      this.#free.push(slot)
    }
  }

  /** The bytes of all interfaces of a record, one after the other. */
  pack(record: string): Uint8Array {
    const slots = this.of(record)
    const packed = new Uint8Array(slots.length * stateBytes)
    for (const [at, slot] of slots.entries()) packed.set(this.state(slot).bytes, at * stateBytes)
    return packed
  }

  /** Takes over what was packed, where it is of the same interface. */
  unpack(record: string, packed: Uint8Array): void {
    const kept = unpacked(packed)
    for (const slot of this.of(record)) {
      const state = this.state(slot)
      const found = kept.find(({ name }) => name === state.name)
      if (found !== undefined) state.bytes.set(found.bytes)
    }
  }

  #take(record: string, position: number, name: number): number {
    const slot = this.#free.pop() ?? this.#records.length
    if (slot >= this.#pages.length * pageSlots) {
      this.#pages.push(new Uint8Array(pageSlots * stateBytes))
      this.#positions.push(new Uint8Array(pageSlots))
    }
    this.#records[slot] = record
    this.#positions[Math.floor(slot / pageSlots)]![slot % pageSlots] = position
    this.#byRecord.add(textHash(record), slot)
    this.remember(slot, undefined, undefined)
    const state = this.state(slot)
    state.bytes.fill(0)
    state.name = name
    return slot
  }
}

/** The interfaces in packed bytes; what is no whole one at the end is left out. */
export function unpacked(packed: Uint8Array): InterfaceBytes[] {
  return Array.from({ length: Math.floor(packed.length / stateBytes) }, (_, at) => {
    return new InterfaceBytes(packed.slice(at * stateBytes, (at + 1) * stateBytes))
  })
}

/** A number for an interface that stays the same while its protocol, transport and address do. */
export function nameOf({ protocol, transport, url, tenant }: Interface): number {
  return textHash([protocol, transport, url, tenant ?? ''].join('\n'))
}
