import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Store } from '../store/store.ts'
import { init } from './migrations/001-init.ts'
import { createVaultReader, createVaultWriter } from './vault-store.ts'
import type { VaultKey } from './vault-store.ts'

/** Credentials for upstreams, per person and record, sealed at rest, never logged, never shown again. */
export interface Vault {
  put(entry: {
    readonly organization: string
    readonly person: string
    readonly record: string
    readonly name: string
    readonly value: string
  }): Promise<void>
  /** The person's own value, or the one the organisation's operator left for everyone (`person: '*'`). Cached in memory. */
  get(organization: string, person: string, record: string, name: string): Promise<string | undefined>
  /** The same from memory alone: undefined when not loaded yet, null when there is none. */
  peek(organization: string, person: string, record: string, name: string): string | null | undefined
  remove(organization: string, person: string, record: string, name: string): Promise<void>
  /** Removes all that anybody of the organisation left for a record; gives their number. */
  forget(organization: string, record: string): Promise<number>
  /** How many there are for a record, whoever left them. */
  count(organization: string, record: string): Promise<number>
  /** Names only. */
  names(organization: string, person: string, record: string): Promise<readonly string[]>
}

/** Whose credential serves everyone who has none of their own. */
export const everyone = '*'

/** Values and absences kept in memory. */
const cachedMax = 10_000
const nameCharactersMax = 200
/** Long enough for a PEM key with its chain. */
const valueBytesMax = 32 * 1024
/** More names for one person and record than any upstream asks for. */
const namesMax = 200
const changedSubject = 'vault.changed'
const sealPurpose = 'vault'

export interface VaultParts {
  readonly store: Store
  readonly keyring: Keyring
  readonly bus: Bus
  readonly clock: Clock
}

export async function openVault(parts: VaultParts): Promise<Vault & AsyncDisposable> {
  const { store, keyring, bus, clock } = parts
  await store.migrate({ domain: 'vault', steps: [init] })
  const reader = createVaultReader(store)
  const writer = createVaultWriter(store)
  const cache = new BoundedMap<string, string | null>(cachedMax)
  let generation = 0
  function forget(): void {
    generation += 1
    cache.clear()
  }
  const ends = [bus.subscribe(changedSubject, forget), bus.onGap(async () => forget())]

  async function load(key: VaultKey): Promise<string | null> {
    const context = contextOf(key)
    const cached = cache.get(context)
    if (cached !== undefined) return cached
    const begun = generation
    const sealed = await reader.sealed(key)
    const value = sealed === undefined ? null : keyring.open(sealPurpose, context, sealed).toString()
    // What was read while another value was written may be the old one: use it once, do not keep it.
    if (begun === generation) cache.set(context, value)
    return value
  }
  return {
    async put({ value, ...key }) {
      checkEntry(key.name, value)
      await writer.put(key, keyring.seal(sealPurpose, contextOf(key), value), clock.now())
      bus.publish(changedSubject, { record: key.record })
    },
    async get(organization, person, record, name) {
      const own = await load({ organization, person, record, name })
      return own ?? (await load({ organization, person: everyone, record, name })) ?? undefined
    },
    peek(organization, person, record, name) {
      const own = cache.get(contextOf({ organization, person, record, name }))
      return own === null ? cache.get(contextOf({ organization, person: everyone, record, name })) : own
    },
    async remove(organization, person, record, name) {
      await writer.remove({ organization, person, record, name })
      bus.publish(changedSubject, { record })
    },
    async forget(organization, record) {
      const gone = await writer.forget(organization, record)
      bus.publish(changedSubject, { record })
      return gone
    },
    count: async (organization, record) => await reader.count(organization, record),
    names: async (organization, person, record) => await reader.names(organization, person, record, namesMax),
    async [Symbol.asyncDispose]() {
      for (const end of ends) end()
      cache.clear()
    },
  }
}

/** Unambiguous text of a key; it also binds the sealed value to its row. */
function contextOf({ organization, person, record, name }: VaultKey): string {
  return JSON.stringify([organization, person, record, name])
}

function checkEntry(name: string, value: string): void {
  if (name.length === 0 || name.length > nameCharactersMax)
    throw new Fault('input.invalid', {
      detail: `the name of a credential has 1 to ${nameCharactersMax} characters`,
      where: 'name',
    })
  if (Buffer.byteLength(value) > valueBytesMax)
    throw new Fault('input.too-large', {
      detail: `the value of a credential has at most ${valueBytesMax} bytes`,
      where: name,
      remedy: 'Check that the value is the credential itself and not a whole file.',
    })
}
