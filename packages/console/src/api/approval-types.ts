import type { Obligation } from '@ambit/core/decision'
import type { OutcomeStatus } from '@ambit/core/act'
import type { Effect, Reversibility, Role } from '@ambit/core/record'

/* What the control API says of approvals. Texts of arguments, names and words of agents are data of third parties. */

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

interface Languages {
  readonly en: string
  readonly zh: string
}

interface Named {
  readonly title: string
  readonly id: string
}

export interface CardArgument {
  readonly name: string
  readonly role: Role
  readonly text: string
  /** Of a sink: how often an act that was approved went there before. */
  readonly before?: { readonly times: number; readonly last?: string }
  /** A person changed what the agent wrote. */
  readonly changed?: true
}

export interface ApprovalCard {
  readonly id: string
  readonly act: string
  readonly state: ApprovalState
  /** Of the card as shown; an approval names it, so that nobody approves what they did not see. */
  readonly digest: string
  readonly asked: string
  readonly expires: string
  /** Of an act in the outbox: when it is done unless it is denied before. */
  readonly due?: string
  /** `draft`: only its person may do it; `step`: of a plan. */
  readonly mode: 'act' | 'draft' | 'step'
  readonly agent: Named
  /** Who acts, then each caller before, then the person. */
  readonly chain: readonly Named[]
  readonly tool: {
    readonly title: string
    readonly target: string
    readonly effect: Effect
    readonly reversibility: Reversibility
  }
  /** Written by Ambit from the record: who asks for what, what that does, whether it can be undone. */
  readonly sentence: Languages
  readonly arguments: readonly CardArgument[]
  /** Arguments that are not shown because there are too many. */
  readonly hidden: number
  readonly amount?: { readonly currency?: string; readonly text?: string; readonly unknown: boolean }
  /** What leaves: kinds of data, bytes, and the arguments that hold contents. */
  readonly leaves?: {
    readonly classes: readonly string[]
    readonly bytes: number
    readonly contents: readonly string[]
  }
  readonly undo: { readonly windowMs?: number; readonly inverse?: string }
  readonly reasons: readonly {
    readonly code: string
    readonly rule: string
    readonly what: Languages
    readonly evidence?: string
  }[]
  /** What whoever approves owes. */
  readonly obligations: readonly Obligation[]
  readonly alternatives: readonly ('approve' | 'edit' | 'narrow' | 'deny' | 'deny-and-stop')[]
  /** What approving later calls too would let through. */
  readonly narrow?: {
    readonly same: readonly string[]
    readonly atMost: readonly string[]
    readonly free: readonly string[]
  }
  readonly mandate: { readonly id: string; readonly purpose: string }
  readonly plan?: string
  /** The first of two people. */
  readonly agreedBy?: string
  readonly decidedBy?: string
  readonly decidedAt?: string
  readonly outcome?: { readonly status: OutcomeStatus; readonly code?: string }
}

/** Values that can be changed, whole, and the schema that their target declares. */
export interface ApprovalForm {
  readonly digest: string
  readonly values: Readonly<Record<string, unknown>>
  /** Names of arguments that can be replaced, and are not shown. */
  readonly secrets: readonly string[]
  readonly schema?: Readonly<Record<string, unknown>>
}

/** What waits of one agent under one mandate. */
export interface ApprovalList {
  readonly mandate: string
  readonly subject: string
  readonly agent: Named
  readonly approvals: readonly ApprovalCard[]
}

export interface ApprovalLists {
  /** Single approvals rest for now. */
  readonly rest: boolean
  readonly lists: readonly ApprovalList[]
}

export interface TogetherResult {
  readonly approved: readonly string[]
  readonly failed: readonly { readonly id: string; readonly code: string }[]
}

/** A list of acts that an agent wants to do for a task; `words` are the agent's own. */
export interface Plan {
  readonly id: string
  readonly state: 'pending' | 'approved' | 'denied' | 'expired'
  readonly digest: string
  readonly asked: string
  readonly expires: string
  readonly subject: string
  readonly agent: Named
  readonly words: string
  readonly steps: readonly ApprovalCard[]
  readonly decidedBy?: string
  readonly decidedAt?: string
}

/** What a person approved for later calls too. */
export interface StandingApproval {
  readonly id: string
  readonly subject: string
  readonly mandate: string
  /** Slug of the record. */
  readonly target: string
  readonly capability: string
  readonly same: readonly { readonly name: string; readonly text: string }[]
  readonly atMost: readonly { readonly name: string; readonly value: number }[]
  readonly free: readonly string[]
  readonly givenBy: string
  readonly givenAt: string
  readonly expires: string
}
