import type { SignedMandate } from '@ambit/core/mandate'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { MandateBook } from './mandate-book.ts'
import type { MandateReader } from './mandate-store.ts'
import { tokenSubject } from './tokens.ts'
import type { Tokens } from './tokens.ts'

export interface FollowParts {
  readonly book: MandateBook
  readonly store: MandateReader
  readonly tokens: Pick<Tokens, 'learn' | 'heal'>
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
}

/** A chain is never this deep; rows that say so are not followed. */
const depthMax = 100
/** Ids in one message of the bus. */
const idsPerMessageMax = 100

/** Fills the book with every mandate that is not over. */
export async function loadBook({
  book,
  store,
  clock,
  log,
}: Omit<FollowParts, 'tokens' | 'bus'>): Promise<void> {
  let rest = await store.active(clock.now())
  // Rows of one millisecond may stand before their parents; each round adds at least one level.
  for (let before = Infinity; rest.length > 0 && rest.length < before;) {
    before = rest.length
    rest = rest.filter((row) => book.add(row.signed) === undefined)
  }
  for (const row of rest) log.warn('mandate.without-parent', { id: row.signed.body.id })
}

/**
 * Hears what other replicas grant and revoke. A revocation counts at once; a mandate or a token is read from the store
 * before it is believed. What was not heard is found there too.
 */
export function followReplicas(parts: FollowParts): (() => void)[] {
  const { book, tokens, bus } = parts
  async function learnToken(id: string, mandate: unknown): Promise<void> {
    if (typeof mandate === 'string') await learnMandate(parts, mandate)
    await tokens.learn(id)
  }
  return [
    bus.subscribe('mandate.revoked', ({ ids }) => {
      if (Array.isArray(ids)) book.revoke(ids as readonly string[])
    }),
    bus.subscribe('mandate.granted', ({ id }, _subject, from) => {
      if (from === 'here' || typeof id !== 'string') return
      learnMandate(parts, id)
        .then((isNew) => isNew && bus.tell('mandate.granted', { id }))
        .catch((error: unknown) => bus.missed(error))
    }),
    bus.subscribe(tokenSubject, ({ id, mandate, step }, _subject, from) => {
      if (from === 'here' || step !== 'created' || typeof id !== 'string') return
      learnToken(id, mandate).catch((error: unknown) => bus.missed(error))
    }),
    bus.onGap(async () => await heal(parts)),
  ]
}

/** Reads a mandate and all above it that are not here. Whether it is here now and was not before. */
async function learnMandate({ book, store }: FollowParts, id: string): Promise<boolean> {
  const missing: SignedMandate[] = []
  for (let next: string | undefined = id; next !== undefined && book.get(next) === undefined;) {
    const row = await store.find(next)
    if (row === undefined || row.revoked !== null || missing.push(row.signed) > depthMax) return false
    next = row.signed.body.parent
  }
  for (const signed of missing.toReversed()) {
    if (book.add(signed) === undefined) return false
    // A revocation that was heard between reading and adding it found nothing to mark.
    const row = await store.find(signed.body.id)
    if (row !== undefined && row.revoked !== null) book.revoke([signed.body.id])
  }
  return missing.length > 0
}

async function heal(parts: FollowParts): Promise<void> {
  const { book, store, tokens, bus, clock } = parts
  const known = new Set([...book.entries()].map((entry) => entry.body.id))
  await loadBook(parts)
  const revoked = book.revoke(await store.revoked(clock.now()))
  // Whoever has acts under way below them ends those.
  for (let from = 0; from < revoked.length; from += idsPerMessageMax)
    bus.tell('mandate.revoked', { ids: revoked.slice(from, from + idsPerMessageMax) })
  for (const { body } of book.entries()) if (!known.has(body.id)) bus.tell('mandate.granted', { id: body.id })
  await tokens.heal()
}
