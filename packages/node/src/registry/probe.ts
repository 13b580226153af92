import { Fault } from '@ambit/core/fault'
import type { Described } from './describe.ts'
import { compare } from './drift.ts'
import type { Change } from './drift.ts'
import { describeRecord } from './live.ts'
import { bodyInForce, entryOf, mustFind, renew } from './room.ts'
import type { Room } from './room.ts'
import { headInForce } from './roster.ts'

export interface ProbeResult {
  readonly reachable: boolean
  /** Why not, when it is not. */
  readonly problem?: string
  readonly changes: readonly Change[]
}

/** Asks the upstream of a record what it serves now, and holds what differs from what was accepted. */
export async function probe(
  room: Room,
  slugOrId: string,
  organization: string,
  person: string,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const held = mustFind(room, slugOrId, organization)
  const entry = await entryOf(room, held)
  const { record } = await bodyInForce(room, entry, headInForce(held.versions, room.rulings)?.digest)
  let described: Described
  try {
    described = await describeRecord(room, record, entry.source, person, signal)
  } catch (error) {
    if (!Fault.is(error)) throw error
    // What cannot be reached now has not changed: nothing is held, nothing is let go.
    return { reachable: false, problem: error.detail, changes: [] }
  }
  return { reachable: true, changes: await observe(room, held.id, described) }
}

/** Takes note of what an upstream serves: what differs from the version in force is held until an operator accepts it. */
async function observe(
  room: Room,
  id: string,
  described: Pick<Described, 'capabilities' | 'document'>,
): Promise<readonly Change[]> {
  return await room.turns.take(id, async () => {
    const held = room.roster.byId(id)
    if (held === undefined) return []
    const entry = await entryOf(room, held)
    const { record } = await bodyInForce(room, entry, headInForce(held.versions, room.rulings)?.digest)
    // A new signature alone changes no definition, and the old one may have been taken back.
    if (described.document !== undefined && described.document !== (await room.rows.document(id)))
      await room.rows.setDocument(id, described.document)
    const changes = compare(record, described)
    const before = (await room.rows.changes([id])).map((row) => row.change)
    if (JSON.stringify(sorted(before)) !== JSON.stringify(sorted(changes))) {
      await room.rows.replaceChanges(id, held.organization, changes, room.clock.now())
      await renew(room, id)
    }
    return changes
  })
}

/** In one order, whatever the collation of the store is. */
function sorted(changes: readonly Change[]): Change[] {
  return changes.toSorted((left, right) => (left.capability < right.capability ? -1 : 1))
}
