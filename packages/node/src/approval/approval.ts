import type { Outcome } from '@ambit/core/act'
import { canonicalJson } from '@ambit/core/canonical'
import type { Reason } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { ApprovalLeaf } from '@ambit/core/leaf'
import type { Role } from '@ambit/core/record'
import type { Bus } from '../bus/bus.ts'
import { erasedSubject } from '../identity/identity.ts'
import type { Identity } from '../identity/identity.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Turns } from '../kernel/turns.ts'
import type { Store } from '../store/store.ts'
import { openApprovalStore } from './approval-store.ts'
import type { ApprovalReader, ApprovalRow, ApprovalWriter } from './approval-store.ts'
import { createAsking } from './asking.ts'
import { createPerforming } from './performing.ts'
import { createSafe } from './safe.ts'
import type { Safe } from './safe.ts'

/** An act that waits for a person: what is bound, and what is needed to perform it later. */
export interface Suspended {
  readonly act: string
  readonly at: number
  readonly trace: string
  /** did:key of the holder whose act it is. */
  readonly holder: string
  readonly organization: string
  /** Principal id of the person who must decide. */
  readonly subject: string
  readonly callers: readonly string[]
  readonly links: readonly string[]
  readonly chain: Digest
  readonly target: Digest
  readonly targetSlug: string
  readonly targetTitle: string
  readonly capability: string
  readonly capabilityTitle: string
  readonly definition: Digest
  readonly effect: string
  readonly reversibility: number
  readonly arguments: unknown
  /** What else the message asks of the target, by the capability that it is. */
  readonly includes?: readonly { readonly capability: string; readonly arguments: unknown }[]
  /** Protocol headers of the message, names and values in turn. */
  readonly wireHeaders?: readonly string[]
  /** Which of the capability's operations; left out: its usual one. */
  readonly operation?: string
  readonly protocolIn: string
  readonly reasons: readonly Reason[]
  /** Roles of the arguments, of the profile in force; one that is not named is a sink. */
  readonly roles?: Readonly<Record<string, Role>>
  /** Name of the agent that asks, where it is a registered one. */
  readonly agentTitle?: string
  /** What the mandate it acts under is for. */
  readonly purpose?: string
}

export type ApprovalState = 'pending' | 'approved' | 'performing' | 'done' | 'denied' | 'expired' | 'void'

export interface Pending {
  readonly id: string
  readonly act: string
  readonly state: ApprovalState
  readonly holder: string
  readonly subject: string
  readonly organization: string
  readonly expiresAt: number
  /** The answer, once performed: sealed at rest, opened for its holder only. */
  readonly outcome?: Pick<Outcome, 'status' | 'error'> & { readonly answer?: string }
}

/** Approvals: single use, expiring, given by a signed-in person through Ambit only. */
export interface Approvals {
  /** Suspends an act; the same holder asking the same again gets the pending one back. Writes the `approval` leaf `asked`. */
  ask(suspended: Suspended): Promise<Pending>
  /** What became of an approval, for its holder only. A fetched outcome is not given by `find` again. */
  get(id: string, holder: string): Promise<Pending | undefined>
  /**
   * An approval of exactly this action (definition, arguments, target, holder, lasting mandates) that waits, was given,
   * is being performed, or was performed and whose outcome nobody fetched yet: that outcome is given here, once. For
   * older clients, which simply call again.
   */
  find(suspended: Suspended): Promise<Pending | undefined>
  /**
   * The holder does not want it any more: nobody is asked, and the approval is void. What was decided before stays as
   * it is. Gives how it stands then, for its holder only.
   */
  withdraw(id: string, holder: string): Promise<Pending | undefined>
  /** Takes an approved act for performing, exactly once; undefined when it is not to be had. Durable before it returns. */
  claim(id: string): Promise<Suspended | undefined>
  /** Keeps the outcome for the holder to fetch. */
  finish(id: string, outcome: Pick<Outcome, 'status' | 'error'> & { readonly answer?: string }): Promise<void>
  /** Ends an approval whose act may no longer happen: pending, approved, or claimed but not sent. The holder reads why. */
  void(id: string, reasons: readonly Reason[]): Promise<void>
}

/** The approvals of a running node, with what its routes and its start need. */
export interface OpenApprovals extends Approvals, AsyncDisposable {
  readonly parts: ApprovalParts
  /**
   * At start, once the gateway listens: what this node was performing when it stopped becomes done with outcome
   * `unknown` and is given back, never performed again; what was approved meanwhile is announced again.
   */
  recover(): Promise<readonly Pending[]>
  /** Ends what is too late and takes contents away that ended long ago; runs by itself every minute. */
  sweep(): Promise<void>
}

export interface ApprovalOptions {
  readonly store: Store
  readonly keyring: Keyring
  /** Persons sign what they decide. */
  readonly identity: Pick<Identity, 'personSigner'>
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly log: Log
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  /** How long a person has; no answer is a refusal. */
  readonly expiresMs: number
  /** Name of this node among those that share the store. */
  readonly replica?: string
}

/** What the files of this room work with. */
export interface ApprovalParts extends Omit<ApprovalOptions, 'store' | 'replica'> {
  readonly replica: string
  readonly store: ApprovalReader & ApprovalWriter
  readonly safe: Safe
  /** One decision after the other on one approval, so that the log has it once. */
  readonly decisions: Turns
  leaf(
    row: Pick<ApprovalRow, 'id' | 'act' | 'card'>,
    step: ApprovalLeaf['step'],
    person?: string,
  ): Promise<number>
  /** Tells other rooms: `approval.<state>` {id, act, state, organization, subject}. */
  announce(row: ApprovalRow, step: 'asked' | 'approved' | 'denied' | 'expired' | 'void' | 'done'): void
  /** Ends a pending or approved one whose time is over; the row as it is then. */
  expire(row: ApprovalRow): Promise<ApprovalRow>
}

const sweepMs = 60_000
/** How long the contents of an ended approval are kept for its holder and for the page of the approval. */
const keepContentsMs = 7 * 86_400_000

export async function openApprovals(options: ApprovalOptions): Promise<OpenApprovals> {
  const { clock, log } = options
  const store = await openApprovalStore(options.store)
  const parts = createParts(options, store)
  async function sweep(): Promise<void> {
    // A page at a time; what is left over is taken by the next sweep, and every reading looks at the clock itself.
    for (const row of await store.overdue(clock.now())) await parts.expire(row)
    await store.purge(clock.now() - keepContentsMs)
  }
  const unsubscribe = options.bus.subscribe(erasedSubject, ({ person }) => {
    if (typeof person !== 'string') return
    store
      .purgeOf(person)
      .catch((error: unknown) => log.error('approval.not-erased', { error: String(error) }))
  })
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
    ...createPerforming(parts),
    parts,
    sweep,
    async [Symbol.asyncDispose]() {
      closed = true
      cancel()
      unsubscribe()
    },
  }
}

function createParts(options: ApprovalOptions, store: ApprovalParts['store']): ApprovalParts {
  const { clock, leaves, bus, keyring, replica = 'node' } = options
  const parts: ApprovalParts = {
    ...options,
    replica,
    store,
    safe: createSafe(keyring, store),
    decisions: createTurns(),
    async leaf({ id, act, card }, step, person) {
      const leaf: ApprovalLeaf = {
        v: 1,
        kind: 'approval',
        at: timeText(clock.now()),
        approval: id,
        act,
        step,
        card,
        ...(person === undefined ? {} : { person }),
      }
      return await leaves.write(canonicalJson(leaf))
    },
    announce({ id, act, organization, subject }, step) {
      const state = step === 'asked' ? 'pending' : step
      bus.publish(`approval.${step}`, { id, act, state, organization, subject })
    },
    async expire(row) {
      const ended = clock.now()
      if (!(await store.move(row.id, ['pending', 'approved'], { state: 'expired', ended }))) {
        return (await store.find(row.id)) ?? row
      }
      await parts.leaf(row, 'expired')
      parts.announce(row, 'expired')
      return { ...row, state: 'expired', ended }
    },
  }
  return parts
}

/** Whether a row that still waits is too late. */
export function isOverdue(row: ApprovalRow, now: number): boolean {
  return (row.state === 'pending' || row.state === 'approved') && row.expires <= now
}

export function unknownApproval(): Fault {
  return new Fault('input.not-found', { detail: 'there is no such approval' })
}
