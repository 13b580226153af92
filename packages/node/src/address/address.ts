import { isWithin } from '@ambit/core/id/address'
import type { Ipv6Prefix } from '@ambit/core/id/address'
import { formatIpv6, parseIpv6 } from '@ambit/core/id/ipv6'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Registry } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import type { Store } from '../store/store.ts'
import { openAddressStore } from './address-store.ts'
import { createGiving } from './giving.ts'

/** An address of one agent alone, as the protocols answer at it. */
export interface OwnPlace {
  readonly target: Target
  /** `http://[2001:db8:a9e::5c1:77]:7100` */
  readonly origin: string
}

export { listeningAt } from './listening-at.ts'
export type { ListeningAt } from './listening-at.ts'

/** Whose an address of the prefix is; `record` undefined: nobody's. */
export interface Owner {
  /** AIC */
  readonly record: string | undefined
}

/** The IPv6 addresses of agents: given when a record comes into force, kept for it alone from then on. */
export interface Addresses extends Disposable {
  readonly prefix: Ipv6Prefix
  /** By AIC; undefined while it was never in force. */
  of(record: string): string | undefined
  /** In memory, for every connection. Undefined: it is no agent's to answer at, but the node's own. */
  at(address: string | undefined): Owner | undefined
  /** When those in force by now have theirs. */
  settled(): Promise<void>
}

export interface AddressParts {
  readonly store: Store
  readonly registry: Pick<Registry, 'target' | 'heads'>
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly prefix: Ipv6Prefix
  /** Addresses and names under which the node itself is reached. */
  readonly own: readonly string[]
}

/** Reads what was given before, and gives to whoever has none. */
export async function openAddresses(parts: AddressParts): Promise<Addresses> {
  const { prefix, registry, bus } = parts
  const rows = await openAddressStore(parts.store)
  const own = new Set(['::1', ...parts.own].map(canonical))
  const giving = createGiving({ ...parts, rows, isOwn: (address) => own.has(address) })
  for (const row of await rows.all(prefix.text)) giving.keep(row)
  function look(): void {
    for (const { id, state } of registry.heads()) if (state === 'active') giving.want(id)
  }
  const ends = [
    ...['ruling.*', 'record.*'].map((subject) =>
      bus.subscribe(subject, ({ record }) => {
        if (typeof record === 'string' && registry.target(record)?.state === 'active') giving.want(record)
      }),
    ),
    bus.onGap(async () => {
      for (const row of await rows.all(prefix.text)) giving.keep(row)
      look()
    }),
  ]
  look()
  await giving.settled()
  const nobody: Owner = { record: undefined }
  return {
    prefix,
    of: (record) => giving.addressOf(record),
    at(address) {
      // IPv4 addresses have no colon.
      if (address === undefined || !address.includes(':')) return undefined
      const record = giving.recordOf(address)
      if (record !== undefined) return { record }
      if (own.has(address)) return undefined
      const value = parseIpv6(address)
      return value !== undefined && isWithin(value, prefix) ? nobody : undefined
    },
    settled: async () => await giving.settled(),
    [Symbol.dispose]() {
      for (const end of ends) end()
      giving.stop()
    },
  }
}

function canonical(address: string): string {
  const value = parseIpv6(address)
  return value === undefined ? address : formatIpv6(value)
}
