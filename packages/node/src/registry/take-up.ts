import type { AgentRecord } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import type { EntryRow, Served } from './registry-store.ts'
import { renew } from './room.ts'
import type { Room } from './room.ts'
import type { Held } from './roster.ts'
import { putInForce } from './steps.ts'

/**
 * Takes up a change that an operator has just decided: a record in use gets a version that is in force at once, a draft
 * is changed in place. Where the organisation asks for two people, one alone only makes a draft. Call it in a turn.
 */
export async function takeUp(
  room: Room,
  { held, entry }: { readonly held: Held; readonly entry: EntryRow },
  { record, served }: { readonly record: AgentRecord; readonly served: Served },
  { person, organization, by }: Pick<Caller, 'person' | 'organization' | 'by'>,
  basis: string,
): Promise<void> {
  const inUse = entry.draft === undefined && held.target.state === 'active'
  if (inUse && !(await room.life.rows.wantsTwoPeople(held.organization))) {
    await putInForce(room, held, record, served, {
      record: held.id,
      person,
      organization,
      by,
      basis: [basis],
    })
    return
  }
  await room.rows.setDraft(held.id, record, served, room.clock.now())
  await renew(room, held.id)
}
