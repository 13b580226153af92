import { Fault } from '@ambit/core/fault'
import { lastingLinks } from '@ambit/core/mandate-chain'
import type { Decision, Reason } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import type { Labels } from '@ambit/core/label'
import type { Mandate } from '@ambit/core/mandate'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import type { Bus } from '../bus/bus.ts'
import { erasedSubject } from '../identity/identity.ts'
import type { Identity, SubjectKeys } from '../identity/identity.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { Replicas } from '../replica/replica.ts'
import type { Store } from '../store/store.ts'
import { createAgentAccess } from './agent-access.ts'
import type { AgentAccess } from './agent-access.ts'
import { openBudgeting } from './budgeting.ts'
import type { Budgeting, SpentView } from './budgeting.ts'
import { createChainCheck } from './chain-check.ts'
import { closedDecision, stopWhenClosed, unlessClosed } from './closed.ts'
import { goneDecision, openLeavers, unlessGone } from './leavers.ts'
import type { Leavers } from './leavers.ts'
import { decide, mayCall, mayReach } from './decide.ts'
import type { Sources } from './decide.ts'
import { createDelegating } from './delegation.ts'
import type { Delegating } from './delegation.ts'
import { followReplicas, loadBook } from './following.ts'
import type { GrantParts, KnownAgent } from './grants.ts'
import { createHolders } from './holders.ts'
import { LiveChain } from './live-chain.ts'
import { mayAsk } from './may-ask.ts'
import { createMandateBook } from './mandate-book.ts'
import { openMandateStore } from './mandate-store.ts'
import { createPresenting } from './presented.ts'
import type { Presenting } from './presented.ts'
import type { Spending } from './cost.ts'
import { createLeaseStore } from './lease-store.ts'
import type { Reservation, Spent } from './spent.ts'
import { createSpentStore } from './spent-store.ts'
import { openTightening } from './tightening.ts'
import type { Tightening } from './tightening.ts'
import { createTokenReader, createTokenWriter } from './token-store.ts'
import type { TokenReader } from './token-store.ts'
import { createTokens } from './tokens.ts'
import type { Tokens } from './tokens.ts'

export type { AgentAccess, ProvenAgent } from './agent-access.ts'
export { grant, revoke } from './grants.ts'
export { narrowOnce } from './reuse.ts'
export type { KnownAgent } from './grants.ts'
export { delegatedClient, newToken } from './tokens.ts'
export { costText } from './cost.ts'
export { amountOf } from './cost.ts'
export { reason, reasonInChinese } from './reasons.ts'
export type { Reservation, Reservations, Spent } from './spent.ts'
export { reaches } from './stop-book.ts'
export type { Stop, StoppableAct } from './stop-book.ts'
export type { StopRow } from './stop-store.ts'
export { mayLift } from './stops.ts'
export type { Stops } from './stops.ts'

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
  /** The act in which its mandate was handed on to it, where it was. */
  readonly parent?: string
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
  /**
   * A link limits what may be done in its life (calls, money, bytes): then the intent of an act is in the log before
   * anything is sent, so that no crash forgets what it took.
   */
  readonly bounded: boolean
}

export type Authentication =
  | {
      readonly ok: true
      readonly holder: Holder
      /** Thumbprint (RFC 7638) of the key that the token belongs to: it counts only with a proof by that key. */
      readonly key?: string
    }
  | {
      readonly ok: false
      readonly code:
        | 'auth.missing'
        | 'auth.unknown-token'
        | 'auth.expired'
        | 'auth.revoked'
        | 'auth.proof'
        | 'auth.sender'
        | 'auth.mandate'
        | 'auth.signature'
      readonly detail: string
      /** How such a token is shown, where it was shown in another way; left out: as `Bearer`. */
      readonly scheme?: 'DPoP'
    }

export type FailedAuthentication = Extract<Authentication, { readonly ok: false }>

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

/** What one act takes from the budgets. */
export interface Cost {
  /** One, and one for each further thing that its message asks for. */
  readonly calls: number
  /** Bytes of its arguments; 0 where no link limits money or bytes. */
  readonly bytesOut: number
  /** Undefined: the capability moves no money; `unknown`: it does, and its profile does not say how much. */
  readonly money: { readonly currency: string; readonly minor: number } | 'unknown' | undefined
}

export interface Authority {
  /** Looks a bearer token up in memory (by its SHA-256). No promise, no database. */
  authenticate(token: string): Authentication
  /** Mandate chain, profile and catalogue default together. Pure and in memory. */
  decide(question: Question): Decision
  /** Whether the chain lets its holder see the capability at all (lists). */
  mayCall(chain: HeldChain, target: Target, capability: TargetCapability): boolean
  /** Whether it may call something of a record at all; a quick no for those who look through many. */
  mayReach(chain: HeldChain, target: Pick<Target, 'id' | 'slug' | 'organization'>): boolean
  /** What an act would take from the budgets of its chain. */
  cost(chain: HeldChain, spending: Spending): Cost
  /** Takes one act from the budgets of every link, or says which is used up. */
  reserve(chain: HeldChain, cost: Cost, now: number): Reason | undefined
  /** Takes one act from the budgets whatever their limits say: on a node that only observes. */
  charge(chain: HeldChain, cost: Cost): void
  /** Gives the act back to the budgets: it was reserved but never sent, and the log says so. */
  release(reservation: Reservation): void
  /**
   * Why what was reserved then (monotonic ms) is no longer this process's to spend, just before it is sent; undefined:
   * it is. Never so on a node that is alone.
   */
  lapsed(chain: HeldChain, sinceMs: number): Reason | undefined
  /**
   * The holder of that did:key whose chain passes through the same lasting links (standing, task) as `links` does, with
   * its chain in force now; undefined when it was revoked. For acts that are resumed.
   */
  holderOf(key: string, links: readonly string[]): Holder | undefined
  /** The same where no token of the mandate is left: an act that waited for a person may outlive the token it came by. */
  wake(key: string, links: readonly string[]): Promise<Holder | undefined>
  /** Why a caller may not hand this on in a call to that target; undefined: it may. Pure and in memory. */
  delegationRefusal(chain: HeldChain, target: Target, wish: DelegationWish, now: number): Reason | undefined
  /**
   * Hands on, in that act, what a caller wishes: the value of the header `Ambit-Mandate` for the agent, a secret.
   * Throws a Fault; nothing was handed on then.
   */
  delegate(chain: HeldChain, target: Target, wish: DelegationWish, act: string, now: number): Promise<string>
}

/** The authority of a running node, with what its routes and the start of the gateway need. */
export interface OpenAuthority extends Authority, Spent, Pick<Presenting, 'present'>, AsyncDisposable {
  readonly mandates: MandateParts
  /** Agents that act as themselves, without a token. */
  readonly agents: AgentAccess
  /** Replicas whose budgets nobody has settled, without this one. */
  readonly unsettled: () => Promise<string[]>
  readonly rules: Tightening['rules']
  readonly stops: Tightening['stops']
  /** Whether some call of the capability may need a person first; arguments are not known yet. In memory. */
  mayAsk(chain: HeldChain, target: Target, capability: TargetCapability): boolean
}

/** What the routes of this room work with. */
export interface MandateParts extends GrantParts {
  /** What mandates spent, by id. */
  readonly spent: (mandates: readonly string[]) => Promise<Map<string, SpentView>>
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
  /** The node only observes: lists show whatever may be called then. Left out: it enforces. */
  readonly observe?: boolean
  /** A record by slug or AIC, from memory. */
  readonly target: (slugOrId: string) => Target | undefined
  /** A registered agent by slug or AIC, with its keys. */
  readonly agent: (organization: string, name: string) => Promise<KnownAgent | undefined>
  /** Keys of an agent that is called, those preferred first; left out: those its record names. */
  readonly agentKeys?: (target: Target) => readonly string[]
  /** Given where several processes share the activity log and the budgets; left out: this one is alone. */
  readonly replicas?: Replicas | undefined
  /** Entries in the activity log; left out: none. */
  readonly logSize?: () => number
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
  const { replicas, logSize = () => 0 } = options
  const budgeting = await openBudgeting({
    store: { ...createSpentStore(options.store), ...createLeaseStore(options.store) },
    book: () => book,
    replicas,
    logSize,
    clock,
    log,
  })
  const book = createMandateBook((budget) => budgeting.adopt(budget))
  await loadBook({ book, store, clock, log })
  await budgeting.leased()
  const tightening = await openTightening(options)
  const holders = createHolders({ identity, clock, ids, log })
  const tokenStore = { ...createTokenReader(options.store), ...createTokenWriter(options.store) }
  const tokens = createTokens({ book, holders, store: tokenStore, bus, clock, ids, log })
  await tokens.load()
  const access = createAgentAccess({ book, holders, bus, clock, log })
  const unsubscribe = [
    () => access.close(),
    ...followReplicas({ book, store, tokens, bus, clock, log }),
    bus.subscribe(erasedSubject, ({ person }) => {
      if (typeof person !== 'string') return
      holders
        .rekey(person)
        .catch((error: unknown) => log.error('subject.not-rekeyed', { error: String(error) }))
    }),
  ]

  let cancel = clock.after(sweepMs, sweep)
  function sweep(): void {
    cancel = clock.after(sweepMs, sweep)
    for (const entry of book.prune(clock.now() - keepEndedMs)) {
      tokens.prune(entry)
      holders.prune(entry)
    }
    holders.sweep().catch((error: unknown) => log.error('mandate.sweep-failed', { error: String(error) }))
    access.sweep()
    tokens.sweep().catch((error: unknown) => log.error('mandate.sweep-failed', { error: String(error) }))
  }

  const { agent, leaves, stop = async () => 0 } = options
  unsubscribe.push(stopWhenClosed({ book, bus, log, stop }))
  const leavers = await openLeavers({ book, identity, bus, log, stop })
  unsubscribe.push(() => leavers.close())
  const parts: GrantParts = {
    identity,
    leaves,
    book,
    store,
    bus,
    clock,
    ids,
    agent,
    agentKeys: options.agentKeys ?? ((target) => target.keys ?? []),
    stop,
    leased: async () => await budgeting.leased(),
  }
  const shown = { ...parts, chains: createChainCheck(), tokens, tokenStore }
  const presenting = createPresenting(shown)
  const sources = tightening.sources(options.catalog.decisions, options.target)
  return {
    ...hotPath(options, sources, tokens, leavers),
    mayAsk: (chain, to, capability) => mayAsk(live(chain), to, capability, sources),
    ...spending(budgeting),
    ...delegation(createDelegating(shown, presenting)),
    present: async (chain, provenKey, boundTo, now) =>
      await presenting.present(chain, provenKey, boundTo, now),
    holderOf: (key, links) => holders.find(key, links),
    async wake(key, links) {
      const entry = book.get(lastingLinks(links).at(-1) ?? '')
      return holders.find(key, links) ?? (entry && (await holders.wake(entry, key, links)))
    },
    unsettled: async () => await budgeting.unsettled(),
    recount: async (size, replica) => await budgeting.recount(size, replica),
    saveSpent: async (position, reservations) => await budgeting.saveSpent(position, reservations),
    mandates: { ...parts, tokenStore, tokens, spent: async (ids) => await budgeting.views(ids) },
    agents: whileOpen(access, leavers, identity),
    rules: tightening.rules,
    stops: tightening.stops,
    async [Symbol.asyncDispose]() {
      cancel()
      for (const end of unsubscribe) end()
      tightening.close()
      await budgeting[Symbol.asyncDispose]()
    },
  }
}

function hotPath(
  { observe = false, clock, identity }: AuthorityOptions,
  sources: Sources,
  tokens: Pick<Tokens, 'authenticate'>,
  leavers: Pick<Leavers, 'has'>,
): Pick<Authority, 'authenticate' | 'decide' | 'mayCall' | 'mayReach'> {
  return {
    authenticate: (token) => unlessGone(leavers, unlessClosed(identity, tokens.authenticate(token))),
    decide(question) {
      const chain = live(question.chain)
      if (identity.isClosed(chain.organization)) return closedDecision(chain.organization)
      const { subject } = chain.mandates[0]!
      if (leavers.has(subject)) return goneDecision(subject)
      return decide(chain, question, sources)
    },
    mayReach: (chain, to) => mayReach(live(chain), to, observe),
    mayCall: (chain, to, capability) => mayCall(live(chain), to, capability, clock.now(), observe),
  }
}

/** Who left, and organisations that are closed, have nothing done in their name by whoever proves what. */
function whileOpen(
  access: AgentAccess,
  leavers: Pick<Leavers, 'has'>,
  identity: Pick<Identity, 'isClosed'>,
): AgentAccess {
  return {
    ...access,
    authenticate: (proven, mandate) =>
      unlessGone(leavers, unlessClosed(identity, access.authenticate(proven, mandate))),
  }
}

function spending(
  budgeting: Budgeting,
): Pick<Authority, 'cost' | 'reserve' | 'charge' | 'release' | 'lapsed'> {
  return {
    cost: (chain, asked) => budgeting.cost(live(chain), asked),
    reserve: (chain, cost, now) => budgeting.reserve(live(chain), cost, now),
    charge: (chain, cost) => budgeting.charge(live(chain), cost),
    release: (reservation) => budgeting.release(live(reservation.chain), reservation),
    lapsed: (chain, sinceMs) => budgeting.lapsed(live(chain), sinceMs),
  }
}

function delegation(delegating: Delegating): Pick<Authority, 'delegationRefusal' | 'delegate'> {
  return {
    delegationRefusal: (chain, target, wish, now) => delegating.refusal(live(chain), target, wish, now),
    delegate: async (chain, target, wish, act, now) =>
      await delegating.handOn(live(chain), target, wish, act, now),
  }
}

/** Chains come from this room only. */
function live(chain: HeldChain): LiveChain {
  if (chain instanceof LiveChain) return chain
  throw new Fault('internal', { detail: 'the chain was not made by the authority' })
}
