import type { Outcome } from '@ambit/core/act'
import type { Decision, Reason } from '@ambit/core/decision'
import type { Question } from '../authority/authority.ts'
import { erasedSubject } from '../identity/identity.ts'
import type { Caller } from '../kernel/route.ts'
import { createTurns } from '../kernel/turns.ts'
import { openApprovalStore } from './approval-store.ts'
import { createAsking } from './asking.ts'
import { createHolding } from './holding.ts'
import { createParts } from './parts.ts'
import type { ApprovalOptions, ApprovalParts } from './parts.ts'
import { createPerforming } from './performing.ts'
import { expirePlan, plan } from './plan.ts'
import { planStatus } from './plan-status.ts'
import type { PlanStatus } from './plan-status.ts'
import type { Suspended } from './suspended.ts'

export type { ApprovalOptions, ApprovalParts, StopWhat } from './parts.ts'
export { binding } from './edit.ts'
export { planStepsMax } from './plan.ts'
export type { PlanStatus } from './plan-status.ts'
export type { Suspended } from './suspended.ts'

export type ApprovalState =
  | 'pending'
  | 'planned'
  | 'held'
  | 'approved'
  | 'performing'
  | 'done'
  | 'denied'
  | 'expired'
  | 'void'

export interface Pending {
  readonly id: string
  readonly act: string
  readonly state: ApprovalState
  readonly holder: string
  readonly subject: string
  readonly organization: string
  readonly expiresAt: number
  /** Of an act in the outbox: when it is performed unless its user vetoes it, in ms. */
  readonly dueAt?: number
  /** The answer, once performed: sealed at rest, opened for its holder only. */
  readonly outcome?: Pick<Outcome, 'status' | 'error'> & {
    readonly answer?: string
    /** Names of the arguments whose values a person changed. */
    readonly changed?: readonly string[]
  }
}

/** Approvals: single use, expiring, given by a signed-in person through Ambit only. */
export interface Approvals {
  /** Suspends an act; the same holder asking the same again gets the pending one back. Writes the `approval` leaf `asked`. */
  ask(suspended: Suspended): Promise<Pending>
  /** Keeps an act that only its person may do, for them to do or leave; else as `ask`. */
  draft(suspended: Suspended): Promise<Pending>
  /**
   * The standing approval that answers what would be asked: for exactly such an act, and as far as its person let it.
   * Undefined: ask. In memory, no promise.
   */
  standing(
    question: Pick<Question, 'chain' | 'target' | 'capability' | 'arguments' | 'now'>,
    decision: Decision,
  ): string | undefined
  /**
   * Keeps an allowed act in the outbox for so long: it is performed then unless its user vetoes it. The same holder
   * asking the same again gets the held one back, and is one more caller of it. Writes the `approval` leaf `held`. Void
   * at once where a stop that reaches it was in force since it began.
   */
  hold(suspended: Suspended, holdMs: number): Promise<Pending>
  /**
   * A caller that wanted what lies in the outbox went away: it is taken back once nobody else wants it. Whoever was told
   * that it is held, and when it is done, still does.
   */
  leave(id: string, holder: string): Promise<void>
  /** What became of an approval, for its holder only. A fetched outcome is not given by `find` again. */
  get(id: string, holder: string): Promise<Pending | undefined>
  /**
   * What became of an approval whose id the caller names, where this holder asked for exactly this action; also when the
   * record or the leaf of its mandate has changed since. A fetched outcome is not given by `find` again.
   */
  asked(id: string, suspended: Suspended): Promise<Pending | undefined>
  /**
   * An approval of exactly this action (definition, arguments, target, holder, lasting mandates) that waits, was given,
   * is being performed, or was performed and whose outcome nobody fetched yet: that outcome is given here, once. For
   * older clients, which simply call again.
   */
  find(suspended: Suspended): Promise<Pending | undefined>
  /** The step of an approved plan that is exactly this action, if it was not taken yet: whoever finds it claims it. */
  step(suspended: Suspended): Promise<string | undefined>
  /**
   * The holder does not want it any more: nobody is asked, and the approval is void. What was decided before stays as
   * it is. Gives how it stands then, for its holder only.
   */
  withdraw(id: string, holder: string): Promise<Pending | undefined>
  /**
   * Takes an approved act for performing, exactly once; undefined when it is not to be had. Durable before it returns.
   * `elsewhere`: one that a data plane of others performs, which is never to be had for performing here.
   */
  claim(id: string, where?: 'here' | 'elsewhere'): Promise<Suspended | undefined>
  /** Keeps the outcome for the holder to fetch. */
  finish(id: string, outcome: Pick<Outcome, 'status' | 'error'> & { readonly answer?: string }): Promise<void>
  /**
   * Ends an approval whose act may no longer happen: pending, held, approved, or claimed here and not sent. The holder
   * reads why. `waiting`: only where nobody claimed it yet, whoever that may be.
   */
  void(id: string, reasons: readonly Reason[], waiting?: 'waiting'): Promise<void>
}

/** The approvals of a running node, with what its routes and its start need. */
export interface OpenApprovals extends Approvals, AsyncDisposable {
  readonly parts: ApprovalParts
  /**
   * At start, once the gateway listens, and when another replica died: what those that ended were performing becomes
   * done with outcome `unknown` and is given back, never performed again; what was approved is announced again.
   */
  recover(): Promise<readonly Pending[]>
  /**
   * Vetoes an act in the outbox. Throws `approval.not-yours` and, when it was performed or ended before,
   * `approval.decided`.
   */
  veto(caller: Caller, id: string): Promise<void>
  /**
   * Puts acts of one holder on one list, which their person approves with one signature; each is then performed when
   * its holder makes exactly that call, once. Throws `approval.plan`, `approval.too-many`.
   */
  plan(suspendeds: readonly Suspended[], words: string): Promise<{ readonly id: string }>
  /** How a list stands, for its holder only. */
  planStatus(id: string, holder: string): Promise<PlanStatus | undefined>
  /** Ends what is too late and takes contents away that ended long ago; runs by itself every minute. */
  sweep(): Promise<void>
}

const sweepMs = 60_000
/** How long the contents of an ended approval are kept for its holder and for the page of the approval. */
const keepContentsMs = 7 * 86_400_000
/** How long it is remembered where acts went. */
const keepSinksMs = 400 * 86_400_000

export async function openApprovals(options: ApprovalOptions): Promise<OpenApprovals> {
  const { clock, log } = options
  const store = await openApprovalStore(options.store)
  const parts = createParts(options, store)
  const holding = createHolding(parts)
  const performing = createPerforming(parts)
  await parts.standings.load()
  async function sweep(): Promise<void> {
    // A page at a time; what is left over is taken by the next sweep, and every reading looks at the clock itself.
    for (const row of await store.overdue(clock.now())) await parts.expire(row)
    for (const row of await parts.plans.overdue(clock.now())) await expirePlan(parts, row)
    await holding.releaseDue()
    await store.purge(clock.now() - keepContentsMs)
    await parts.plans.purge(clock.now() - keepContentsMs)
    await parts.sinks.forgetBefore(clock.now() - keepSinksMs)
    await parts.standings.sweep(clock.now() - keepContentsMs)
  }
  const unheal = options.bus.onGap(async () => {
    await performing.heal()
    await holding.releaseDue()
  })
  const unsubscribe = options.bus.subscribe(erasedSubject, ({ person }) => {
    if (typeof person !== 'string') return
    forget(person).catch((error: unknown) => log.error('approval.not-erased', { error: String(error) }))
  })
  async function forget(person: string): Promise<void> {
    await parts.standings.endOf(person)
    await parts.sinks.forgetOf(person)
    await parts.plans.purgeOf(person)
    await store.purgeOf(person)
  }
  let closed = false
  let cancel = clock.after(sweepMs, tick)
  // One after the other: a slow store must not have them pile up.
  function tick(): void {
    sweep()
      .catch((error: unknown) => log.error('approval.sweep-failed', { error: String(error) }))
      .finally(() => {
        if (!closed) cancel = clock.after(sweepMs, tick)
      })
  }
  return {
    ...createAsking(parts, createTurns()),
    claim: performing.claim,
    finish: performing.finish,
    void: performing.void,
    async recover() {
      const ended = await performing.recover()
      await holding.releaseDue()
      return ended
    },
    standing: (question, decision) => parts.standings.answer(question, decision),
    plan: async (suspendeds, words) => await plan(parts, suspendeds, words),
    planStatus: async (id, holder) => await planStatus(parts, id, holder),
    hold: holding.hold,
    leave: holding.leave,
    veto: holding.veto,
    parts,
    sweep,
    async [Symbol.asyncDispose]() {
      closed = true
      cancel()
      holding.close()
      parts.standings.close()
      unheal()
      unsubscribe()
    },
  }
}
