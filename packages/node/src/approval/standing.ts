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
  give(row: StandingRow, pattern: Pattern, person: string): Promise<void>
  /** Ends one. It answers nothing from the moment of the call. */
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

export function createStandings(options: StandingOptions): Standings {
  const { store, keyring, bus, clock, log } = options
  let index = new StandingIndex()

  function patternOf(row: StandingRow): Pattern | undefined {
    return row.pattern === null
      ? undefined
      : (JSON.parse(keyring.open(sealed, row.id, row.pattern).toString('utf8')) as Pattern)
  }
  function take(into: StandingIndex, row: StandingRow): void {
    const pattern = patternOf(row)
    if (pattern === undefined || row.ended !== null || row.leaf === null || row.expires <= clock.now()) return
    into.add({ id: row.id, expires: row.expires, pattern, chain: pattern.links.join(' ') })
  }
  async function load(): Promise<void> {
    const fresh = new StandingIndex()
    let after = ''
    for (;;) {
      const page = await store.live(clock.now(), after)
      for (const row of page) take(fresh, row)
      if (page.length === 0) break
      after = page.at(-1)!.id
    }
    index = fresh
  }
  const unsubscribes = [
    // It widens, so the message only says «look».
    bus.subscribe('standing.given', ({ id }, _, from) => {
      if (typeof id !== 'string' || from === 'here') return
      store
        .find(id)
        .then((row) => row && take(index, row))
        .catch((error: unknown) => log.error('standing.not-read', { error: String(error) }))
    }),
    bus.subscribe('standing.ended', ({ ids }) => {
      if (Array.isArray(ids)) for (const id of ids as readonly string[]) index.remove(id)
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
    async give(row, pattern, person) {
      await store.insert(row)
      const known = (await store.find(row.id)) ?? row
      if (known.leaf === null) {
        const leaf = await options.leaf(known, 'standing', person)
        await store.logged(row.id, leaf)
        take(index, { ...known, leaf, pattern: known.pattern ?? sealPattern(keyring, row.id, pattern) })
      }
      bus.publish('standing.given', { id: row.id, organization: row.organization, subject: row.subject })
    },
    async end(row, person) {
      index.remove(row.id)
      if (row.ended !== null)
        throw new Fault('approval.decided', { detail: 'it was ended before', where: row.id })
      bus.publish('standing.ended', { ids: [row.id], organization: row.organization, subject: row.subject })
      // The log before the store: should it not take it, asking again completes it.
      await options.leaf(row, 'ended', person)
      await store.end(row.id, clock.now())
    },
    async endOf(subject) {
      const rows = await store.endOf(subject, clock.now())
      const ids = rows.map(({ id }) => id)
      for (const id of ids) index.remove(id)
      if (ids.length > 0) bus.publish('standing.ended', { ids })
      for (const row of rows) await options.leaf(row, 'ended')
    },
    async sweep(keptSince) {
      index.forget(clock.now())
      await store.purge(keptSince)
    },
    close() {
      for (const unsubscribe of unsubscribes) unsubscribe()
    },
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
