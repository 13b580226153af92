import type { AgentRecord } from '@ambit/core/record'
import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import { canonicalJson } from '@ambit/core/canonical'
import type { RecordLeaf } from '@ambit/core/leaf'
import type { Bus } from '../bus/bus.ts'
import type { Identity } from '../identity/identity.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Turns } from '../kernel/turns.ts'
import type { Rulings } from '../ruling/ruling.ts'
import type { SignIns } from '../signin/signin.ts'
import type { Store } from '../store/store.ts'
import type { Describe } from './describe.ts'
import { isSettled } from './drift.ts'
import type { Proposer } from './profile.ts'
import type { LifeBook } from './life.ts'
import type { ProvedDomains } from './proved-domains.ts'
import type { KeyAdmission } from './key-admission.ts'
import type { EntryRow, HeldEntry, RegistryStore, VersionBody } from './registry-store.ts'
import { headInForce, holdRecord } from './roster.ts'
import type { Held, Roster } from './roster.ts'
import type { Secrets } from './secrets.ts'

export interface RegistryParts {
  readonly store: Store
  /** Where what memory has no room for lies while the node runs; left out: in memory after all. */
  readonly directory?: string
  /** The registry log. */
  readonly log: LeafWriter
  /** The activity log, for what is not public. */
  readonly activity: LeafWriter
  readonly rulings: Rulings
  readonly identity: Pick<Identity, 'createHolderKey' | 'createHolderKeys' | 'person'>
  readonly secrets: Secrets
  readonly signIns: Pick<
    SignIns,
    'authorization' | 'refused' | 'begin' | 'status' | 'forget' | 'setClient' | 'setIdentity'
  >
  /** Who can read a live agent or server, one for each protocol. */
  readonly describers: readonly Describe[]
  readonly keyring: Keyring
  /** Who may name which keys and aliases. Left out: nobody brings any. */
  readonly keys?: KeyAdmission
  readonly bus: Bus
  readonly clock: Clock
  readonly catalog: Catalog
  readonly events: Log
  readonly ids: Ids
  /** Names that mandates in force of an organisation say, and until when (ms); left out: none. */
  readonly namedInMandates?: (organization: string) => ReadonlyMap<string, number>
  /** What organisations proved to be theirs; left out: nobody proved anything. */
  readonly domains?: ProvedDomains
}

/** What the files of this room share. */
export interface Room extends RegistryParts {
  readonly rows: RegistryStore
  readonly roster: Roster
  readonly life: LifeBook
  readonly domains: ProvedDomains
  readonly propose: Proposer
  /** One change at a time for each record; nothing in a turn waits for another machine. */
  readonly turns: Turns
}

/** Throws a Fault `input.not-found`. */
export function mustFind(room: Room, slugOrId: string, organization: string): Held {
  const held = room.roster.find(slugOrId, organization)
  if (held !== undefined) return held
  refuseRenamed(room, slugOrId, organization)
  throw new Fault('input.not-found', { detail: 'there is no such record', where: slugOrId.slice(0, 100) })
}

/** Throws `record.renamed` for the former name of a record, while it is kept. */
function refuseRenamed(room: Room, slug: string, organization: string): void {
  const held = room.roster.byId(room.life.holdOf(organization, slug)?.record ?? '')
  if (held === undefined || held.organization !== organization || !held.isLive) return
  throw new Fault('record.renamed', { detail: `${slug} is called ${held.slug} now`, where: held.slug })
}

/** The row of a record. It was there a moment ago, so its absence is the same Fault as above. */
export async function entryOf(room: Room, held: Held): Promise<EntryRow> {
  const entry = await room.rows.entry(held.id)
  if (entry !== undefined) return entry
  throw new Fault('input.not-found', { detail: 'the record was removed meanwhile', where: held.slug })
}

/** The document that a record's Target stands for: its version in force, or its draft while there is none. */
export async function bodyInForce(
  room: Room,
  entry: HeldEntry,
  digest: Digest | undefined,
): Promise<VersionBody> {
  if (digest !== undefined) {
    const body = (await room.rows.bodies([digest])).get(digest)
    if (body !== undefined) return body
  }
  if (entry.draft !== undefined) return { record: entry.draft, served: entry.served }
  // Its draft became a version between what the caller knows and what was read: that version is the newest there is.
  const newest = (await room.rows.heads([entry.id])).at(-1)
  if (newest !== undefined && newest.digest !== digest) return await bodyInForce(room, entry, newest.digest)
  throw new Fault('internal', { detail: 'a record has neither a draft nor a version', where: entry.slug })
}

/** Reads a record again from the store into memory, forgets settled changes, and tells the bus. */
export async function renew(room: Room, id: string): Promise<Held> {
  const rows = await rowsOf(room, id)
  if (rows === undefined) throw new Fault('internal', { detail: 'a record vanished while it was changed' })
  const { entry, versions, body, changes } = rows
  const open = changes.filter((change) => !isSettled(body.record, change))
  if (open.length < changes.length) {
    await room.rows.replaceChanges(id, entry.organization, open, room.clock.now())
  }
  const held = holdRecord(entry, versions, body, open, room.rulings)
  room.roster.put(held)
  room.bus.publish('record.changed', { slug: held.slug, record: id })
  return held
}

/** What memory is made from; undefined when there is no such record any more. */
export async function rowsOf(room: Room, id: string) {
  const entry = await room.rows.entry(id)
  if (entry === undefined) return undefined
  const versions = await room.rows.heads([id])
  const body = await bodyInForce(room, entry, headInForce(versions, room.rulings)?.digest)
  const changes = (await room.rows.changes([id])).map((row) => row.change)
  return { entry, versions, body, changes }
}

/** Writes the leaf `record` of a version to the registry log. */
export async function writeRecordLeaf(room: Room, record: AgentRecord, digest: Digest): Promise<void> {
  const leaf: RecordLeaf = {
    v: 1,
    kind: 'record',
    at: timeText(room.clock.now()),
    record: record.id,
    slug: record.slug,
    version: record.version,
    digest,
  }
  await room.log.write(canonicalJson(leaf))
}
