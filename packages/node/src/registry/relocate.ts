import type { Digest } from '@ambit/core/digest'
import type { AgentRecord } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import { checkRecord } from './draft.ts'
import { nextVersion } from './naming.ts'
import { bodyInForce, entryOf, renew } from './room.ts'
import type { Room } from './room.ts'
import { headInForce, stateOf } from './roster.ts'
import type { Held } from './roster.ts'
import { stateAfter } from './lifecycle.ts'
import { activationProblem, digestsMax, issue, putInForce } from './steps.ts'

/** What a record is given: another name, another keeper with other keys, or both. */
export interface Place {
  readonly organization: string
  readonly slug: string
  readonly responsible?: AgentRecord['responsible']
  readonly keys?: readonly string[]
}

/**
 * Moves a record: what it says of itself changes with it, so a version in use gets a next one, in force at once where
 * that is `wanted` and possible and a draft otherwise; versions that were made never change. Call it in a turn. Throws
 * `record.name-taken`.
 */
export async function relocate(
  room: Room,
  held: Held,
  place: Place,
  request: { readonly person: string; readonly note: string; readonly basis: readonly string[] },
  wanted: boolean,
  /** Who kept it before. */
  from: string = held.organization,
): Promise<Held> {
  const entry = await entryOf(room, held)
  const body = await bodyInForce(room, entry, headInForce(held.versions, room.rulings)?.digest)
  const taken = new Set(held.versions.map(({ version }) => version))
  const placed = (record: AgentRecord) =>
    checkRecord({ ...record, ...place, keys: place.keys ?? record.keys })
  const draft = entry.draft === undefined ? undefined : placed(entry.draft)
  if (draft !== undefined) taken.add(draft.version)
  const next = placed({ ...body.record, version: nextVersion(body.record.version, taken) })
  // What would be refused there (an unproved domain) waits as a draft: it must not stand half moved.
  const inForce = wanted && activationProblem(room, held, next) === undefined
  if (!(await room.life.rows.move(held.id, place.organization, place.slug))) {
    throw new Fault('record.name-taken', { detail: `another record is called ${place.slug}`, where: 'slug' })
  }
  const now = room.clock.now()
  // The draft that waited goes on as a draft; a record without versions is its draft.
  const waiting = draft ?? (inForce ? undefined : next)
  const served = draft === undefined ? body.served : entry.served
  await room.rows.setDraft(held.id, waiting, served, now)
  const moved = await renew(room, held.id)
  // What another organisation froze is not put in force in this one's name.
  if (!inForce && place.organization !== from) await retireOld(room, moved, request)
  if (inForce) {
    await putInForce(room, moved, next, body.served, {
      record: held.id,
      organization: place.organization,
      ...request,
    })
  }
  // Activating touches no draft, but the memory of it.
  return await renew(room, held.id)
}

/** What another organisation froze comes back into force in no way; its own one in force stays. */
export async function retireOld(
  room: Room,
  held: Held,
  request: { readonly person: string; readonly note: string; readonly basis: readonly string[] },
  inForce?: Digest,
): Promise<void> {
  const digests = held.versions
    .map(({ digest }) => digest)
    .filter((digest) => digest !== inForce)
    .filter((digest) => stateAfter(stateOf(digest, room.rulings).state, 'retirement') !== undefined)
    .slice(-digestsMax)
  if (digests.length > 0) await issue(room, held, 'retirement', digests, request)
}
