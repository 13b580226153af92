import { Fault } from '@ambit/core/fault'
import type { Caller } from '../kernel/route.ts'
import { refuseHeldName, refuseTakenDown } from './life.ts'
import { claimNames } from './name-claims.ts'
import { relocate } from './relocate.ts'
import { bodyInForce, entryOf, mustFind } from './room.ts'
import type { Room } from './room.ts'
import { headInForce } from './roster.ts'
import type { Held } from './roster.ts'
import { issue } from './steps.ts'

/** How long nobody can take a name that was given up, and whoever asks for it is told the new one. */
export const nameHeldMs = 180 * 24 * 60 * 60_000

export interface RenameRequest {
  readonly slug: string
  readonly note?: string | undefined
  readonly confirmName?: boolean | undefined
}

/** Gives a record another name. Mandates that name the old one reach it no more; its identity code stays. */
export async function rename(
  room: Room,
  slugOrId: string,
  caller: Caller,
  { slug, note, confirmName }: RenameRequest,
): Promise<Held> {
  const { id } = mustFind(room, slugOrId, caller.organization)
  return await room.turns.take(id, async () => {
    const held = mustFind(room, id, caller.organization)
    refuseTakenDown(room.life, held)
    if (!held.isLive) {
      throw new Fault('record.state', { detail: 'a retired record is not renamed', where: held.slug })
    }
    if (held.slug === slug) return held
    if (room.roster.find(slug, held.organization) !== undefined) {
      throw new Fault('record.name-taken', { detail: `another record is called ${slug}`, where: 'slug' })
    }
    refuseHeldName(room, held.organization, slug, held.id)
    const entry = await entryOf(room, held)
    const { record } = await bodyInForce(room, entry, headInForce(held.versions, room.rulings)?.digest)
    const remark = await claimNames(room, { ...record, slug }, { caller, confirmName })
    if (remark !== undefined) await room.life.rows.setRemarks(held.id, [...entry.remarks, remark])
    const why = `renamed from ${held.slug} to ${slug}${note === undefined ? '' : `: ${note}`}`
    const request = { person: caller.person, note: why, basis: ['rename'] }
    const digests = [held.target.digest]
    // Held before it is given up: at no moment may somebody else take it.
    const { organization } = held
    await room.life.hold({ organization, slug: held.slug, record: id, until: room.clock.now() + nameHeldMs })
    await room.life.release(organization, slug)
    await issue(room, held, 'rename', digests, request)
    const alone = !(await room.life.rows.wantsTwoPeople(organization))
    return await relocate(
      room,
      held,
      { organization, slug },
      request,
      alone && held.target.state === 'active',
    )
  })
}
