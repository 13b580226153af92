import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { SignedRuling } from '@ambit/core/ruling'
import type { Caller } from '../kernel/route.ts'
import { skeletons } from './confusable.ts'
import { refuseTakenDown } from './life.ts'
import type { TakedownRow } from './life-store.ts'
import { addressesOf, hostsOf } from './quarantine.ts'
import { bodyInForce, entryOf, renew } from './room.ts'
import type { Room } from './room.ts'
import { headInForce, stateOf } from './roster.ts'
import type { Held } from './roster.ts'
import { digestsMax, issue } from './steps.ts'
import type { StepResult } from './steps.ts'

export interface TakedownRequest {
  /** AIC, or a slug of the organisation that runs the node. */
  readonly record: string
  readonly reason: string
  /** Principal id of the person who decided. */
  readonly person: string
  /** Digests of what shows it. */
  readonly evidence?: readonly Digest[] | undefined
  readonly basis?: readonly string[] | undefined
  /** Nothing at its hosts can be registered, not only its own addresses. */
  readonly wholeHosts?: boolean | undefined
}

/** What stays of a record that was taken down, for everybody. */
export interface Tombstone {
  readonly record: string
  readonly slug: string
  readonly reason: string
  readonly since: number
  readonly ruling: string
}

/** Records that those who run the node take away, of whatever organisation. */
export interface Takedowns {
  takeDown(request: TakedownRequest): Promise<StepResult>
  /** Its versions that were in use are suspended then, until their organisation puts them back in force. */
  lift(record: string, caller: Pick<Caller, 'person'>, note: string): Promise<SignedRuling>
  list(): readonly TakedownRow[]
  /** In memory; by AIC. */
  tombstone(record: string): Tombstone | undefined
}

export function createTakedowns(room: Room): Takedowns {
  return {
    takeDown: async (request) => await takeDown(room, request),
    lift: async (record, caller, note) => await lift(room, record, caller, note),
    list: () => [...room.life.takedowns()],
    tombstone(record) {
      const row = room.life.takedownOf(record)
      return row && { record, slug: row.slug, reason: row.reason, since: row.taken, ruling: row.id }
    },
  }
}

async function takeDown(room: Room, request: TakedownRequest): Promise<StepResult> {
  const { id } = find(room, request.record)
  return await room.turns.take(id, async () => {
    const held = find(room, id)
    refuseTakenDown(room.life, held)
    const { record } = await bodyInForce(
      room,
      await entryOf(room, held),
      headInForce(held.versions, room.rulings)?.digest,
    )
    const versions = held.versions.map(({ digest }) => digest)
    const standing = versions.filter((digest) => stateOf(digest, room.rulings).state !== 'retired')
    const before = standing.filter((digest) => stateOf(digest, room.rulings).state === 'active')
    // A draft, or a record that is over, is named by what it is now.
    const digests = standing.length === 0 ? [held.target.digest] : standing.slice(-digestsMax)
    const { person, reason: note, basis = [], evidence } = request
    const ruling = await issue(room, held, 'takedown', digests, {
      person,
      note,
      basis,
      ...(evidence && { evidence }),
    })
    await room.life.takeDown({
      id: ruling.body.id,
      record: id,
      organization: held.organization,
      slug: held.slug,
      reason: note,
      names: [...new Set([held.slug, ...held.names].flatMap(skeletons))],
      keys: record.keys,
      addresses: request.wholeHosts === true ? hostsOf(record) : addressesOf(record),
      before,
      by: person,
      taken: room.clock.now(),
      lifted: null,
    })
    await room.rows.touch(id, room.clock.now())
    await renew(room, id)
    const { organization, slug } = held
    room.bus.publish('record.takedown', { record: id, slug, organization, ruling: ruling.body.id })
    return { record: id, slug, ruling }
  })
}

async function lift(
  room: Room,
  record: string,
  { person }: { person: string },
  note: string,
): Promise<SignedRuling> {
  return await room.turns.take(record, async () => {
    const row = room.life.takedownOf(record)
    const held = room.roster.byId(record)
    if (row === undefined || held === undefined) {
      throw new Fault('input.not-found', {
        detail: 'no such record was taken down',
        where: record.slice(0, 100),
      })
    }
    const words = { person, note, basis: ['takedown-lifted', row.id] }
    const used = new Set(row.before)
    const others = held.versions
      .map(({ digest }) => digest)
      .filter((digest) => !used.has(digest) && room.rulings.stateOf(digest)?.ruling === row.id)
    if (others.length > 0) await issue(room, held, 'retirement', others.slice(-digestsMax), words)
    const kind = row.before.length > 0 ? 'suspension' : 'advisory'
    const digests = row.before.length > 0 ? row.before : [held.target.digest]
    const ruling = await issue(room, held, kind, digests, words)
    await room.life.lift(row, room.clock.now())
    await room.rows.touch(record, room.clock.now())
    await renew(room, record)
    return ruling
  })
}

/** Of whatever organisation, by AIC; of the one that runs the node by its name too. */
function find(room: Room, slugOrId: string): Held {
  const held = room.roster.byId(slugOrId) ?? room.roster.find(slugOrId, 'main')
  if (held !== undefined) return held
  throw new Fault('input.not-found', { detail: 'there is no such record', where: slugOrId.slice(0, 100) })
}
