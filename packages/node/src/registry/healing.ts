import { bodyInForce, rowsOf } from './room.ts'
import type { Room } from './room.ts'
import type { EntryRow, VersionHead } from './registry-store.ts'
import { headInForce, holdRecord } from './roster.ts'
import type { Held } from './roster.ts'

/** Bodies of this many records are in memory at once while loading. */
const entriesPerPage = 100

/** Fills the memory from the store, a page of records at a time. */
export async function load(room: Room): Promise<void> {
  const { heads, changes } = await groups(room)
  for await (const page of pages(room.rows.entries(), entriesPerPage)) {
    const digests = page.flatMap(
      (entry) => headInForce(heads.get(entry.id) ?? [], room.rulings)?.digest ?? [],
    )
    const bodies = await room.rows.bodies(digests)
    for (const entry of page) {
      const versions = heads.get(entry.id) ?? []
      const digest = headInForce(versions, room.rulings)?.digest
      const body = digest === undefined ? undefined : bodies.get(digest)
      const inForce = body ?? (await bodyInForce(room, entry, digest))
      const open = (changes.get(entry.id) ?? []).map((row) => row.change)
      room.roster.put(holdRecord(entry, versions, inForce, open, room.rulings))
    }
  }
}

/** Hears what other replicas change, and finds it in the store where it was not heard. */
export function followReplicas(room: Room): (() => void)[] {
  function look(record: unknown, elsewhere: boolean): void {
    if (!elsewhere || typeof record !== 'string') return
    reread(room, record).catch((error: unknown) => room.bus.missed(error))
  }
  return [
    room.bus.subscribe('record.changed', ({ record }, _subject, from) => look(record, from === 'elsewhere')),
    // Which version is in force may be another one now.
    room.bus.subscribe('ruling.*', ({ record, learned }) => look(record, learned === true)),
    room.bus.onGap(async () => await heal(room)),
  ]
}

/** Takes over what another replica changed in a record, and tells who is here. */
async function reread(room: Room, id: string): Promise<void> {
  await room.turns.take(id, async () => {
    const rows = await rowsOf(room, id)
    const slug = rows?.entry.slug ?? room.roster.byId(id)?.slug
    if (rows === undefined) room.roster.remove(id)
    else room.roster.put(holdRecord(rows.entry, rows.versions, rows.body, rows.changes, room.rulings))
    if (slug !== undefined) room.bus.tell('record.changed', { slug, record: id })
  })
}

/** Reads those records again whose rows are not what memory was made from. */
async function heal(room: Room): Promise<void> {
  const { heads, changes } = await groups(room)
  const gone = new Set(room.roster.ids())
  const stale: string[] = []
  for await (const entry of room.rows.entries()) {
    gone.delete(entry.id)
    const held = room.roster.byId(entry.id)
    const open = changes.get(entry.id)?.length ?? 0
    if (held === undefined || isStale(held, entry, heads.get(entry.id) ?? [], open)) stale.push(entry.id)
  }
  for (const id of [...stale, ...gone]) await reread(room, id)
}

function isStale(held: Held, entry: EntryRow, versions: readonly VersionHead[], open: number): boolean {
  return (
    held.updated !== entry.updated ||
    held.isLive !== entry.isLive ||
    held.hasDraft !== (entry.draft !== undefined) ||
    held.changes !== open ||
    held.versions.length !== versions.length
  )
}

async function groups(room: Room) {
  const heads = Map.groupBy(await room.rows.heads(), (head) => head.record)
  const changes = Map.groupBy(await room.rows.changes(), (row) => row.record)
  return { heads, changes }
}

async function* pages<T>(items: AsyncIterable<T>, itemsMax: number): AsyncIterable<readonly T[]> {
  let page: T[] = []
  for await (const item of items) {
    page.push(item)
    if (page.length < itemsMax) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
