import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import type { RightsLeaf } from '@ambit/core/leaf'
import type { Caller } from '../kernel/route.ts'
import { timeText } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Target } from '../registry/target.ts'
import type { KeyRow, RecoveryRow } from './agent-key-store.ts'
import { announce, endKey, mustFindAgent, refuseTakenKey, takeKey, writeKeyLeaf } from './key-room.ts'
import type { KeyRoom } from './key-room.ts'
import { checkPossession } from './proof.ts'
import { refuseTooMany } from './rotation.ts'

/** A recovery that nobody confirmed is over after that time. */
const waitsMs = 24 * 60 * 60_000

export interface RecoveryWish {
  /** Left out: the node makes one and keeps it. */
  readonly key?: string
  /** Signed by that key. */
  readonly proofs: readonly unknown[]
  readonly note?: string
}

export type RecoveryResult =
  | { readonly state: 'waiting'; readonly id: string; readonly key: string }
  | {
      readonly state: 'recovered'
      readonly key: string
      /** Keys that are over now. */
      readonly retired: readonly string[]
      /** Mandates that ended with them. */
      readonly mandates: number
    }

/**
 * Gives an agent a new key on the word of the people of its organisation, where the old one is lost: the old ones are
 * over at once. Where the organisation asks for two people it waits for the second.
 */
export async function recover(
  room: KeyRoom,
  caller: Caller,
  slug: string,
  wish: RecoveryWish,
): Promise<RecoveryResult> {
  const { organization, person } = caller
  const target = mustFindAgent(room, slug, organization)
  const { id: agent } = target
  refuseIdle(target)
  if (wish.key !== undefined) {
    refuseTakenKey(room, wish.key, undefined)
    await checkPossession(room, { organization, slug: target.slug, key: wish.key }, wish.proofs)
  }
  const key = wish.key ?? (await room.identity.createHolderKey(organization))
  const row: RecoveryRow = {
    id: namedId(room.ids, 'kr'),
    organization,
    agent,
    key,
    person,
    at: room.clock.now(),
    note: wish.note?.toWellFormed() ?? null,
  }
  if ((await room.rows.peopleFor(organization)) < 2) return await carryOut(room, row, [person])
  await room.rows.addRecovery(row)
  return { state: 'waiting', id: row.id, key }
}

function refuseIdle({ state, slug }: Target): void {
  if (state !== 'draft' && state !== 'retired') return
  throw new Fault('agent-key.state', {
    detail: `the record is ${state}`,
    where: slug,
    remedy: 'Name keys of a draft in its document; a retired record speaks no more.',
  })
}

/** The second person, who is another one. */
export async function confirmRecovery(room: KeyRoom, caller: Caller, id: string): Promise<RecoveryResult> {
  const row = await room.rows.recovery(id)
  if (row === undefined || row.organization !== caller.organization || isOver(room, row))
    throw new Fault('input.not-found', { detail: 'no such recovery waits', where: id.slice(0, 100) })
  // The record may have been handed over, put away or taken down since it was asked for.
  refuseIdle(mustFindAgent(room, row.agent, caller.organization))
  if (row.person === caller.person)
    throw new Fault('agent-key.second-person', { detail: 'you asked for it yourself', where: id })
  if (!(await room.rows.takeRecovery(id)))
    throw new Fault('input.not-found', { detail: 'somebody confirmed it meanwhile', where: id })
  return await carryOut(room, row, [row.person, caller.person])
}

export async function waitingRecoveries(room: KeyRoom, organization: string): Promise<RecoveryRow[]> {
  return (await room.rows.recoveries(organization)).filter((row) => !isOver(room, row))
}

/** How many people a recovery takes from now on; on record before it is in force. */
export async function setPeople(
  room: KeyRoom,
  { organization, person }: Caller,
  people: number,
): Promise<void> {
  if ((await room.rows.peopleFor(organization)) === people) return
  const now = room.clock.now()
  const at = timeText(now)
  const leaf = {
    v: 1,
    kind: 'rights',
    at,
    organization,
    person,
    by: person,
    what: 'recovery-changed',
    people,
  } as const
  await room.activity.write(canonicalJson(leaf satisfies RightsLeaf))
  await room.rows.setPeople(organization, people, person, now)
}

function isOver({ clock }: KeyRoom, { at }: RecoveryRow): boolean {
  return clock.now() >= at + waitsMs
}

async function carryOut(
  room: KeyRoom,
  { agent, organization, key }: RecoveryRow,
  people: readonly string[],
): Promise<RecoveryResult> {
  return await room.turns.take(agent, async () => {
    refuseTakenKey(room, key, undefined)
    const old = room.book.ofAgent(agent).filter((row) => row.state === 'active')
    if (old.length === 0) refuseTooMany(room, agent)
    const leaf = await writeKeyLeaf(room, { agent, key, step: 'recovered', people: [...people] })
    const now = room.clock.now()
    const state = 'active' as const
    const row: KeyRow = {
      key,
      agent,
      organization,
      state,
      by: 'recovery',
      since: now,
      until: null,
      began: now,
      leaf,
    }
    if (!(await takeKey(room, row)))
      throw new Fault('agent-key.taken', { detail: 'another record named it', where: 'key' })
    let mandates = 0
    const by = people.at(-1)!
    for (const each of old)
      mandates += (await endKey(room, each, { state: 'retired', by, people, other: key })) ?? 0
    announce(room, agent)
    return { state: 'recovered', key, retired: old.map((each) => each.key), mandates }
  })
}
