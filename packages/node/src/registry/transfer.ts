import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import { namedId } from '../kernel/ids.ts'
import type { Caller } from '../kernel/route.ts'
import { refuseHeldName, refuseTakenDown } from './life.ts'
import type { TransferRow, TransferState } from './life-store.ts'
import { claimNames } from './name-claims.ts'
import { relocate, retireOld } from './relocate.ts'
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
  /**
   * Accepts it: from here on it cannot be declined or withdrawn, and it is begun once. Throws what stands in its way,
   * before anything is done. One that did not come to its end is begun again, with another name where one is given.
   */
  begin(id: string, caller: Caller, request: AcceptRequest): Promise<TransferRow>
  /** Moves the record, with its identity code and history. Whoever calls ended what the giver's people were allowed. */
  finish(row: TransferRow): Promise<Held>
  /** It did not come to its end. */
  leave(row: TransferRow, problem: string): Promise<void>
  unfinished(): Promise<readonly TransferRow[]>
  /** Begins one again that nobody is at. Undefined: somebody else did. */
  resume(row: TransferRow): Promise<TransferRow | undefined>
}

export function createTransfers(room: Room): Transfers {
  const { rows } = room.life
  return {
    offer: async (slugOrId, caller, request) => await offer(room, slugOrId, caller, request),
    list: async (organization) => await rows.transfers(organization, rowsMax),
    async end(id, caller, state) {
      const side = state === 'declined' ? 'receiver' : 'organization'
      const row = await find(room, id, caller.organization, side)
      if (row.state !== 'offered') throw notOpen(row)
      await decide(room, row, state)
      return { ...row, state, decided: room.clock.now() }
    },
    begin: async (id, caller, request) => await begin(room, id, caller, request),
    finish: async (row) => await finish(room, row),
    leave: async ({ id }, problem) => await rows.leave(id, problem),
    unfinished: async () => await rows.unfinishedTransfers(rowsMax),
    async resume(row) {
      const { accepted_by, request, was_active } = row
      const attempt = { accepted_by, request, was_active, tried: room.clock.now() }
      return (await rows.accept(row, attempt)) ? { ...row, ...attempt } : undefined
    },
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
    accepted_by: null,
    request: null,
    was_active: null,
    tried: null,
    problem: null,
  }
  if (await room.life.rows.offer(row)) return row
  throw new Fault('transfer.state', { detail: 'a transfer of this record is open', where: held.slug })
}

async function find(
  room: Room,
  id: string,
  organization: string,
  side: 'organization' | 'receiver',
): Promise<TransferRow> {
  const row = await room.life.rows.transfer(id)
  if (row?.[side] === organization) return row
  throw new Fault('input.not-found', { detail: 'there is no such transfer', where: id.slice(0, 100) })
}

function notOpen({ id, state }: TransferRow): Fault {
  const detail = state === 'accepting' ? 'the transfer is being carried out' : `the transfer was ${state}`
  return new Fault('transfer.state', { detail, where: id })
}

async function decide(room: Room, row: TransferRow, state: TransferState): Promise<void> {
  if (await room.life.rows.decide(row.id, row.state, state, room.clock.now())) return
  throw meanwhile(row)
}

function meanwhile({ id }: TransferRow): Fault {
  return new Fault('transfer.state', { detail: 'the transfer was decided meanwhile', where: id })
}

async function begin(room: Room, id: string, caller: Caller, request: AcceptRequest): Promise<TransferRow> {
  const row = await find(room, id, caller.organization, 'receiver')
  // One that stands still is taken up again; at the others somebody is.
  const isStill = row.state === 'accepting' && row.tried === 0
  if (row.state !== 'offered' && !isStill) throw notOpen(row)
  const held = whereItIs(room, row)
  const asked = { ...requestOf(row), ...request }
  if (held.organization === row.organization) await checkNewPlace(room, held, asked, caller)
  const attempt = {
    accepted_by: caller.person,
    request: JSON.stringify(asked),
    was_active: row.was_active ?? (held.target.state === 'active' ? 1 : 0),
    tried: room.clock.now(),
  }
  if (!(await room.life.rows.accept(row, attempt))) throw meanwhile(row)
  return { ...row, ...attempt, state: 'accepting' }
}

function requestOf({ request }: TransferRow): AcceptRequest {
  return request === null ? {} : (JSON.parse(request) as AcceptRequest)
}

/** With the giver, or with the receiver already. Throws `transfer.state`, `record.taken-down`. */
function whereItIs(room: Room, { id, record, organization, receiver }: TransferRow): Held {
  const held = room.roster.byId(record)
  if (held === undefined || !held.isLive || ![organization, receiver].includes(held.organization))
    throw new Fault('transfer.state', { detail: 'the record was put away meanwhile', where: id })
  refuseTakenDown(room.life, held)
  return held
}

async function finish(room: Room, row: TransferRow): Promise<Held> {
  return await room.turns.take(row.record, async () => {
    const held = whereItIs(room, row)
    const isThrough = held.organization === row.receiver && held.target.state === 'active'
    const moved = isThrough ? held : await move(room, row, held)
    // Where it stopped between the two.
    if (isThrough) await retireOld(room, held, wordsOf(row), held.target.digest)
    await decide(room, { ...row, state: 'accepting' }, 'accepted')
    return moved
  })
}

function wordsOf({ id, accepted_by, organization }: TransferRow) {
  return { person: accepted_by!, note: `transferred from ${organization}`, basis: ['transfer', id] }
}

async function move(room: Room, row: TransferRow, held: Held): Promise<Held> {
  const { receiver: organization, organization: from } = row
  const person = row.accepted_by!
  const request = requestOf(row)
  const isThere = held.organization === organization
  const slug = isThere ? held.slug : (request.slug ?? held.slug)
  let remark: string | undefined
  if (!isThere) {
    const caller = { organization, person, roles: ['owner'] } as const
    remark = await checkNewPlace(room, held, request, caller)
    const until = room.clock.now() + nameHeldMs
    await room.life.hold({ organization: from, slug: held.slug, record: '', until })
  }
  await tellBoth(room, held, row, person)
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
      responsible: request.responsible ?? { name: await nameOf(room, person) },
      keys,
    },
    wordsOf(row),
    alone && row.was_active === 1,
    from,
  )
  if (remark !== undefined) {
    const { remarks } = await entryOf(room, moved)
    await room.life.rows.setRemarks(moved.id, [...remarks, remark])
  }
  return moved
}

/** Throws what registering it there would. */
async function checkNewPlace(
  room: Room,
  held: Held,
  { slug = held.slug, confirmName }: AcceptRequest,
  caller: Pick<Caller, 'organization' | 'person' | 'roles'>,
): Promise<string | undefined> {
  const { organization } = caller
  if (room.roster.find(slug, organization) !== undefined) {
    throw new Fault('record.name-taken', {
      detail: `another record is called ${slug}`,
      where: 'slug',
      remedy: 'Accept it under another name (`slug`).',
    })
  }
  refuseHeldName(room, organization, slug)
  const { record } = await bodyInForce(
    room,
    await entryOf(room, held),
    headInForce(held.versions, room.rulings)?.digest,
  )
  return await claimNames(room, { ...record, organization, slug }, { caller, confirmName })
}

/** One ruling for each side, by the person who decided there: it stands in the list of either. */
async function tellBoth(room: Room, held: Held, row: TransferRow, accepter: string): Promise<void> {
  const digests = [held.target.digest]
  const { basis } = wordsOf(row)
  const { organization: from, receiver: to } = row
  const why = row.note === '' ? '' : `: ${row.note}`
  // Taken up again, it may be told already.
  const told = (await room.rulings.list(held.id)).filter(
    ({ body }) => body.kind === 'transfer' && body.basis.includes(row.id),
  )
  const words = [
    [from, { person: row.offered_by, basis, note: `given to ${to}${why}` }],
    [to, { person: accepter, basis, note: `accepted from ${from}` }],
  ] as const
  for (const [organization, word] of words.slice(told.length))
    await issue(room, { ...held, organization }, 'transfer', digests, word)
}

async function nameOf(room: Room, person: string): Promise<string> {
  return (await room.identity.person(person))?.name ?? person
}
