import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Caller } from '../kernel/route.ts'
import { credentialHash, credentialKind } from './credential.ts'
import type { CredentialRow, IdentityReader } from './identity-store.ts'
import type { SessionWriter } from './session-store.ts'

/** A session that nobody uses for this long is over: a console left open on a shared desk. */
export const sessionIdleMs = 12 * 60 * 60 * 1000
/** Callers kept in memory, about 500 bytes each; more are read again from the store. */
const cachedMax = 10_000
/** How long a cached caller is believed: bounds what a revocation message lost between replicas can do. */
const believedMs = 60_000
/** Use of a session is written at most this often; the idle limit is exact to this much. */
const seenEveryMs = 5 * 60 * 1000

interface Entry {
  readonly caller: Caller
  readonly readAt: number
  readonly expiresAt: number
  /** Sessions only. */
  seenAt: number | undefined
}

/** Says whose a session or API token is, from memory where it can. */
export interface Callers {
  callerOf(credential: string): Promise<Caller | undefined>
  /** Something was revoked or changed: everything is read anew, also what is being read at this moment. */
  forget(): void
}

export function createCallers(
  reader: IdentityReader,
  writer: Pick<SessionWriter, 'touchSession'>,
  clock: Clock,
): Callers {
  const cache = new BoundedMap<string, Entry>(cachedMax)
  let generation = 0

  async function read(hash: string, kind: 'session' | 'token'): Promise<Entry | undefined> {
    const begun = generation
    const row = kind === 'session' ? await reader.session(hash) : await reader.token(hash)
    if (row === undefined || row.closed || row.person.roles.length === 0) return undefined
    const entry = entryOf(row, kind, clock.now())
    // A revocation that came while the store was read may be newer than the row: use it once, do not keep it.
    if (begun === generation) cache.set(hash, entry)
    return entry
  }
  return {
    async callerOf(credential) {
      const kind = credentialKind(credential)
      if (kind !== 'session' && kind !== 'token') return undefined
      const hash = credentialHash(credential)
      const now = clock.now()
      const cached = cache.get(hash)
      const entry = cached !== undefined && now - cached.readAt < believedMs ? cached : await read(hash, kind)
      if (entry === undefined || isOver(entry, now)) {
        cache.delete(hash)
        return undefined
      }
      if (entry.seenAt !== undefined && now - entry.seenAt >= seenEveryMs) {
        entry.seenAt = now
        await writer.touchSession(hash, now)
      }
      return entry.caller
    },
    forget() {
      generation += 1
      cache.clear()
    },
  }
}

function entryOf(row: CredentialRow, kind: 'session' | 'token', now: number): Entry {
  return {
    caller: {
      person: row.person.id,
      organization: row.person.organization,
      roles: row.person.roles,
      by: kind,
      credential: row.id,
    },
    readAt: now,
    expiresAt: row.expiresAt ?? Number.POSITIVE_INFINITY,
    seenAt: kind === 'session' ? row.seenAt : undefined,
  }
}

function isOver(entry: Entry, now: number): boolean {
  return now >= entry.expiresAt || (entry.seenAt !== undefined && now - entry.seenAt >= sessionIdleMs)
}
