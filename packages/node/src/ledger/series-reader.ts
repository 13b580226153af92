import { Fault } from '@ambit/core/fault'
import type { Shard } from '@ambit/core/log/shards'
import type { Ledger, Place, Proof } from './ledger.ts'
import type { LogFile } from './log-files.ts'
import { labelOf } from './series-shards.ts'
import { keptRootSignature } from './series-root.ts'
import type { CurrentShard, Shards } from './series-shards.ts'
import type { Shelf, Taken } from './series-shelf.ts'

export interface ReaderParts {
  readonly name: string
  readonly shards: Shards
  readonly shelf: Shelf
  /** The log that takes entries; while a turn is under way still the one before. */
  current(): CurrentShard
}

/** Reads over all logs of a series: finds the log of a position and opens it when it has ended. */
export class SeriesReader {
  #parts: ReaderParts
  /** Entries that are left of a log that was lost. */
  #kept = new Map<string, number>()

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** Counts what is left of lost logs. */
  async begin(): Promise<void> {
    const { shards } = this.#parts
    for (const shard of shards.list.shards)
      if (shard.state === 'lost') this.#kept.set(shard.origin, await shards.countKept(shard))
  }

  get size(): number {
    const { shard, ledger } = this.#parts.current()
    return shard.first + ledger.size
  }

  readable(position: number): number {
    const { shards } = this.#parts.shards.list
    for (let at = Math.max(0, position); ;) {
      const number = this.#numberOf(at)
      const shard = shards[number]!
      if (number === shards.length - 1 || at - shard.first < this.#keptOf(shard))
        return Math.min(at, this.size)
      at = shards[number + 1]!.first
    }
  }

  async read(position: number): Promise<Uint8Array> {
    return await this.#at(position, async (ledger, index) => await ledger.read(index))
  }

  async *entries(
    from: number,
    signal?: AbortSignal,
  ): AsyncGenerator<{ readonly index: number; readonly entry: Uint8Array }> {
    const { size } = this
    for (let at = this.readable(from); at < size; at = this.readable(at)) {
      const shard = this.#parts.shards.list.shards[this.#numberOf(at)]!
      const { ledger, release } = await this.#take(shard)
      try {
        for await (const { index, entry } of ledger.entries(at - shard.first, signal)) {
          if (shard.first + index >= size) return
          yield { index: shard.first + index, entry }
          at = shard.first + index + 1
        }
      } finally {
        release()
      }
    }
  }

  place(position: number): Place {
    const shard = this.#parts.shards.list.shards[this.#numberOf(position)]!
    return { origin: shard.origin, vkey: shard.vkeys[0]!, index: position - shard.first }
  }

  async prove(position: number, minSize: number): Promise<Proof> {
    return await this.#at(position, async (ledger, index, shard) => {
      const size = Math.max(0, minSize - shard.first)
      return await ledger.prove(index, shard.end === undefined ? size : Math.min(size, shard.end.size))
    })
  }

  async cose(position: number): Promise<Uint8Array> {
    return await this.#at(position, async (ledger, index, shard) => {
      const { shards } = this.#parts
      const kept = shard.state === 'frozen' ? await keptRootSignature(shards.directoryOf(shard)) : undefined
      return await ledger.cose(index, kept)
    })
  }

  /** Both sizes are of one log: between two logs there is nothing to prove. */
  async consistency(from: number, to: number): Promise<Uint8Array[]> {
    return await this.#at(from - 1, async (ledger, index, shard) => {
      return await ledger.consistency(index + 1, to - shard.first)
    })
  }

  async file(path: string): Promise<LogFile | undefined> {
    const { name, shards } = this.#parts
    if (path === '' || path === 'shards') {
      const bytes = Buffer.from(shards.list.note)
      return { bytes, contentType: 'text/plain; charset=utf-8', cacheControl: 'no-cache' }
    }
    const slash = path.indexOf('/')
    const label = path.slice(0, Math.max(0, slash))
    const shard = shards.list.shards.find((each) => labelOf(name, each) === label)
    if (shard === undefined) return undefined
    const { ledger, release } = await this.#take(shard)
    try {
      return await ledger.file(path.slice(slash + 1))
    } finally {
      release()
    }
  }

  async #at<Value>(
    position: number,
    work: (ledger: Ledger, index: number, shard: Shard) => Promise<Value>,
  ): Promise<Value> {
    // What stands beyond the end is asked of the last log: other processes may have written it.
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new Fault('ledger.not-found', {
        detail: `the log has ${this.size} entries; there is none at ${position}`,
      })
    }
    const shard = this.#parts.shards.list.shards[this.#numberOf(position)]!
    const index = position - shard.first
    if (shard.state === 'lost' && index >= this.#keptOf(shard)) {
      throw new Fault('ledger.lost', {
        detail: `entry ${index} of ${shard.origin} was lost`,
        where: shard.origin,
      })
    }
    const { ledger, release } = await this.#take(shard)
    try {
      return await work(ledger, index, shard)
    } finally {
      release()
    }
  }

  /** Number in the list of the log that a position lies in. */
  #numberOf(position: number): number {
    return this.#parts.shards.list.shards.findLastIndex((shard) => position >= shard.first)
  }

  #keptOf(shard: Shard): number {
    if (shard.state === 'pruned') return 0
    return this.#kept.get(shard.origin) ?? shard.end?.size ?? 0
  }

  async #take(shard: Shard): Promise<Taken> {
    if (shard.state === 'open' && shard.origin !== this.#parts.current().shard.origin)
      throw new Fault('ledger.busy', { detail: `${shard.origin} is being begun`, where: shard.origin })
    return await this.#parts.shelf.take(shard)
  }
}
