import type { Digest } from '@ambit/core/digest'
import type { Protocol } from '@ambit/core/record'
import type { Approvals } from '../approval/approval.ts'
import type { Authority } from '../authority/authority.ts'
import type { ActContents } from '../contents/contents.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ReceiptAnswers } from '../receipt/receipt.ts'
import type { Target } from '../registry/target.ts'
import type { SignIns } from '../signin/signin.ts'
import type { Vault } from '../vault/vault.ts'
import type { Egress } from './egress.ts'
import type { HoldWaits } from './hold-waits.ts'
import type { InFlight } from './in-flight.ts'
import type { Traffic } from './traffic.ts'

/** What the path of an act is made of: small views of the domains, all in memory but the ledger and the approvals. */
export interface PathParts {
  readonly authority: Authority
  readonly targets: {
    /** The newest state of a record, by AIC. */
    target(id: string): Target | undefined
    /** The record one of whose versions has that digest, in its newest state. */
    targetOfDigest(digest: Digest): Target | undefined
  }
  readonly rulings: { readonly epoch: number }
  /** The activity log: `done` once the entry is durable. */
  readonly ledger: Pick<Ledger, 'append' | 'appendPatiently'>
  /** Keeps what is said in acts; an outcome waits for that. */
  readonly contents: ActContents
  /** For callers that want the receipt of their act with its answer. */
  readonly receipts: ReceiptAnswers
  readonly approvals: Approvals
  /** Callers that wait a moment for what they have in the outbox. */
  readonly holdWaits: HoldWaits
  readonly vault: Pick<Vault, 'get' | 'peek'>
  /** Nothing but stops, recalls and what is over is enforced: what would be asked or refused is performed. */
  readonly observe: boolean
  readonly signIns: Pick<SignIns, 'peek' | 'authorization' | 'refused'>
  /** Where a person signs in to the server of a record, by its slug. */
  readonly signInUrl: (slug: string) => string
  readonly egresses: ReadonlyMap<Protocol, Egress>
  readonly inFlight: InFlight
  /** Id of this process, where several write one activity log. */
  readonly replica: string | undefined
  readonly traffic: Traffic
  readonly metrics: PathMetrics
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

export interface PathMetrics {
  act(decision: 'allow' | 'ask' | 'refuse', status: string): void
  /** On a node that only observes: what would have been decided. */
  observed(decision: 'ask' | 'refuse'): void
}
