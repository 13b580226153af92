import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import { digestValue } from '../kernel/digest.ts'
import { applyDocument, documentSchema, strict } from './apply.ts'
import type { RecordDocument } from './apply.ts'
import { skeletons } from './confusable.ts'
import { checkDomains } from './domain-check.ts'
import { checkRecord, invalidRecord } from './draft.ts'
import { issueIdentityCodes } from './identity-code.ts'
import { refuseHeldName } from './life.ts'
import { assertMayCreate } from './loosening.ts'
import { claimAll } from './name-claims.ts'
import { checkNames, likenessTo, wordOn } from './names.ts'
import { refuseProgramOf } from './program.ts'
import type { EntryRow, VersionHead } from './registry-store.ts'
import { writeRecordLeaf } from './room.ts'
import type { Room } from './room.ts'
import { holdRecord } from './roster.ts'
import { sourceOf } from './source.ts'
import { takeStep } from './steps.ts'

/** Documents in one batch: their commits are shared, and one answer holds all results. */
export const batchDocumentsMax = 500

export interface BatchOptions {
  /** Puts each in force at once, on the word of whoever sends it. */
  readonly activate?: boolean | undefined
}

export type BatchResult =
  | { readonly ok: true; readonly slug: string; readonly id: string; readonly unchanged: boolean }
  | { readonly ok: false; readonly slug?: string; readonly fault: Fault }

/**
 * Applies many documents, each with its own result. Those of new records share their commits and syncs: identity codes,
 * keys, entries, versions, leaves and rulings are written together. Any other document takes the way of a single one.
 */
export async function applyBatch(
  room: Room,
  caller: Caller,
  documents: readonly unknown[],
  options: BatchOptions,
): Promise<readonly BatchResult[]> {
  if (options.activate === true && (await room.life.rows.wantsTwoPeople(caller.organization))) {
    throw new Fault('record.second-person', {
      detail: 'the organisation wants another person to put a version in force than the one who submits it',
      where: 'activate',
    })
  }
  const results: BatchResult[] = []
  const fresh: Fresh[] = []
  const others: number[] = []
  const looks = new Set<string>()
  for (const [at, document] of documents.entries()) {
    try {
      const checked = checkNew(room, caller, document, looks, options)
      if (checked === undefined) others.push(at)
      else fresh.push({ at, ...checked })
    } catch (error) {
      results[at] = failed(error, document)
    }
  }
  await addTogether(room, caller, fresh, options, results)
  for (const at of others) results[at] = await applyOne(room, caller, documents[at], options)
  return results
}

interface Checked {
  readonly record: Omit<AgentRecord, 'id' | 'keys'>
  readonly remarks: readonly string[]
}

interface Fresh extends Checked {
  /** Its place in the batch. */
  readonly at: number
}

/** Undefined: it is not of a new record alone, so that it takes the way of a single one. */
function checkNew(
  room: Room,
  caller: Caller,
  input: unknown,
  looks: Set<string>,
  options: BatchOptions,
): Checked | undefined {
  const parsed = documentSchema.safeParse(input)
  if (!parsed.success) throw invalidRecord(parsed.error)
  const { id: _id, keys: _keys, proofs: _proofs, ...document } = parsed.data
  const { organization } = caller
  if (!isPlain(parsed.data, organization)) return undefined
  if (document.interfaces.some(({ command }) => command !== undefined)) refuseProgramOf(organization)
  if (room.roster.find(document.slug, organization) !== undefined) return undefined
  // What looks like another one of this batch is checked after that one is there.
  const own = [document.slug, ...Object.values(document.name)].flatMap((text) => skeletons(text ?? ''))
  if (own.some((look) => looks.has(look))) return undefined
  refuseHeldName(room, organization, document.slug)
  const record = strict({ ...document, organization })
  const remark = checkNames(room, record, { caller })
  if (options.activate === true) {
    checkDomains(room, record as AgentRecord)
    assertMayCreate(record, caller.by)
  }
  for (const look of own) looks.add(look)
  return { record, remarks: remark === undefined ? [] : [remark] }
}

/** Brings no keys and no aliases, for which others are asked, and names nothing that is there. */
function isPlain({ id, keys, proofs, aliases, organization }: RecordDocument, own: string): boolean {
  const brings = (keys?.length ?? 0) + (proofs?.length ?? 0) + aliases.length
  return id === undefined && brings === 0 && (organization === undefined || organization === own)
}

interface Made {
  readonly at: number
  readonly record: AgentRecord
  readonly digest: Digest
  readonly entry: EntryRow
  readonly head: VersionHead | undefined
}

async function addTogether(
  room: Room,
  caller: Caller,
  fresh: readonly Fresh[],
  { activate = false }: BatchOptions,
  results: BatchResult[],
): Promise<void> {
  if (fresh.length === 0) return
  const { organization, person } = caller
  const last = await room.rows.next('ontology', fresh.length)
  const ids = issueIdentityCodes(organization, last, fresh.length, room.keyring, room.clock)
  const keys = await room.identity.createHolderKeys(organization, fresh.length)
  const fitting: Made[] = []
  for (const [place, { at, record, remarks }] of fresh.entries()) {
    try {
      fitting.push(
        makeOf(room, checkRecord({ ...record, id: ids[place], keys: [keys[place]] }), at, remarks, activate),
      )
    } catch (error) {
      results[at] = failed(error, record)
    }
  }
  const made = await withoutAlike(room, caller, fitting, results)
  // Before the versions, as for a single one: what the store has is in the log.
  if (activate)
    await Promise.all(made.map(async ({ record, digest }) => await writeRecordLeaf(room, record, digest)))
  const added = await room.rows.insertNew(made)
  const there = made.filter(({ entry }) => added.has(entry.id))
  for (const { at, entry } of made) {
    results[at] = added.has(entry.id)
      ? { ok: true, slug: entry.slug, id: entry.id, unchanged: false }
      : failed(
          new Fault('record.name-taken', { detail: 'another record has that name', where: 'slug' }),
          entry,
        )
  }
  for (const each of there) hold(room, each)
  if (activate) {
    for (const kind of ['submission', 'activation'] as const)
      await room.rulings.issueAll(
        there.map(({ entry, digest }) => ({
          kind,
          organization,
          record: entry.id,
          digests: [digest],
          person,
        })),
      )
    for (const each of there) hold(room, each)
  }
  for (const { entry } of there) room.bus.publish('record.changed', { slug: entry.slug, record: entry.id })
}

/** Without those that somebody is about to take a name of that looks the same, here or on another replica. */
async function withoutAlike(
  room: Room,
  caller: Caller,
  fitting: readonly Made[],
  results: BatchResult[],
): Promise<readonly Made[]> {
  const others = await claimAll(
    room,
    fitting.map(({ record }) => record),
  )
  const alike: string[] = []
  const made = fitting.filter(({ at, record }, place) => {
    try {
      wordOn(
        likenessTo(record, () => others[place]!),
        { caller },
      )
      return true
    } catch (error) {
      results[at] = failed(error, record)
      alike.push(record.id)
      return false
    }
  })
  await room.life.rows.releaseNames(alike)
  return made
}

function makeOf(
  room: Room,
  record: AgentRecord,
  at: number,
  remarks: readonly string[],
  activate: boolean,
): Made {
  const { id, organization, slug, version } = record
  const now = room.clock.now()
  const digest = digestValue(record)
  return {
    at,
    record,
    digest,
    entry: {
      id,
      organization,
      slug,
      isLive: true,
      source: sourceOf(record),
      remarks,
      draft: activate ? undefined : record,
      served: {},
      created: now,
      updated: now,
    },
    head: activate ? { record: id, digest, number: 1, version, created: now } : undefined,
  }
}

/** What `renew` reads from the store is known here. */
function hold(room: Room, { entry, head, record }: Made): void {
  const versions = head === undefined ? [] : [head]
  room.roster.put(holdRecord(entry, versions, { record, served: {} }, [], room.rulings))
}

async function applyOne(
  room: Room,
  caller: Caller,
  document: unknown,
  { activate = false }: BatchOptions,
): Promise<BatchResult> {
  try {
    const { held, unchanged } = await applyDocument(room, caller, document)
    const { organization, person, by } = caller
    if (activate && room.roster.byId(held.id)?.hasDraft === true)
      for (const step of ['submission', 'activation'] as const)
        await takeStep(room, { record: held.id, organization, person, by, step })
    return { ok: true, slug: held.slug, id: held.id, unchanged }
  } catch (error) {
    return failed(error, document)
  }
}

function failed(error: unknown, document: unknown): BatchResult {
  const slug =
    typeof document === 'object' &&
    document !== null &&
    'slug' in document &&
    typeof document.slug === 'string'
      ? { slug: document.slug.slice(0, 63) }
      : {}
  return { ok: false, ...slug, fault: Fault.from(error) }
}
