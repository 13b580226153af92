import { Fault } from '@ambit/core/fault'
import { didDocumentBytesMax, readDidDocument } from '@ambit/core/id/did-document'
import type { DocumentKey } from '@ambit/core/id/did-document'
import { didDocumentUrl, readWebDid } from '@ambit/core/id/did'
import type { WebDid } from '@ambit/core/id/did'
import { thumbprintText } from '@ambit/core/id/public-jwk'
import { hash } from 'node:crypto'
import type { Admission, Admitted } from '../registry/registry.ts'
import type { AliasRow } from './agent-key-store.ts'
import { holdAliases, isActive } from './key-room.ts'
import type { KeyRoom } from './key-room.ts'

/** A proof is looked at again that often (alias-checks.ts). */
export const againMs = 24 * 60 * 60_000
/** For one document; a registration asks for few. */
const fetchMs = 15_000
/** Documents of other domains that one registration has asked for. */
const askedMax = 5

/**
 * Every alias that is a DID must be proved: a did:key is a key of the record, a did:web or did:wba is one whose document
 * names a key of the record. Texts that are no DIDs are names in other protocols, which prove nothing and need no proof.
 */
export async function admitAliases(
  room: KeyRoom,
  asked: Admission,
  signal?: AbortSignal,
): Promise<Admitted['aliases']> {
  const proved = asked.agent === undefined ? [] : (room.aliases.get(asked.agent) ?? [])
  const wanted = asked.aliases.filter((alias) => alias.startsWith('did:') && !proved.includes(alias))
  if (wanted.length > askedMax)
    throw new Fault('alias.invalid', {
      detail: `${askedMax} new aliases at once are enough`,
      where: 'aliases',
    })
  const keys = keysOfRecord(room, asked)
  const admitted: { alias: string; key: string }[] = []
  for (const alias of wanted) admitted.push({ alias, key: await provedBy(room, asked, alias, keys, signal) })
  return admitted
}

/** Those that were proved now, and those of the record that are not over. */
function keysOfRecord(room: KeyRoom, { agent, keys }: Admission): ReadonlySet<string> {
  const known = agent === undefined ? [] : room.book.ofAgent(agent)
  const alive = known.filter((row) => row.began === null || isActive(room, row)).map(({ key }) => key)
  const over = new Set(known.filter((row) => row.state !== 'active').map(({ key }) => key))
  return new Set([...alive, ...keys.filter((key) => !over.has(key))])
}

async function provedBy(
  room: KeyRoom,
  { agent }: Admission,
  alias: string,
  keys: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<string> {
  const where = alias.slice(0, 100)
  if (alias.startsWith('did:key:')) {
    if (keys.has(alias)) return alias
    throw new Fault('alias.unproved', { detail: 'it is no key of the record', where })
  }
  const reading = readWebDid(alias)
  if (!reading.ok || reading.did.text !== alias) {
    const why = reading.ok ? 'is written in another way than its own' : reading.why
    throw new Fault('alias.invalid', { detail: `the alias ${why}`, where })
  }
  const owner = (await room.rows.alias(alias))?.agent
  if (owner !== undefined && owner !== agent)
    throw new Fault('alias.taken', { detail: 'another record proved that it is its own', where })
  if (keys.size === 0)
    throw new Fault('alias.unproved', {
      detail: 'the record has no key yet that the domain could name',
      where,
      remedy: 'Apply the record first, put its key into the document of the domain, and name the alias then.',
    })
  const found = (await resolveKeys(room, reading.did, signal)).find(({ key }) => keys.has(key))
  if (found !== undefined) return found.key
  throw new Fault('alias.unproved', { detail: 'its document names no key of the record', where })
}

/** The keys that the document of a DID names. Throws `alias.unproved`, `address.refused`. */
export async function resolveKeys(
  { clock, fetchText }: Pick<KeyRoom, 'clock' | 'fetchText'>,
  did: WebDid,
  outer?: AbortSignal,
): Promise<readonly DocumentKey[]> {
  const time = new AbortController()
  const cancel = clock.after(fetchMs, () => time.abort())
  const signal = outer === undefined ? time.signal : AbortSignal.any([outer, time.signal])
  try {
    const text = await fetchText(didDocumentUrl(did), didDocumentBytesMax, signal)
    const reading = readDidDocument(text, did.text)
    if (!reading.ok)
      throw new Fault('alias.unproved', {
        detail: `its document ${reading.why}`,
        where: did.text.slice(0, 100),
      })
    return reading.keys.filter(({ key }) => isBoundTo(did, key))
  } catch (error) {
    if (Fault.is(error, 'alias.unproved') || Fault.is(error, 'address.refused')) throw error
    throw new Fault('alias.unproved', {
      detail: `its document could not be read: ${Fault.is(error) ? error.detail : 'no answer'}`,
      where: did.text.slice(0, 100),
      cause: error,
    })
  } finally {
    cancel()
  }
}

/** A did:wba with a fingerprint is of that one key, whatever else its document names. */
function isBoundTo({ binding }: WebDid, key: string): boolean {
  if (binding === undefined) return true
  return binding.profile === 'e1' && fingerprintOf(key) === binding.fingerprint
}

/** RFC 7638 thumbprint. */
export function fingerprintOf(key: string): string {
  return hash('sha256', thumbprintText(key) ?? '', 'base64url')
}

export async function keepAliases(
  room: KeyRoom,
  agent: string,
  organization: string,
  aliases: Admitted['aliases'],
): Promise<void> {
  for (const { alias, key } of aliases) {
    const proved = room.clock.now()
    const row: AliasRow = { alias, agent, organization, key, proved, due: proved + againMs, failing: null }
    if (await room.rows.addAlias(row)) continue
    throw new Fault('alias.taken', { detail: 'another record was faster', where: alias.slice(0, 100) })
  }
  if (aliases.length > 0) holdAliases(room, await room.rows.aliases(agent), agent)
}
