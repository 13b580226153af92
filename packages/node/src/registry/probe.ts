import { Fault } from '@ambit/core/fault'
import type { Described } from './describe.ts'
import { compare } from './drift.ts'
import type { Change } from './drift.ts'
import { describeRecord } from './live.ts'
import { bodyInForce, entryOf, mustFind, renew } from './room.ts'
import type { Room } from './room.ts'
import { headInForce } from './roster.ts'
import { everyone } from './secrets.ts'

export interface ProbeResult {
  readonly reachable: boolean
  /** Why not, when it is not. */
  readonly problem?: string
  readonly changes: readonly Change[]
}

/** Upstreams asked at the same time: enough to finish a thousand in minutes, few enough to be no load. */
const concurrencyMax = 8
/** Records are asked again at up to a tenth later, so that many nodes do not ask at the same moment. */
const jitterShare = 0.1

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
    const before = (await room.rows.changes(id)).map((row) => row.change)
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

/** Asks all records in use, again and again. Returns what ends it. */
export function startProbes(room: Room, everyMs: number): () => void {
  const ended = new AbortController()
  let cancel: () => void = () => undefined
  async function round(): Promise<void> {
    const waiting = [...room.roster.all()]
      .filter((held) => held.isLive && held.target.state === 'active')
      .map((held) => ({ id: held.id, organization: held.organization }))
    const work = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        if (ended.signal.aborted) return
        try {
          await probe(room, next.id, next.organization, everyone, ended.signal)
        } catch (error) {
          room.events.warn('registry.probe-failed', { record: next.id, error: String(error) })
        }
      }
    }
    await Promise.all(Array.from({ length: concurrencyMax }, work))
  }
  function plan(): void {
    const jitterMs = everyMs * jitterShare * (room.clock.random(1).readUInt8() / 255)
    cancel = room.clock.after(everyMs + jitterMs, () => void roundThenPlan())
  }
  async function roundThenPlan(): Promise<void> {
    await round()
    if (!ended.signal.aborted) plan()
  }
  plan()
  return () => {
    ended.abort()
    cancel()
  }
}
