import { canonicalJson } from '@ambit/core/canonical'
import type { Decision, Reason } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { ApprovalLeaf } from '@ambit/core/leaf'
import type { Bus } from '../bus/bus.ts'
import type { Identity } from '../identity/identity.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { Caller } from '../kernel/route.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Turns } from '../kernel/turns.ts'
import type { TargetCapability } from '../registry/target.ts'
import type { Replicas } from '../replica/replica.ts'
import type { Store } from '../store/store.ts'
import type { ApprovalReader, ApprovalRow, ApprovalWriter } from './approval-store.ts'
import { waitingStates } from './approval-row.ts'
import { createKnownSinkStore } from './known-sink-store.ts'
import type { KnownSinkStore } from './known-sink-store.ts'
import { voidApproval } from './performing.ts'
import { createPlanStore } from './plan-store.ts'
import type { PlanStore } from './plan-store.ts'
import { createSafe } from './safe.ts'
import type { Safe } from './safe.ts'
import { createStandings } from './standing.ts'
import type { Standings } from './standing.ts'
import { createStandingStore } from './standing-store.ts'
import type { StandingStore } from './standing-store.ts'
import type { Suspended } from './suspended.ts'

/** What whoever refuses can stop at once beside it. */
export type StopWhat = 'agent' | 'mandate'

/** When a person is asked so much, or answers so quickly, that single answers mean nothing any more; 0: never. */
export interface FatigueLimits {
  /** Asks in ten minutes. */
  readonly asksMax: number
  /** Approvals in ten minutes that were given faster than anyone reads. */
  readonly quickMax: number
}

export interface ApprovalOptions {
  readonly store: Store
  readonly keyring: Keyring
  /** Persons sign what they decide; with a passkey where that is asked for. */
  readonly identity: Pick<Identity, 'personSigner'> & Partial<Pick<Identity, 'person' | 'passkeys'>>
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly log: Log
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  /** How long a person has; no answer is a refusal. */
  readonly expiresMs: number
  /** The processes that share the store; left out: there was never another one at a time. */
  readonly replicas?: Pick<Replicas, 'self' | 'gone'>
  /** The capability of that version of a record, as it is now. Left out: values cannot be edited. */
  readonly capabilityOf?: (target: string, capability: string) => TargetCapability | undefined
  /** What would be decided about an act now; undefined when it is gone. Left out: values cannot be edited. */
  readonly judge?: (suspended: Suspended) => Promise<Decision | undefined>
  /** Stops an agent or a mandate for good, on the word of a person. Left out: that is not offered. */
  readonly stopAgent?: (caller: Caller, suspended: Suspended, what: StopWhat) => Promise<void>
  /**
   * Why what lies in the outbox may not be done without a word of a person's: a stop that reaches it and was in force at
   * any time since it began, lifted or not. Left out: nobody stops anything.
   */
  readonly stoppedSince?: (suspended: Suspended) => Promise<Reason | undefined>
  /** When a person's quiet hours end, in ms, where they are in them: their time to answer begins then. */
  readonly quietUntil?: (person: string, now: number) => number | undefined
  readonly fatigue?: FatigueLimits
  readonly metrics?: Metrics
}

/** What the files of this room work with. */
export interface ApprovalParts extends Omit<ApprovalOptions, 'store' | 'replicas'> {
  readonly replicas: Pick<Replicas, 'self' | 'gone'>
  readonly store: ApprovalReader & ApprovalWriter
  readonly plans: PlanStore
  readonly sinks: KnownSinkStore
  readonly standings: Standings
  readonly safe: Safe
  /** One decision after the other on one approval, so that the log has it once. */
  readonly decisions: Turns
  leaf(
    row: Pick<ApprovalRow, 'id' | 'act' | 'card'>,
    step: ApprovalLeaf['step'],
    person?: string,
  ): Promise<number>
  /** Tells other rooms: `approval.<state>` {id, act, state, organization, subject}. */
  announce(
    row: Pick<ApprovalRow, 'id' | 'act' | 'organization' | 'subject'>,
    step: 'asked' | 'held' | 'agreed' | 'approved' | 'denied' | 'expired' | 'void' | 'done',
  ): void
  /** Ends one that still waits and whose time is over; the row as it is then. */
  expire(row: ApprovalRow): Promise<ApprovalRow>
  /** Ends what still waits; what is being performed by now, somebody else's end of it says how that went. */
  voidOf(id: string, reasons: readonly Reason[]): Promise<void>
  /** Counts and logs a decision that was refused. */
  refused(id: string, person: string, code: string): void
  /** Counts and logs that a person is asked too much, or answers too quickly. */
  tired(person: string): void
}

/** Whoever performed something before has ended. */
const alone: Pick<Replicas, 'self' | 'gone'> = { self: 'node', gone: async (ids) => ids }

export function createParts(
  options: ApprovalOptions,
  store: ApprovalParts['store'],
  standingStore: StandingStore = createStandingStore(options.store),
): ApprovalParts {
  const { clock, leaves, bus, keyring, log, metrics, replicas = alone } = options
  const refusals = metrics?.counter(
    'ambit_approval_refusals_total',
    'Decisions of people that did not count.',
    ['code'],
  )
  const tired = metrics?.counter(
    'ambit_approval_fatigue_total',
    'How often single answers were refused for fatigue.',
  )
  const parts: ApprovalParts = {
    ...options,
    replicas,
    store,
    plans: createPlanStore(options.store),
    sinks: createKnownSinkStore(options.store),
    standings: createStandings({
      ...options,
      store: standingStore,
      leaf: async (row, step, person) => await parts.leaf(row, step, person),
    }),
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
      const state = step === 'asked' || step === 'agreed' ? 'pending' : step
      bus.publish(`approval.${step}`, { id, act, state, organization, subject })
    },
    async expire(row) {
      const ended = clock.now()
      if (!(await store.move(row.id, [...waitingStates], { state: 'expired', ended }))) {
        return (await store.find(row.id)) ?? row
      }
      await parts.leaf(row, 'expired')
      parts.announce(row, 'expired')
      return { ...row, state: 'expired', ended }
    },
    voidOf: async (id, reasons) => await voidApproval(parts, id, reasons, waitingStates),
    refused(id, person, code) {
      if (refusals !== undefined) refusals.series(code).value += 1
      log.warn('approval.refused', { approval: id, person, code })
    },
    tired(person) {
      if (tired !== undefined) tired.series().value += 1
      log.warn('approval.fatigue', { person })
    },
  }
  return parts
}

const waiting: ReadonlySet<string> = new Set(waitingStates)

/** Whether a row that still waits is too late. */
export function isOverdue(row: Pick<ApprovalRow, 'state' | 'expires'>, now: number): boolean {
  return waiting.has(row.state) && row.expires <= now
}

export function unknownApproval(): Fault {
  return new Fault('input.not-found', { detail: 'there is no such approval' })
}
