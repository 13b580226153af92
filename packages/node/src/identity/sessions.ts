import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import { sessionIdleMs } from './callers.ts'
import { credentialHash, credentialKind, newCredential } from './credential.ts'
import type { PersonRow } from './identity-store.ts'
import type { Rights } from './rights.ts'
import type { SessionEntry, SessionReader, SessionRow, SessionWriter } from './session-store.ts'

/** However much a session is used, a person proves anew who they are after this long. */
export const sessionLifeMs = 30 * 24 * 60 * 60 * 1000
const sessionsPerPersonMax = 50
/** So long after signing in a person may add what signs them in again. */
const freshMs = 10 * 60 * 1000
/** Every part that keeps callers in memory empties it when this comes. */
export const revokedSubject = 'identity.revoked'

/** A person who asks, or an owner for one of their people. */
interface Whose {
  readonly person: PersonRow
  /** Person who does it. */
  readonly by: string
}

/** Sessions: how they are opened, seen and ended. Ending one takes effect at once, on every replica. */
export interface Sessions {
  /**
   * Uses a one-time link up. Throws `auth.expired` for a link that is used, too old or unknown: all look alike; and
   * `identity.closed`, which leaves the link as it is.
   */
  signIn(
    link: string,
    client: 'console' | 'cli',
  ): Promise<{ readonly session: string; readonly person: PersonRow }>
  /** Opens one for a person who has proved who they are. Throws `identity.closed`, `auth.role`. */
  open(person: PersonRow, client: 'console' | 'cli'): Promise<string>
  /** Whether the session was opened just now. */
  isFresh(id: string): Promise<boolean>
  list(person: string): Promise<readonly SessionRow[]>
  /** Throws `input.not-found`. */
  end(id: string, whose: Whose): Promise<void>
  /** Ends all but one; gives how many. */
  endOthers(keep: string, whose: Whose): Promise<number>
}

export interface SessionParts {
  readonly reader: SessionReader & { person(id: string): Promise<PersonRow | undefined> }
  readonly writer: SessionWriter
  readonly rights: Rights
  readonly isClosed: (organization: string) => boolean
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
}

export function createSessions(parts: SessionParts): Sessions {
  const { reader, writer, clock, bus, rights } = parts
  async function ended(ids: readonly string[], { person, by }: Whose): Promise<void> {
    for (const session of ids) bus.publish(revokedSubject, { session })
    for (const credential of ids) await rights.record('session-ended', person, { by, credential })
  }
  return {
    signIn: async (link, client) => await signIn(parts, link, client),
    async open(person, client) {
      refuseWithoutAccess(parts, person)
      const { entry, session } = newSession(parts, person, client)
      await writer.openSession(entry, kept(entry.at))
      await rights.record('signed-in', person, { by: person.id, credential: entry.id })
      return session
    },
    async isFresh(id) {
      const row = await reader.sessionById(id)
      return row !== undefined && clock.now() - row.createdAt < freshMs
    },
    list: async (person) => await reader.sessionsOf(person, clock.now() - sessionIdleMs, clock.now()),
    async end(id, whose) {
      const ids = await writer.removeSessions(whose.person.id, { only: id })
      if (ids.length === 0)
        throw new Fault('input.not-found', { detail: 'there is no such session', where: 'id' })
      await ended(ids, whose)
    },
    async endOthers(keep, whose) {
      const ids = await writer.removeSessions(whose.person.id, { but: keep })
      await ended(ids, whose)
      return ids.length
    },
  }
}

async function signIn(
  parts: SessionParts,
  link: string,
  client: 'console' | 'cli',
): Promise<{ session: string; person: PersonRow }> {
  const { reader, writer, clock, rights } = parts
  const hash = credentialKind(link) === 'link' ? credentialHash(link) : undefined
  const id = hash && (await reader.linkPerson(hash, clock.now()))
  const person = id === undefined ? undefined : await reader.person(id)
  if (hash === undefined || person === undefined) throw linkOver()
  refuseWithoutAccess(parts, person)
  const { entry, session } = newSession(parts, person, client)
  if (!(await writer.redeemLink(hash, entry, kept(entry.at)))) throw linkOver()
  await rights.record('signed-in', person, { by: person.id, credential: entry.id })
  return { session, person }
}

function newSession(
  { clock, ids }: SessionParts,
  { id: person }: PersonRow,
  client: 'console' | 'cli',
): { entry: SessionEntry; session: string } {
  const at = clock.now()
  const session = newCredential('session', clock)
  const hash = credentialHash(session)
  return {
    entry: { hash, id: namedId(ids, 's'), person, client, at, expiresAt: at + sessionLifeMs },
    session,
  }
}

function kept(at: number) {
  return { countMax: sessionsPerPersonMax, seenSince: at - sessionIdleMs }
}

function refuseWithoutAccess({ isClosed }: SessionParts, { organization, roles }: PersonRow): void {
  if (isClosed(organization))
    throw new Fault('identity.closed', { detail: 'nobody signs in to a closed organisation' })
  if (roles.length === 0) throw new Fault('auth.role', { detail: 'you have no role any more' })
}

function linkOver(): Fault {
  return new Fault('auth.expired', {
    detail: 'the sign-in link was used already, is too old, or is none of this node',
    where: 'token',
    remedy: 'Ask an owner for a new link; each one works once.',
  })
}
