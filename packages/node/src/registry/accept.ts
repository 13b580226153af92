import { Fault } from '@ambit/core/fault'
import type { AgentRecord, Capability, Profile } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import { capabilityFrom, checkRecord, editable, withProfile } from './draft.ts'
import type { Change } from './drift.ts'
import type { Served } from './registry-store.ts'
import { refuseTakenDown } from './life.ts'
import { entryOf, mustFind } from './room.ts'
import type { Room } from './room.ts'
import { takeUp } from './take-up.ts'

export interface Acceptance {
  /** Ids; left out together with `profiles`: everything that waits. */
  readonly capabilities?: readonly string[]
  /** Profiles to put in force in place of the proposed ones. */
  readonly profiles?: Readonly<Record<string, Profile>>
}

/**
 * Puts proposed profiles and changed definitions in force on an operator's word. A draft is changed in place; a record
 * in use gets a new version that is activated at once, because the operator has just decided exactly that.
 */
export async function accept(
  room: Room,
  slugOrId: string,
  caller: Pick<Caller, 'person' | 'organization' | 'by'>,
  acceptance: Acceptance,
): Promise<void> {
  const { id } = mustFind(room, slugOrId, caller.organization)
  await room.turns.take(id, async () => {
    const held = mustFind(room, id, caller.organization)
    refuseTakenDown(room.life, held)
    const entry = await entryOf(room, held)
    const body = await editable(room, held, entry)
    const changes = (await room.rows.changes([id])).map((row) => row.change)
    const chosen = choose(body.record, changes, acceptance)
    if (chosen.size === 0) return
    const next = accepted(room, body.record, body.served, changes, chosen, acceptance.profiles ?? {})
    const record = checkRecord(next.record)
    await takeUp(room, { held, entry }, { record, served: next.served }, caller, 'accept')
  })
}

function choose(record: AgentRecord, changes: readonly Change[], acceptance: Acceptance): Set<string> {
  const waiting = [
    ...record.capabilities.filter((capability) => capability.proposal !== undefined).map(({ id }) => id),
    ...changes.map((change) => change.capability),
  ]
  const { capabilities, profiles } = acceptance
  if (capabilities === undefined && profiles === undefined) return new Set(waiting)
  const named = new Set([...(capabilities ?? []), ...Object.keys(profiles ?? {})])
  const known = new Set([...waiting, ...record.capabilities.map(({ id }) => id)])
  for (const id of named) {
    if (known.has(id)) continue
    throw new Fault('input.not-found', {
      detail: 'the record has no such capability, and its upstream serves none',
      where: `capabilities.${id.slice(0, 100)}`,
    })
  }
  return named
}

function accepted(
  room: Room,
  record: AgentRecord,
  served: Served,
  changes: readonly Change[],
  chosen: ReadonlySet<string>,
  profiles: Readonly<Record<string, Profile>>,
): { readonly record: AgentRecord; readonly served: Served } {
  const byId = new Map(record.capabilities.map((capability) => [capability.id, capability]))
  const definitions = new Map(Object.entries(served))
  const profileFor = (id: string) => (Object.hasOwn(profiles, id) ? profiles[id] : undefined)
  for (const change of changes) {
    const { capability: id } = change
    if (!chosen.has(id)) continue
    if (change.change === 'removed') {
      byId.delete(id)
      definitions.delete(id)
      continue
    }
    byId.set(id, capabilityFrom(change.after, room.propose, profileFor(id) ?? room.propose(change.after)))
    definitions.set(id, change.after.served)
  }
  for (const [id, capability] of byId) {
    if (chosen.has(id)) byId.set(id, inForce(capability, profileFor(id)))
  }
  return {
    record: { ...record, capabilities: [...byId.values()] },
    served: Object.fromEntries(definitions),
  }
}

function inForce(capability: Capability, given: Profile | undefined): Capability {
  return withProfile(capability, given ?? capability.proposal ?? capability.profile)
}
