import type { Decision } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { ApprovalLeaf } from '@ambit/core/leaf'
import { lastingLinks } from '@ambit/core/mandate-chain'
import type { Question } from '../authority/authority.ts'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Log } from '../kernel/log.ts'
import { argumentsMatch, askingRule } from './pattern.ts'
import type { Pattern } from './pattern.ts'
import type { StandingRow, StandingStore } from './standing-store.ts'

/** Standing approvals of one person at a time: more than anyone keeps in mind. */
export const standingPerPersonMax = 200

/** What the path of an act looks at: a standing approval without what belongs to the store. */
interface Live {
  readonly id: string
  readonly expires: number
  readonly pattern: Pattern
  /** The lasting mandates as one text. */
  readonly chain: string
}

/** Standing approvals in force: kept in memory, by the mandate and capability that they are for. */
export interface Standings {
  /** The one that answers what would be asked; undefined: ask. In memory, no promise. */
  answer(
    question: Pick<Question, 'chain' | 'target' | 'capability' | 'arguments' | 'now'>,
    decision: Decision,
  ): string | undefined
  /** Puts one into force: in the store, in the log, then in memory. Throws what the log throws; may be called again. */
  give(row: StandingRow): Promise<void>
  /**
   * Ends one for good. It answers nothing from the moment of the call, also where the log does not take it: asking again
   * then writes it there.
   */
  end(row: StandingRow, person: string): Promise<void>
  endOf(subject: string): Promise<void>
  patternOf(row: StandingRow): Pattern | undefined
  find(id: string): Promise<StandingRow | undefined>
  list(organization: string, subject: string | undefined, after: string): Promise<StandingRow[]>
  liveCount(subject: string): Promise<number>
  /** Forgets what is over; runs with the sweep. */
  sweep(keptSince: number): Promise<void>
  /** Reads all of them from the store: at start, and when messages of other replicas may have been missed. */
  load(): Promise<void>
  close(): void
}

export interface StandingOptions {
  readonly store: StandingStore
  readonly keyring: Keyring
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  leaf(
    row: { id: string; act: string; card: Digest },
    step: ApprovalLeaf['step'],
    person?: string,
  ): Promise<number>
}

const sealed = 'approval.standing'

export function sealPattern(keyring: Keyring, id: string, pattern: Pattern): Buffer {
  return keyring.seal(sealed, id, JSON.stringify(pattern))
}

/** What was read before it ended may come in after: for so long it is known that it did. */
const keepEndedMs = 10 * 60_000

export function createStandings(options: StandingOptions): Standings {
  const { store, keyring, bus, clock, log } = options
  let index = new StandingIndex()
  const ended = new EndedLately()
  /** What comes into force while all are read anew. */
  let meanwhile: StandingRow[] | undefined

  function patternOf(row: StandingRow): Pattern | undefined {
    return row.pattern === null
      ? undefined
      : (JSON.parse(keyring.open(sealed, row.id, row.pattern).toString('utf8')) as Pattern)
  }
  function take(into: StandingIndex, row: StandingRow): void {
    const pattern = patternOf(row)
    if (pattern === undefined || row.ended !== null || row.leaf === null || row.expires <= clock.now()) return
    if (ended.has(row.id)) return
    into.add({ id: row.id, expires: row.expires, pattern, chain: pattern.links.join(' ') })
  }
  /** As the store has it by now: it widens, so nothing else is believed. */
  async function look(id: string): Promise<void> {
    const row = await store.find(id)
    if (row === undefined) return
    take(index, row)
    meanwhile?.push(row)
  }
  function drop(ids: readonly string[]): void {
    ended.add(ids, clock.now())
    for (const id of ids) index.remove(id)
  }
  async function load(): Promise<void> {
    const fresh = new StandingIndex()
    const late = (meanwhile = [] as StandingRow[])
    for await (const row of allLive(store, clock)) take(fresh, row)
    for (const row of late) take(fresh, row)
    index = fresh
    meanwhile = undefined
  }
  async function logEnd(row: StandingRow, person?: string): Promise<void> {
    await store.endLogged(row.id, await options.leaf(row, 'ended', person))
  }
  const unsubscribes = [
    bus.subscribe('standing.given', ({ id }, _, from) => {
      if (typeof id !== 'string' || from === 'here') return
      look(id).catch((error: unknown) => log.error('standing.not-read', { error: String(error) }))
    }),
    bus.subscribe('standing.ended', ({ ids }) => {
      if (Array.isArray(ids)) drop(ids as readonly string[])
    }),
    bus.onGap(load),
  ]
  return {
    answer: (question, decision) => index.answer(question, decision),
    patternOf,
    load,
    find: async (id) => await store.find(id),
    list: async (organization, subject, after) => await store.list(organization, clock.now(), subject, after),
    liveCount: async (subject) => await store.liveCount(subject, clock.now()),
    async give(row) {
      await store.insert(row)
      const known = (await store.find(row.id)) ?? row
      if (known.leaf === null && known.ended === null)
        await store.logged(row.id, await options.leaf(known, 'standing', known.given_by))
      await look(row.id)
      bus.publish('standing.given', { id: row.id, organization: row.organization, subject: row.subject })
    },
    async end(row, person) {
      drop([row.id])
      await store.end(row.id, clock.now())
      bus.publish('standing.ended', { ids: [row.id], organization: row.organization, subject: row.subject })
      if ((await store.find(row.id))?.ended_leaf != null)
        throw new Fault('approval.decided', { detail: 'it was ended before', where: row.id })
      await logEnd(row, person)
    },
    async endOf(subject) {
      const rows = await store.endOf(subject, clock.now())
      const ids = rows.map(({ id }) => id)
      drop(ids)
      if (ids.length > 0) bus.publish('standing.ended', { ids })
      for (const row of rows) await logEnd(row)
    },
    async sweep(keptSince) {
      const now = clock.now()
      index.forget(now)
      ended.forget(now - keepEndedMs)
      await store.purge(keptSince)
    },
    close() {
      for (const unsubscribe of unsubscribes) unsubscribe()
    },
  }
}

async function* allLive(
  store: StandingStore,
  clock: Pick<Clock, 'now'>,
): AsyncGenerator<StandingRow, void, undefined> {
  for (let after = ''; ;) {
    const page = await store.live(clock.now(), after)
    yield* page
    if (page.length === 0) return
    after = page.at(-1)!.id
  }
}

/** Ids of those that ended a while ago at most, and when that was heard. */
class EndedLately {
  readonly #at = new Map<string, number>()

  add(ids: readonly string[], now: number): void {
    for (const id of ids) this.#at.set(id, now)
  }

  has(id: string): boolean {
    return this.#at.has(id)
  }

  forget(before: number): void {
    for (const [id, at] of this.#at) if (at < before) this.#at.delete(id)
  }
}

/** By the last lasting mandate, then by what cheaply tells them apart. */
class StandingIndex {
  readonly #byMandate = new Map<string, Live[]>()

  add(live: Live): void {
    const mandate = live.pattern.links.at(-1) ?? ''
    const list = this.#byMandate.get(mandate)?.filter(({ id }) => id !== live.id) ?? []
    this.#byMandate.set(mandate, [...list, live])
  }

  remove(id: string): void {
    this.#keep((live) => live.id !== id)
  }

  forget(now: number): void {
    this.#keep((live) => live.expires > now)
  }

  #keep(keep: (live: Live) => boolean): void {
    for (const [mandate, list] of this.#byMandate) {
      const left = list.filter(keep)
      if (left.length === list.length) continue
      if (left.length === 0) this.#byMandate.delete(mandate)
      else this.#byMandate.set(mandate, left)
    }
  }

  answer(
    { chain, target, capability, arguments: values, now }: Parameters<Standings['answer']>[0],
    decision: Decision,
  ): string | undefined {
    if (this.#byMandate.size === 0 || decision.class !== 'ask' || !capability.accepted) return undefined
    if (decision.obligations.includes('step-up') || decision.obligations.includes('second-person'))
      return undefined
    const links = lastingLinks(chain.links)
    const list = this.#byMandate.get(links.at(-1) ?? '')
    if (list === undefined) return undefined
    const text = links.join(' ')
    const { profile } = capability
    const found = list.find(
      ({ pattern, expires, chain: own }) =>
        expires > now &&
        own === text &&
        pattern.target === target.digest &&
        pattern.capability === capability.id &&
        pattern.definition === capability.definition &&
        pattern.effect === profile.effect &&
        pattern.reversibility === profile.reversibility &&
        decision.reasons.every(({ rule }) => pattern.rules.includes(askingRule(rule))) &&
        argumentsMatch(pattern, values, profile.roles),
    )
    return found?.id
  }
}
