import type { Decision } from '@ambit/core/decision'
import type { Bus } from '../bus/bus.ts'
import { revokedSubject } from '../identity/identity.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../kernel/log.ts'
import type { Authentication } from './authority.ts'
import type { MandateBook } from './mandate-book.ts'
import { reason } from './reasons.ts'

const tokenRefused = {
  ok: false,
  code: 'auth.revoked',
  detail: 'the person of the token has no role in their organisation any more',
} as const satisfies Authentication

export interface LeaverParts {
  readonly book: MandateBook
  readonly identity: Pick<Identity, 'person'>
  readonly bus: Bus
  readonly log: Log
  /** Stops acts under way below these mandates. */
  readonly stop: (ids: readonly string[]) => Promise<number>
}

/** People who have no role any more: nothing is done in their name until they have one again. */
export interface Leavers {
  /** From memory, for the path of an act. */
  has(person: string): boolean
  close(): void
}

export async function openLeavers({ book, identity, bus, log, stop }: LeaverParts): Promise<Leavers> {
  const gone = new Set<string>()
  const rootsOf = (person?: string) =>
    [...book.entries()].filter(
      ({ body, parent }) => parent === undefined && (person === undefined || body.subject === person),
    )

  async function look(person: string): Promise<void> {
    const known = await identity.person(person)
    if (known?.roles.length !== 0) {
      gone.delete(person)
      return
    }
    if (gone.has(person)) return
    gone.add(person)
    const ids = rootsOf(person).map(({ body }) => body.id)
    if (ids.length > 0) await stop(ids)
  }

  async function load(): Promise<void> {
    for (const person of new Set([...gone, ...rootsOf().map(({ body }) => body.subject)])) await look(person)
  }

  const ends = [
    bus.subscribe(revokedSubject, ({ person }) => {
      if (typeof person !== 'string') return
      look(person).catch((error: unknown) => {
        log.error('person.not-looked-up', { person, error: String(error) })
        bus.missed(error)
      })
    }),
    bus.onGap(load),
  ]
  await load()
  return {
    has: (person) => gone.size > 0 && gone.has(person),
    close() {
      for (const end of ends) end()
    },
  }
}

export function unlessGone(leavers: Pick<Leavers, 'has'>, found: Authentication): Authentication {
  return found.ok && leavers.has(found.holder.subject) ? tokenRefused : found
}

export function goneDecision(person: string): Decision {
  return { class: 'refuse', reasons: [reason('person.no-role', person)], obligations: [] }
}
