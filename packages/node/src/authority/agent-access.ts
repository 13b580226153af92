import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Authentication } from './authority.ts'
import { delegatedIn } from './delegated-id.ts'
import type { HeldMandate, Holders } from './holders.ts'
import type { BookEntry, MandateBook } from './mandate-book.ts'

/** A mandate that its agent has not used for so long is let go of; the next use takes it up again. */
const idleMsMax = 30 * 60_000
/** Mandates named to an agent that has to choose. */
const namedMax = 10

/** An agent that proved who it is: by its certificate, or by a signature with its key. */
export interface ProvenAgent {
  /** AIC */
  readonly aic: string
  /** The organisation that keeps its record here; undefined where a foreign authority vouches for it. */
  readonly organization: string | undefined
}

/**
 * Acting as oneself: an agent that proved who it is acts under a mandate in force that names it, without a token. What
 * hangs below another mandate of the same agent, and what was handed on to it in a call, counts only when it is named.
 */
export interface AgentAccess {
  /**
   * The mandate to act under, from memory; `mandate` names one, which an agent with several has to. Fails with
   * `auth.mandate`, which says what to ask for, and as tokens do.
   */
  authenticate(agent: ProvenAgent, mandate: string | undefined): Authentication
  /** Resolves when `authenticate` has what it needs; undefined: it has. Never rejects. */
  ready(agent: ProvenAgent, mandate: string | undefined): Promise<void> | undefined
  /** Lets go of what nobody uses. */
  sweep(): void
  close(): void
}

export interface AgentAccessParts {
  readonly book: MandateBook
  readonly holders: Pick<Holders, 'hold' | 'letGo' | 'renew'>
  readonly bus: Pick<Bus, 'subscribe' | 'onGap'>
  readonly clock: Clock
  readonly log: Log
}

const none: ReadonlySet<BookEntry> = new Set()

interface Access {
  readonly entry: BookEntry
  readonly held: HeldMandate
  readonly answer: Authentication
  usedAt: number
}

export function createAgentAccess(parts: AgentAccessParts): AgentAccess {
  const { book, holders, bus, clock, log } = parts
  /** First mandates of each agent, by AIC; those that are over are left out when they are looked at. */
  const own = new Map<string, Set<BookEntry>>()
  const warm = new Map<string, Access>()
  const opening = new Map<string, Promise<void>>()

  function learn(entry: BookEntry | undefined): void {
    const agent = entry?.body.agent
    if (entry === undefined || agent === undefined || !isFirst(entry)) return
    const known = own.get(agent)
    if (known === undefined) own.set(agent, new Set([entry]))
    else known.add(entry)
  }

  function choose(agent: ProvenAgent, mandate: string | undefined): BookEntry | Failed {
    const now = clock.now()
    if (mandate !== undefined) {
      const named = book.get(mandate)
      return named !== undefined && isFor(named, agent) ? inForce(named, now) : unknownMandate
    }
    let one: BookEntry | undefined
    let count = 0
    for (const entry of own.get(agent.aic) ?? none) {
      if (!isFor(entry, agent) || 'ok' in inForce(entry, now)) continue
      one = entry
      count += 1
    }
    if (one === undefined) return noMandate(agent)
    return count === 1 ? one : several(usable(own.get(agent.aic)!, agent, now))
  }

  async function open(entry: BookEntry): Promise<void> {
    const { id } = entry.body
    try {
      // Who it is was proven by certificate or signature: its chain need not be shown.
      const held = await holders.hold(entry, true)
      warm.set(id, { entry, held, answer: { ok: true, holder: held.holder }, usedAt: clock.now() })
    } catch (error) {
      log.error('agent.mandate-not-held', { mandate: id, error: String(error) })
    } finally {
      opening.delete(id)
    }
  }

  const load = () => {
    for (const entry of book.entries()) learn(entry)
  }
  load()
  const ends = [
    bus.subscribe('mandate.granted', ({ id }) => {
      if (typeof id === 'string') learn(book.get(id))
    }),
    bus.onGap(async () => await Promise.resolve(load())),
  ]

  return {
    authenticate(agent, mandate) {
      const chosen = choose(agent, mandate)
      if ('ok' in chosen) return chosen
      const access = warm.get(chosen.body.id)
      if (access === undefined || access.entry !== chosen) return opened
      const now = clock.now()
      access.usedAt = now
      return now < access.held.holder.chain.expiresAt ? access.answer : opened
    },
    ready(agent, mandate) {
      const chosen = choose(agent, mandate)
      if ('ok' in chosen) return undefined
      const { id } = chosen.body
      const access = warm.get(id)
      if (access?.entry === chosen) {
        if (clock.now() < access.held.holder.chain.expiresAt) return undefined
        return holders.renew(access.held)
      }
      const begun = opening.get(id) ?? open(chosen)
      opening.set(id, begun)
      return begun
    },
    sweep() {
      const now = clock.now()
      for (const [id, access] of warm) {
        const isOver = access.entry.revoked || now >= access.entry.expiresAt
        if (!isOver && now - access.usedAt <= idleMsMax) continue
        warm.delete(id)
        holders.letGo(access.held)
      }
      for (const [aic, entries] of own) {
        for (const entry of entries) if (entry.revoked || now >= entry.expiresAt) entries.delete(entry)
        if (entries.size === 0) own.delete(aic)
      }
    },
    close() {
      for (const end of ends) end()
    },
  }
}

/** Those in force that are for it. */
function usable(entries: Iterable<BookEntry>, agent: ProvenAgent, now: number): BookEntry[] {
  return [...entries].filter((entry) => isFor(entry, agent) && !('ok' in inForce(entry, now)))
}

type Failed = Extract<Authentication, { readonly ok: false }>

const opened = {
  ok: false,
  code: 'auth.expired',
  detail: 'the node is preparing the mandate; try again in a moment',
} as const satisfies Authentication

const unknownMandate = failed('the mandate that Ambit-Mandate names is none of this agent')

function failed(detail: string): Failed {
  return { ok: false, code: 'auth.mandate', detail }
}

function noMandate({ aic }: ProvenAgent): Failed {
  return failed(
    `this is the agent ${aic}, and no mandate in force names it: a person gives it one, with \`agent\` set to it`,
  )
}

function several(entries: readonly BookEntry[]): Failed {
  const ids = entries.slice(0, namedMax).map(({ body }) => body.id)
  const more = entries.length > namedMax ? ` and ${entries.length - namedMax} more` : ''
  return failed(
    `${entries.length} mandates name this agent: name one in the header Ambit-Mandate (${ids.join(', ')}${more})`,
  )
}

/** Not below another of the same agent, and not handed on in a call. */
function isFirst({ body, parent }: BookEntry): boolean {
  return parent?.body.agent !== body.agent && delegatedIn(body.id) === undefined
}

/** A foreign authority speaks for no agent of an organisation here, whatever its certificates say. */
function isFor({ body }: BookEntry, { aic, organization }: ProvenAgent): boolean {
  return body.agent === aic && body.organization === organization
}

function inForce(entry: BookEntry, now: number): BookEntry | Failed {
  if (entry.revoked) return { ok: false, code: 'auth.revoked', detail: 'the mandate was revoked' }
  if (now >= entry.expiresAt) return { ok: false, code: 'auth.expired', detail: 'the mandate is over' }
  if (now < Date.parse(entry.body.notBefore)) return failed('the mandate has not begun')
  return entry
}
