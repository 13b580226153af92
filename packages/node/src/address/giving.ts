import { hash } from 'node:crypto'
import { addressFrom, addressInput, countersMax } from '@ambit/core/id/address'
import type { Ipv6Prefix } from '@ambit/core/id/address'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { AddressReader, AddressRow, AddressWriter } from './address-store.ts'

/** Records written at once: a statement has room for so many values on both engines. */
const batchMax = 100
/** After a store that could not be written. */
const retryMs = 5000

export interface GivingParts {
  readonly rows: AddressReader & AddressWriter
  readonly prefix: Ipv6Prefix
  readonly isOwn: (address: string) => boolean
  readonly clock: Clock
  readonly log: Log
}

/** Gives addresses, one batch after the other; what was given is in memory. */
export interface Giving {
  keep(row: AddressRow): void
  /** Nothing happens where it has one. */
  want(record: string): void
  addressOf(record: string): string | undefined
  recordOf(address: string): string | undefined
  settled(): Promise<void>
  stop(): void
}

export function createGiving(parts: GivingParts): Giving {
  const { rows, prefix, isOwn, clock, log } = parts
  const addresses = new Map<string, string>()
  const records = new Map<string, string>()
  const waiting = new Set<string>()
  let running: Promise<void> | undefined
  let cancel: (() => void) | undefined
  let stopped = false

  function keep({ address, record }: AddressRow): void {
    records.set(address, record)
    addresses.set(record, address)
  }
  function derive(record: string, taken: ReadonlySet<string>): AddressRow | undefined {
    for (let counter = 0; counter < countersMax; counter++) {
      const address = addressFrom(prefix, hash('sha256', addressInput(record, counter), 'buffer'))
      if (address === undefined || isOwn(address) || records.has(address) || taken.has(address)) continue
      return { address, prefix: prefix.text, record, counter, given: clock.now() }
    }
    log.error('address.none-free', { record, prefix: prefix.text })
    return undefined
  }
  async function give(batch: readonly string[]): Promise<void> {
    const taken = new Set<string>()
    const wanted: AddressRow[] = []
    for (const record of batch) {
      const row = derive(record, taken)
      if (row === undefined) continue
      taken.add(row.address)
      wanted.push(row)
    }
    if (wanted.length === 0) return
    await rows.add(wanted)
    // Another replica may have been first, with this record or with another one's address: the store says who.
    const asked = wanted.map(({ record }) => record)
    for (const row of await rows.of(prefix.text, asked, [...taken])) keep(row)
    for (const record of asked) if (!addresses.has(record)) waiting.add(record)
  }
  async function run(): Promise<void> {
    while (waiting.size > 0) {
      if (stopped) return
      const batch = [...waiting].slice(0, batchMax)
      for (const record of batch) waiting.delete(record)
      try {
        await give(batch.filter((record) => !addresses.has(record)))
      } catch (error) {
        for (const record of batch) waiting.add(record)
        log.error('address.not-given', { records: batch.length, error: String(error) })
        cancel ??= clock.after(retryMs, () => {
          cancel = undefined
          start()
        })
        return
      }
    }
  }
  function start(): void {
    if (stopped) return
    running ??= run().finally(() => {
      running = undefined
    })
  }
  return {
    keep,
    want(record) {
      if (addresses.has(record)) return
      waiting.add(record)
      if (cancel === undefined) start()
    },
    addressOf: (record) => addresses.get(record),
    recordOf: (address) => records.get(address),
    settled: async () => await running,
    stop() {
      stopped = true
      cancel?.()
    },
  }
}
