import { keepHeapSmall } from '../kernel/heap.ts'
import { bodyInForce, rowsOf } from './room.ts'
import type { Room } from './room.ts'
import type { HeldEntry } from './registry-store.ts'
import { headInForce, holdRecord } from './roster.ts'
import type { Marks } from './roster.ts'

/** Fills the memory from the store, a page of records at a time. */
export async function load(room: Room): Promise<void> {
  keepHeapSmall(await room.rows.count())
  for await (const page of room.rows.entries()) {
    const { heads, changes } = await groups(room, page)
    const digestOf = ({ id }: HeldEntry) => headInForce(heads.get(id) ?? [], room.rulings)?.digest
    const bodies = await room.rows.bodies(page.flatMap((entry) => digestOf(entry) ?? []))
    for (const entry of page) {
      const digest = digestOf(entry)
      const body = digest === undefined ? undefined : bodies.get(digest)
      const inForce = body ?? (await bodyInForce(room, entry, digest))
      const open = (changes.get(entry.id) ?? []).map((row) => row.change)
      const held = holdRecord(entry, heads.get(entry.id) ?? [], inForce, open, room.rulings)
      room.roster.put(held)
      if (held.isLive) room.keys?.loaded(held.target)
    }
  }
}

/** Hears what other replicas change, and finds it in the store where it was not heard. */
export function followReplicas(room: Room): (() => void)[] {
  const pending = new Set<Promise<void>>()
  function look(record: unknown, elsewhere: boolean): void {
    if (!elsewhere || typeof record !== 'string') return
    const done: Promise<void> = reread(room, record)
      .catch((error: unknown) => room.bus.missed(error))
      .finally(() => pending.delete(done))
    pending.add(done)
  }
  return [
    room.bus.subscribe('record.changed', ({ record }, _subject, from) => look(record, from === 'elsewhere')),
    // Which version is in force may be another one now.
    room.bus.subscribe('ruling.*', ({ record, learned }) => look(record, learned === true)),
    room.bus.onGap(async () => {
      await heal(room)
      // Rulings that were learned in the same gap may put another version in force, whatever the rows say.
      await Promise.all(pending)
    }),
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
  const gone = new Set(room.roster.ids())
  const stale: string[] = []
  for await (const page of room.rows.entries()) {
    const { heads, changes } = await groups(room, page)
    for (const entry of page) {
      gone.delete(entry.id)
      const held = room.roster.marks(entry.id)
      const open = changes.get(entry.id)?.length ?? 0
      const versions = heads.get(entry.id)?.length ?? 0
      if (held === undefined || isStale(held, entry, versions, open)) stale.push(entry.id)
    }
  }
  for (const id of [...stale, ...gone]) await reread(room, id)
}

function isStale(held: Marks, entry: HeldEntry, versions: number, open: number): boolean {
  return (
    held.updated !== entry.updated ||
    held.isLive !== entry.isLive ||
    held.hasDraft !== (entry.draft !== undefined) ||
    held.changes !== open ||
    held.versions !== versions
  )
}

async function groups(room: Room, page: readonly HeldEntry[]) {
  const ids = page.map(({ id }) => id)
  const heads = Map.groupBy(await room.rows.heads(ids), (head) => head.record)
  const changes = Map.groupBy(await room.rows.changes(ids), (row) => row.record)
  return { heads, changes }
}
