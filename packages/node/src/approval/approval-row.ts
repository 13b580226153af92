import type { Digest } from '@ambit/core/digest'
import type { ApprovalState } from './approval.ts'

/** Columns are named as the rows are: what changes after `asked` is null until it happens. */
export interface ApprovalRow {
  readonly id: string
  readonly organization: string
  readonly subject: string
  readonly holder: string
  readonly act: string
  /** Keyed hash of the action; see `action.ts`. */
  readonly action: string
  readonly card: Digest
  readonly state: ApprovalState
  readonly asked: number
  readonly expires: number
  readonly decided_by: string | null
  readonly decided_at: number | null
  /** Envelope of the person's signature. */
  readonly signature: string | null
  /** Where the log says that it was approved; without it the act is not performed. */
  readonly approved_leaf: number | null
  /** Which node performs it. */
  readonly replica: string | null
  readonly ended: number | null
  /** 1 once the holder has the outcome. */
  readonly collected: number
  /** 0 once the body was taken away, some time after the end. */
  readonly kept: number
  /** When an act in the outbox is performed, in ms; null for what waits for a person. */
  readonly due: number | null
  /** `draft`: only its subject may do it; `step`: of a plan, performed when its holder makes the call. */
  readonly mode: 'act' | 'draft' | 'step'
  /** What whoever approves owes, with commas between. */
  readonly obligations: string
  /** The lasting mandate it was asked under. */
  readonly mandate: string
  readonly plan: string | null
  /** The first of two people, and their signature. */
  readonly agreed_by: string | null
  readonly agreed_signature: string | null
  /** When a person who may decide first opened the card, in ms. */
  readonly opened: number | null
  /** Calls that want what lies in the outbox: it is taken back when the last of them goes away. */
  readonly callers: number
}

/** Sealed, each to its row. */
export interface ApprovalBody {
  readonly act: Uint8Array
  readonly card: Uint8Array
}

export interface ApprovalTables {
  approval: ApprovalRow
  approval_body: ApprovalBody & { approval: string; outcome: Uint8Array | null }
}

/** States in which something may still come of it without anybody asking anew. */
export const waitingStates = ['pending', 'planned', 'approved', 'held'] as const
