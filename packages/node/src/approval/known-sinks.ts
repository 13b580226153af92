import { createHmac } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'
import { timeText } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { namedArguments, roleOf } from './card-arguments.ts'
import type { KnownSinkStore } from './known-sink-store.ts'
import type { Suspended } from './suspended.ts'

/** By argument name: how often acts that were approved went to its value, and when last. */
export type KnownSinks = ReadonlyMap<string, { readonly times: number; readonly last?: string }>

/** Places looked up for one card; what goes beyond counts as never seen. */
const placesMax = 200

/**
 * Where acts in a person's name that they approved went before. Only keyed hashes are kept: a copy of the store tells
 * nobody whom this person writes to or pays.
 */
export async function knownSinks(
  keyring: Keyring,
  store: Pick<KnownSinkStore, 'seen'>,
  suspended: Suspended,
): Promise<KnownSinks> {
  const sinks = sinksOf(keyring, suspended)
  const seen = await store.seen([...sinks.values()].flat())
  const known = new Map<string, { times: number; last?: string }>()
  for (const [name, keys] of sinks) {
    // A list of recipients is as well known as the least known of them.
    const rows = keys.map((key) => seen.get(key))
    if (rows.length === 0 || rows.some((row) => row === undefined)) continue
    const times = Math.min(...rows.map((row) => row!.times))
    known.set(name, { times, last: timeText(Math.max(...rows.map((row) => row!.last))) })
  }
  return known
}

/** Notes that an act was performed on the word of its person. */
export async function noteSinks(
  keyring: Keyring,
  store: Pick<KnownSinkStore, 'note'>,
  suspended: Suspended,
  now: number,
): Promise<void> {
  await store.note(suspended.subject, new Set([...sinksOf(keyring, suspended).values()].flat()), now)
}

function sinksOf(keyring: Keyring, suspended: Suspended): ReadonlyMap<string, readonly string[]> {
  const { organization, subject, targetSlug, capability } = suspended
  const key = keyring.derive('approval.sink')
  const sinks = new Map<string, readonly string[]>()
  let left = placesMax
  for (const [name, value] of Object.entries(namedArguments(suspended.arguments) ?? {})) {
    if (roleOf(suspended, name) !== 'sink') continue
    const places: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (places.length > left) continue
    left -= places.length
    sinks.set(
      name,
      places.map((place) =>
        createHmac('sha256', key)
          .update(canonicalJson([organization, subject, targetSlug, capability, name, place]))
          .digest('hex'),
      ),
    )
  }
  return sinks
}
