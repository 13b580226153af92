import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import { namedId } from '../kernel/ids.ts'
import type { Caller } from '../kernel/route.ts'
import { refuseHeldName, refuseTakenDown } from './life.ts'
import type { TransferRow, TransferState } from './life-store.ts'
import { checkNames } from './names.ts'
import { relocate } from './relocate.ts'
import { bodyInForce, entryOf, mustFind } from './room.ts'
import type { Room } from './room.ts'
import { headInForce } from './roster.ts'
import type { Held } from './roster.ts'
import { nameHeldMs } from './rename.ts'
import { issue } from './steps.ts'

export interface OfferRequest {
  /** Id of the organisation that gets it; whether there is one is not told. */
  readonly to: string
  readonly note?: string | undefined
}

export interface AcceptRequest {
  /** Where the name is taken here. */
  readonly slug?: string | undefined
  readonly responsible?: AgentRecord['responsible'] | undefined
  readonly confirmName?: boolean | undefined
}

/** A page of the console. */
const rowsMax = 200

/** Records that one organisation gives to another: an owner offers, an owner there accepts. */
export interface Transfers {
  offer(slugOrId: string, caller: Caller, request: OfferRequest): Promise<TransferRow>
  list(organization: string): Promise<readonly TransferRow[]>
  /** By either side, as it may: `declined` by the receiver, `withdrawn` by the giver. */
  end(id: string, caller: Caller, state: 'declined' | 'withdrawn'): Promise<TransferRow>
  /** What would be accepted, where it can be: throws what `accept` does, before anything is done. */
  offered(id: string, caller: Caller, request: AcceptRequest): Promise<TransferRow>
  /** Moves the record, with its identity code and history. Whoever calls ends what the giver's people were allowed. */
  accept(id: string, caller: Caller, request: AcceptRequest, wasActive: boolean): Promise<Held>
}

export function createTransfers(room: Room): Transfers {
  const { rows } = room.life
  return {
    offer: async (slugOrId, caller, request) => await offer(room, slugOrId, caller, request),
    list: async (organization) => await rows.transfers(organization, rowsMax),
    async end(id, caller, state) {
      const row = await open(
        room,
        id,
        caller.organization,
        state === 'declined' ? 'receiver' : 'organization',
      )
      await decide(room, row, state)
      return { ...row, state, decided: room.clock.now() }
    },
    async offered(id, caller, { slug, confirmName }) {
      const row = await open(room, id, caller.organization, 'receiver')
      const held = mustFind(room, row.record, row.organization)
      refuseTakenDown(room.life, held)
      await checkNewPlace(room, held, slug ?? held.slug, caller, confirmName)
      return row
    },
    accept: async (id, caller, request, wasActive) => await accept(room, id, caller, request, wasActive),
  }
}

async function offer(
  room: Room,
  slugOrId: string,
  caller: Caller,
  { to, note }: OfferRequest,
): Promise<TransferRow> {
  const held = mustFind(room, slugOrId, caller.organization)
  refuseTakenDown(room.life, held)
  if (to === held.organization) {
    throw new Fault('input.invalid', { detail: 'the record is of that organisation already', where: 'to' })
  }
  if (!held.isLive)
    throw new Fault('record.state', { detail: 'a retired record is not transferred', where: held.slug })
  if ((await room.life.rows.openTransfer(held.id)) !== undefined) {
    throw new Fault('transfer.state', { detail: 'a transfer of this record is open', where: held.slug })
  }
  const row: TransferRow = {
    id: namedId(room.ids, 'x'),
    record: held.id,
    slug: held.slug,
    title: held.target.title,
    organization: held.organization,
    receiver: to,
    state: 'offered',
    note: note ?? '',
    offered_by: caller.person,
    offered: room.clock.now(),
    decided: null,
  }
  await room.life.rows.offer(row)
  return row
}

async function open(
  room: Room,
  id: string,
  organization: string,
  side: 'organization' | 'receiver',
): Promise<TransferRow> {
  const row = await room.life.rows.transfer(id)
  if (row?.[side] !== organization) {
    throw new Fault('input.not-found', { detail: 'there is no such transfer', where: id.slice(0, 100) })
  }
  if (row.state !== 'offered') {
    throw new Fault('transfer.state', { detail: `the transfer was ${row.state}`, where: id })
  }
  return row
}

async function decide(room: Room, row: TransferRow, state: TransferState): Promise<void> {
  if (await room.life.rows.decide(row.id, state, room.clock.now())) return
  throw new Fault('transfer.state', { detail: 'the transfer was decided meanwhile', where: row.id })
}

async function accept(
  room: Room,
  id: string,
  caller: Caller,
  request: AcceptRequest,
  wasActive: boolean,
): Promise<Held> {
  const row = await open(room, id, caller.organization, 'receiver')
  return await room.turns.take(row.record, async () => {
    const held = mustFind(room, row.record, row.organization)
    refuseTakenDown(room.life, held)
    if (!held.isLive)
      throw new Fault('transfer.state', { detail: 'the record was retired meanwhile', where: id })
    const slug = request.slug ?? held.slug
    const remark = await checkNewPlace(room, held, slug, caller, request.confirmName)
    await decide(room, row, 'accepted')
    const { organization } = caller
    const until = room.clock.now() + nameHeldMs
    await room.life.hold({ organization: row.organization, slug: held.slug, record: '', until })
    await tellBoth(room, held, row, caller.person)
    const alone = !(await room.life.rows.wantsTwoPeople(organization))
    // The giver may know the old ones.
    const keys = [await room.identity.createHolderKey(organization)]
    await room.keys?.claim(held.id, organization, { keys, aliases: [] })
    const moved = await relocate(
      room,
      held,
      {
        organization,
        slug,
        responsible: request.responsible ?? { name: await nameOf(room, caller.person) },
        keys,
      },
      { person: caller.person, note: `transferred from ${row.organization}`, basis: ['transfer', row.id] },
      alone && wasActive,
    )
    if (remark !== undefined) {
      const { remarks } = await entryOf(room, moved)
      await room.life.rows.setRemarks(moved.id, [...remarks, remark])
    }
    return moved
  })
}

/** Throws what registering it there would. */
async function checkNewPlace(
  room: Room,
  held: Held,
  slug: string,
  caller: Caller,
  confirmName: boolean | undefined,
): Promise<string | undefined> {
  const { organization } = caller
  if (room.roster.find(slug, organization) !== undefined) {
    throw new Fault('record.name-taken', {
      detail: `another record is called ${slug}`,
      where: 'slug',
      remedy: 'Accept it under another name (`slug`).',
    })
  }
  refuseHeldName(room.life, organization, slug)
  const { record } = await bodyInForce(
    room,
    await entryOf(room, held),
    headInForce(held.versions, room.rulings)?.digest,
  )
  return checkNames(room, { ...record, organization, slug }, { caller, confirmName })
}

/** One ruling for each side, by the person who decided there: it stands in the list of either. */
async function tellBoth(room: Room, held: Held, row: TransferRow, accepter: string): Promise<void> {
  const digests = [held.target.digest]
  const basis = ['transfer', row.id]
  const { organization: from, receiver: to } = row
  const why = row.note === '' ? '' : `: ${row.note}`
  await issue(room, held, 'transfer', digests, {
    person: row.offered_by,
    basis,
    note: `given to ${to}${why}`,
  })
  const there = { ...held, organization: to }
  await issue(room, there, 'transfer', digests, { person: accepter, basis, note: `accepted from ${from}` })
}

async function nameOf(room: Room, person: string): Promise<string> {
  return (await room.identity.person(person))?.name ?? person
}
