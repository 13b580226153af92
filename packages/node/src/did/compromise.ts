import { canonicalJson } from '@ambit/core/canonical'
import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { SignedCompromise } from '@ambit/core/id/key-statement'
import type { Caller } from '../kernel/route.ts'
import { digestValue } from '../kernel/digest.ts'
import type { KeyRow } from './agent-key-store.ts'
import { announce, endKey, mustFindAgent } from './key-room.ts'
import type { KeyRoom } from './key-room.ts'
import { isSignedBy } from './proof.ts'

export interface Compromised {
  readonly agent: string
  readonly key: string
  /** Mandates that ended with it. */
  readonly mandates: number
}

/** Told on the bus, `{aic, key}`, when a key was reported compromised: certificates over it are revoked, its acts end. */
export const compromisedKey = 'agent-key.compromised'

/**
 * The key says so itself: whoever can sign with it may end it. However old the statement is, it holds: it may have been
 * signed beforehand and kept for this. Throws `agent-key.proof`, `input.not-found`.
 */
export async function reportByKey(
  room: KeyRoom,
  { body, signature }: SignedCompromise,
): Promise<Compromised> {
  const row = room.book.get(body.key)
  if (row === undefined || row.agent !== body.agent) throw unknownKey(body.key)
  if (!(await isSignedBy(body, signature, body.key)))
    throw new Fault('agent-key.proof', { detail: 'the key did not sign it', where: 'signature' })
  // Nothing to add to it, so that whoever has the key fills no table with its statements.
  if (row.state === 'compromised') return { agent: row.agent, key: row.key, mandates: 0 }
  const statement = digestValue(body)
  const now = room.clock.now()
  await room.rows.addStatement(statement, row.agent, canonicalJson({ body, signature }), now)
  return await end(room, row, { by: row.agent, statement })
}

/** People of the organisation say so. */
export async function reportByPeople(
  room: KeyRoom,
  { organization, person }: Caller,
  slug: string,
  key: string,
): Promise<Compromised> {
  const { id } = mustFindAgent(room, slug, organization)
  const row = room.book.get(key)
  if (row === undefined || row.agent !== id) throw unknownKey(key)
  return await end(room, row, { by: person, people: [person] })
}

/** At once: in memory and on the bus before anything is awaited, so that nothing begins by that key from here on. */
async function end(
  room: KeyRoom,
  row: KeyRow,
  said: { readonly by: string; readonly people?: readonly string[]; readonly statement?: Digest },
): Promise<Compromised> {
  const { agent, key } = row
  if (row.state === 'compromised') return { agent, key, mandates: 0 }
  room.book.put({ ...row, state: 'compromised', since: room.clock.now(), leaf: null })
  room.bus.publish(compromisedKey, { aic: agent, key })
  return await room.turns.take(agent, async () => {
    const mandates = (await endKey(room, row, { ...said, state: 'compromised' })) ?? 0
    announce(room, agent)
    return { agent, key, mandates }
  })
}

function unknownKey(key: string): Fault {
  return new Fault('input.not-found', { detail: 'that agent never had that key', where: key.slice(0, 100) })
}
