import { Fault } from '@ambit/core/fault'
import type { Decision, Reason } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import type { Labels } from '@ambit/core/label'
import type { Mandate } from '@ambit/core/mandate'
import type { Bus } from '../bus/bus.ts'
import { erasedSubject } from '../identity/identity.ts'
import type { Identity, SubjectKeys } from '../identity/identity.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { Store } from '../store/store.ts'
import * as budgets from './budgets.ts'
import { decide, mayCall } from './decide.ts'
import type { GrantParts, KnownAgent } from './grants.ts'
import { createHolders } from './holders.ts'
import { LiveChain } from './live-chain.ts'
import { createMandateBook } from './mandate-book.ts'
import type { MandateBook } from './mandate-book.ts'
import { openMandateStore } from './mandate-store.ts'
import type { MandateReader } from './mandate-store.ts'
import { reason } from './reasons.ts'
import { createSpent } from './spent.ts'
import type { Spent } from './spent.ts'
import { createTokenReader, createTokenWriter } from './token-store.ts'
import type { TokenReader } from './token-store.ts'
import { createTokens } from './tokens.ts'
import type { Tokens } from './tokens.ts'

export type { KnownAgent } from './grants.ts'
export { reasonInChinese } from './reasons.ts'

/** Whoever holds a token: what the path of an act knows of the caller. One object for each mandate that tokens
 * are bound to, changed in place. */
export interface Holder {
  /** did:key that holds the standing mandate; history and sessions belong to it. */
  readonly key: string
  /** Principal id of the person on whose word it acts. */
  readonly subject: string
  readonly organization: string
  /** AIC of the registered agent that calls, where it is one. */
  readonly agent: string | undefined
  /** Who acts, then each caller before: AIC or did:key, then the person. As the intent leaf has it. */
  readonly callers: readonly string[]
  /** The chain in force, leaf last; a new one is minted before it expires. */
  readonly chain: HeldChain
  /** Keys of the person's contents and commitments in this period; others once it turns or they are erased. */
  readonly subjectKeys: SubjectKeys
}

export interface HeldChain {
  readonly mandates: readonly Mandate[]
  /** Ids, root first. */
  readonly links: readonly string[]
  readonly digest: Digest
  /** Earliest end of any link, in ms. */
  readonly expiresAt: number
  /** Set at once when any link is revoked. */
  readonly revoked: boolean
}

export type Authentication =
  | { readonly ok: true; readonly holder: Holder }
  | {
      readonly ok: false
      readonly code: 'auth.missing' | 'auth.unknown-token' | 'auth.expired' | 'auth.revoked'
      readonly detail: string
    }

/** What is to be decided. */
export interface Question {
  readonly chain: HeldChain
  readonly target: Target
  readonly capability: TargetCapability
  readonly arguments: unknown
  readonly labels: Labels
  readonly place: string | undefined
  readonly now: number
}

export interface Authority {
  /** Looks a bearer token up in memory (by its SHA-256). No promise, no database. */
  authenticate(token: string): Authentication
  /** Mandate chain, profile and catalogue default together. Pure and in memory. */
  decide(question: Question): Decision
  /** Whether the chain lets its holder see the capability at all (lists). */
  mayCall(chain: HeldChain, target: Target, capability: TargetCapability): boolean
  /** Takes one act from the budgets of every link, or says which is used up. */
  reserve(chain: HeldChain, now: number): Reason | undefined
  /** Gives the act back to the budgets: it was reserved but never sent. */
  release(chain: HeldChain): void
  /**
   * The holder of that did:key whose chain passes through the same lasting links (standing, task) as `links` does, with
   * its chain in force now; undefined when it was revoked. For acts that are resumed.
   */
  holderOf(key: string, links: readonly string[]): Holder | undefined
}

/** The authority of a running node, with what its routes and the start of the gateway need. */
export interface OpenAuthority extends Authority, Spent, AsyncDisposable {
  readonly mandates: MandateParts
}

/** What the routes of this room work with. */
export interface MandateParts extends GrantParts {
  readonly tokenStore: TokenReader
  readonly tokens: Tokens
}

export interface AuthorityOptions {
  readonly store: Store
  readonly identity: Identity
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly log: Log
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly catalog: Pick<Catalog, 'decisions'>
  /** A record by slug or AIC, from memory. */
  readonly target: (slugOrId: string) => Target | undefined
  /** A registered agent by slug or AIC, with its keys. */
  readonly agent: (organization: string, name: string) => Promise<KnownAgent | undefined>
  /** Stops acts under way below these mandates; gives their number. The gateway's; left out: nothing is under way. */
  readonly stop?: (ids: readonly string[]) => Promise<number>
}

/** How often leaves are looked at that end soon. */
const sweepMs = 60_000
/** How long ended mandates stay in memory, so that their users hear that they ended. */
const keepEndedMs = 60 * 60_000

/** Loads every mandate that is not over, mints the leaves of those that have tokens, and keeps both current. */
export async function openAuthority(options: AuthorityOptions): Promise<OpenAuthority> {
  const { identity, log, bus, clock, ids } = options
  const store = await openMandateStore(options.store)
  const book = createMandateBook()
  await loadBook(book, store, clock, log)
  const holders = createHolders({ identity, clock, ids, log })
  const tokenStore = { ...createTokenReader(options.store), ...createTokenWriter(options.store) }
  const tokens = createTokens({ book, holders, store: tokenStore, bus, clock, ids, log })
  await tokens.load()
  const unsubscribe = [
    bus.subscribe('mandate.revoked', (message) => {
      const revoked = message['ids']
      if (Array.isArray(revoked)) book.revoke(revoked as readonly string[])
    }),
    bus.subscribe(erasedSubject, ({ person }) => {
      if (typeof person !== 'string') return
      holders
        .rekey(person)
        .catch((error: unknown) => log.error('subject.not-rekeyed', { error: String(error) }))
    }),
    bus.subscribe('mandate.granted', (message) => {
      const id = message['id']
      if (typeof id === 'string' && book.get(id) === undefined) addFromStore(id)
    }),
  ]
  function addFromStore(id: string): void {
    store
      .find(id)
      .then((row) => row && row.revoked === null && book.add(row.signed))
      .catch((error: unknown) => log.error('mandate.not-loaded', { id, error: String(error) }))
  }

  let cancel = clock.after(sweepMs, sweep)
  function sweep(): void {
    cancel = clock.after(sweepMs, sweep)
    for (const entry of book.prune(clock.now() - keepEndedMs)) {
      tokens.prune(entry)
      holders.prune(entry)
    }
    holders.sweep().catch((error: unknown) => log.error('mandate.sweep-failed', { error: String(error) }))
  }

  const { agent, leaves, stop = async () => 0 } = options
  const parts: GrantParts = { identity, leaves, book, store, bus, clock, ids, agent, stop }
  return {
    ...hotPath(options, tokens),
    holderOf: (key, links) => holders.find(key, links),
    ...createSpent(book, store),
    mandates: { ...parts, tokenStore, tokens },
    async [Symbol.asyncDispose]() {
      cancel()
      for (const end of unsubscribe) end()
    },
  }
}

function hotPath(
  { catalog, target, clock }: AuthorityOptions,
  tokens: Pick<Tokens, 'authenticate'>,
): Omit<Authority, 'holderOf'> {
  return {
    authenticate: (token) => tokens.authenticate(token),
    decide: (question) => decide(live(question.chain), question, catalog.decisions, target),
    mayCall: (chain, to, capability) => mayCall(live(chain), to, capability, clock.now()),
    reserve(chain, now) {
      const short = budgets.reserve(live(chain).budgets, now)
      return short && reason(short.code, short.mandate)
    },
    release: (chain) => budgets.release(live(chain).budgets),
  }
}

/** Chains come from this room only. */
function live(chain: HeldChain): LiveChain {
  if (chain instanceof LiveChain) return chain
  throw new Fault('internal', { detail: 'the chain was not made by the authority' })
}

async function loadBook(book: MandateBook, store: MandateReader, clock: Clock, log: Log): Promise<void> {
  let rest = await store.active(clock.now())
  // Rows of one millisecond may stand before their parents; each round adds at least one level.
  for (let before = Infinity; rest.length > 0 && rest.length < before;) {
    before = rest.length
    rest = rest.filter((row) => book.add(row.signed) === undefined)
  }
  for (const row of rest) log.warn('mandate.without-parent', { id: row.signed.body.id })
}
