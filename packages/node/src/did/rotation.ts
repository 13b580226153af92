import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { base64url } from '@ambit/core/bytes'
import type { Rotation, SignedRotation } from '@ambit/core/id/key-statement'
import { sign } from '@ambit/core/signature'
import type { Caller } from '../kernel/route.ts'
import { timeText } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import type { KeyRow } from './agent-key-store.ts'
import {
  activeKeysMax,
  announce,
  endKey,
  isActive,
  keysMax,
  mustFindAgent,
  refuseTakenKey,
  takeKey,
  writeKeyLeaf,
} from './key-room.ts'
import type { KeyRoom } from './key-room.ts'
import { isSignedBy, refuseStale } from './proof.ts'

/** Both keys speak for the agent that long, where the statement says nothing. */
const overlapSDefault = 86_400
const nonceBytes = 18

export interface Rotated {
  readonly agent: string
  readonly key: string
  readonly next: string
  /** When the old one is over, in ms. */
  readonly until: number
}

/**
 * Puts a new key beside the one that signed for it. The leaf comes first, because what widens is on record before it is
 * in force. Throws `agent-key.proof`, `.stale`, `.state`, `.taken`, `.compromised`, `.replayed`.
 */
export async function rotate(room: KeyRoom, signed: SignedRotation): Promise<Rotated> {
  const { body } = signed
  const known = room.book.get(body.key)
  // Looked up first: whoever has no key here makes this node check no signature.
  if (known === undefined || known.agent !== body.agent) throw notActive(body.key)
  refuseStale(room, body.at)
  if (body.key === body.next || !(await isSignedBy(body, signed.signature, body.key)))
    throw new Fault('agent-key.proof', { detail: 'the old key did not sign it', where: 'signature' })
  if (!(await isSignedBy(body, signed.proof, body.next)))
    throw new Fault('agent-key.proof', { detail: 'the new key did not sign it', where: 'proof' })
  return await room.turns.take(body.agent, async () => await enact(room, signed))
}

async function enact(room: KeyRoom, signed: SignedRotation): Promise<Rotated> {
  const { body } = signed
  const { agent, key, next } = body
  const now = room.clock.now()
  const row = room.book.get(key)
  // One that has a successor names no second one.
  if (row === undefined || !isActive(room, row) || row.until !== null) throw notActive(key)
  if (room.book.get(next) !== undefined) refuseTakenKey(room, next, undefined)
  refuseTooMany(room, agent)
  const statement = digestValue(body)
  if (!(await room.rows.addStatement(statement, agent, canonicalJson(signed), now)))
    throw new Fault('agent-key.replayed', { detail: 'its nonce was used before', where: 'nonce' })
  const until = now + (body.overlapS ?? overlapSDefault) * 1000
  const leaf = await writeKeyLeaf(room, {
    agent,
    key: next,
    step: 'rotated',
    other: key,
    until: timeText(until),
    statement,
  })
  const { organization } = row
  const state = 'active' as const
  const young: KeyRow = {
    key: next,
    agent,
    organization,
    state,
    by: 'rotation',
    since: now,
    until: null,
    began: now,
    leaf,
  }
  if (!(await takeKey(room, young)))
    throw new Fault('agent-key.taken', { detail: 'another record named it', where: 'next' })
  if (await room.rows.limit(key, until)) room.book.put({ ...row, until })
  if (until <= now) await endKey(room, room.book.get(key)!, { state: 'retired', by: agent, other: next })
  announce(room, agent)
  return { agent, key, next, until }
}

/** For a key that the node keeps: it makes the next one and signs for both, on an operator's word. */
export async function rotateKept(
  room: KeyRoom,
  caller: Caller,
  slug: string,
  overlapS: number | undefined,
): Promise<Rotated> {
  const { id, organization } = mustFindAgent(room, slug, caller.organization)
  for (const row of room.book.ofAgent(id)) {
    if (!isActive(room, row) || row.until !== null) continue
    const old = await room.identity.holderSigner(row.key)
    if (old === undefined) continue
    const next = await room.identity.holderSigner(await room.identity.createHolderKey(organization))
    const body: Rotation = {
      v: 1,
      type: 'agent-key.rotation',
      agent: id,
      key: old.key,
      next: next!.key,
      ...(overlapS === undefined ? {} : { overlapS }),
      at: timeText(room.clock.now()),
      nonce: base64url(room.clock.random(nonceBytes)),
    }
    const { signature } = await sign(body, old)
    return await rotate(room, { body, signature, proof: (await sign(body, next!)).signature })
  }
  throw new Fault('agent-key.state', {
    detail: 'this node keeps no active key of the agent',
    where: slug.slice(0, 100),
    remedy: 'Whoever holds the key rotates it: `ambit keys agent rotate --key <file> --next <file>`.',
  })
}

export function refuseTooMany(room: KeyRoom, agent: string): void {
  const rows = room.book.ofAgent(agent)
  if (rows.length < keysMax && rows.filter((row) => isActive(room, row)).length < activeKeysMax) return
  throw new Fault('agent-key.state', {
    detail: `an agent has ${activeKeysMax} active keys at most, and ${keysMax} ever`,
    where: agent,
  })
}

function notActive(key: string): Fault {
  return new Fault('agent-key.state', {
    detail: 'it is no active key of that agent without a successor',
    where: key.slice(0, 100),
  })
}
