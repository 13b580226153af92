import { Fault } from '@ambit/core/fault'
import { keyBytes } from '@ambit/core/id/did-key'
import type { Admission, Admitted, KeyAdmission } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import type { KeyRow } from './agent-key-store.ts'
import { admitAliases, keepAliases } from './alias.ts'
import { announce, refuseTakenKey, takeKey, writeKeyLeaf } from './key-room.ts'
import type { KeyRoom } from './key-room.ts'
import { checkPossession } from './proof.ts'

/** What the registry asks before a record names a key or an alias. */
export function createAdmission(room: KeyRoom): KeyAdmission {
  return {
    async admit(asked, signal) {
      await admitKeys(room, asked)
      return { keys: asked.keys, aliases: await admitAliases(room, asked, signal) }
    },
    async claim(agent, organization, admitted) {
      await claim(room, agent, organization, admitted)
    },
    loaded(target) {
      room.book.share(target.id)
      if (newRows(room, target).length > 0) room.unnamed.add(target.id)
    },
    release: async (agent) => await releaseKeys(room, agent),
  }
}

/** Keys of a draft that is gone are free again: they never spoke for anyone. */
export async function releaseKeys(room: KeyRoom, agent: string): Promise<void> {
  await room.rows.release(agent)
  for (const { key, began, state } of room.book.ofAgent(agent))
    if (began === null && state === 'active') room.book.remove(key)
}

async function admitKeys(
  room: KeyRoom,
  { organization, slug, agent, keys, named = [], proofs }: Admission,
): Promise<void> {
  const known = agent === undefined ? [] : room.book.ofAgent(agent)
  const missing = known.filter(
    ({ key, state, by, began }) =>
      state === 'active' && by === 'record' && began !== null && !keys.includes(key),
  )
  if (missing.length > 0)
    throw new Fault('agent-key.removal', {
      detail: `the agent has ${missing.length} key(s) that the document does not name`,
      where: 'keys',
    })
  for (const [at, key] of keys.entries()) {
    if (keyBytes(key) === undefined)
      throw new Fault('record.invalid', {
        detail: 'it is no did:key of Ed25519 or P-256',
        where: `keys.${at}`,
      })
    const row = room.book.get(key)
    const isOwn = row !== undefined && row.agent === agent
    if (isOwn && row.state === 'active') continue
    // One that the node made with the record is not in the book before its version is in force.
    if (named.includes(key) && (isOwn || row === undefined)) continue
    refuseTakenKey(room, key, agent)
    await checkPossession(room, { organization, slug, key }, proofs)
  }
}

async function claim(
  room: KeyRoom,
  agent: string,
  organization: string,
  { keys, aliases }: Admitted,
): Promise<void> {
  const now = room.clock.now()
  for (const key of keys) {
    if (room.book.get(key)?.agent === agent) continue
    refuseTakenKey(room, key, agent)
    if (!(await takeKey(room, namedRow(agent, organization, key, now))))
      throw new Fault('agent-key.taken', {
        detail: 'another record named it meanwhile',
        where: key.slice(0, 100),
      })
  }
  await keepAliases(room, agent, organization, aliases)
  announce(room, agent)
}

function namedRow(agent: string, organization: string, key: string, since: number): KeyRow {
  return {
    key,
    agent,
    organization,
    state: 'active',
    by: 'record',
    since,
    until: null,
    began: null,
    leaf: null,
  }
}

/** Agents whose keys are written down together. */
const agentsAtOnce = 200

/**
 * The keys that versions in force name speak for their agents from now on; each gets its leaf once. Many at once, so that
 * whoever brings thousands of records in force does not wait for each.
 */
export async function nameKeys(room: KeyRoom, aics: Iterable<string>): Promise<void> {
  let batch: KeyRow[] = []
  for (const aic of aics) {
    const target = room.target(aic)
    if (target !== undefined) batch.push(...newRows(room, target))
    if (batch.length < agentsAtOnce) continue
    await nameRows(room, batch)
    batch = []
  }
  if (batch.length > 0) await nameRows(room, batch)
}

/** Of an agent in force: those that only its record names so far, as they are from now on but for their leaf. */
function newRows(
  { book, clock }: KeyRoom,
  { id, organization, state, keys = [] }: Pick<Target, 'id' | 'organization' | 'state' | 'keys'>,
): KeyRow[] {
  if (state !== 'active') return []
  const now = clock.now()
  return keys.flatMap((key) => {
    // One that the node made with the record is not here yet, and nobody else's.
    const known = book.get(key) ?? namedRow(id, organization, key, now)
    const isNew = known.agent === id && known.began === null && known.state === 'active'
    return isNew ? [{ ...known, began: now, since: now }] : []
  })
}

async function nameRows(room: KeyRoom, rows: readonly KeyRow[]): Promise<void> {
  const named = await Promise.all(
    rows.map(async (row) => {
      const { agent, key } = row
      return { ...row, leaf: await writeKeyLeaf(room, { agent, key, step: 'named' }) }
    }),
  )
  await room.rows.name(named)
  for (const row of named) {
    // What happened to it meanwhile counts.
    const known = room.book.get(row.key)
    if (known === undefined || (known.began === null && known.state === 'active')) room.book.put(row)
  }
  for (const agent of new Set(named.map((row) => row.agent))) announce(room, agent)
}
