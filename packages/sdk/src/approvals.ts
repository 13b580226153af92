import type { OutcomeStatus } from '@ambit/core/act'
import type { Obligation } from '@ambit/core/decision'
import type { Effect, Reversibility, Role } from '@ambit/core/record'
import { path } from './connection.ts'
import type { Connection, Options, Page } from './connection.ts'
import type { BrowserJson } from './passkeys.ts'

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

export interface CardArgument {
  readonly name: string
  readonly role: Role
  readonly text: string
  /** Of a sink: how often an act that was approved went there before. */
  readonly before?: { readonly times: number; readonly last?: string }
  /** A person changed what the agent wrote. */
  readonly changed?: true
}

/** What a person sees before deciding. The words are Ambit's; the texts of the arguments are the agent's: data. */
export interface ApprovalCard {
  readonly id: string
  readonly act: string
  readonly state: ApprovalState
  /** Of the card as shown: an approval names it, so that nobody approves what they did not see. */
  readonly digest: string
  readonly asked: string
  readonly expires: string
  /** Of an act in the outbox: when it is done unless it is denied before. */
  readonly due?: string
  /** `draft`: only its person may do it; `step`: of a plan. */
  readonly mode: 'act' | 'draft' | 'step'
  readonly agent: { readonly title: string; readonly id: string }
  /** Who acts, then each caller before, then the person. */
  readonly chain: readonly { readonly title: string; readonly id: string }[]
  readonly tool: {
    readonly title: string
    readonly target: string
    readonly effect: Effect
    readonly reversibility: Reversibility
  }
  readonly sentence: Languages
  /** Performed by a data plane outside of the node: the request. Text of its client. */
  readonly elsewhere?: string
  readonly arguments: readonly CardArgument[]
  /** How many further arguments the card had no room for. */
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
  /** What whoever approves owes: a passkey, a second person. */
  readonly obligations: readonly Obligation[]
  readonly alternatives: readonly ('approve' | 'edit' | 'narrow' | 'deny' | 'deny-and-stop')[]
  /** What `remember` would let through from then on. */
  readonly narrow?: {
    readonly same: readonly string[]
    readonly atMost: readonly string[]
    readonly free: readonly string[]
  }
  readonly mandate: { readonly id: string; readonly purpose: string }
  /** The card in plain words, by what a person asks of it. */
  readonly sections: readonly {
    readonly topic: 'who' | 'what' | 'to' | 'amount' | 'data' | 'undo' | 'why'
    readonly lines: readonly Languages[]
  }[]
  readonly plan?: string
  /** The first of two people. */
  readonly agreedBy?: string
  readonly decidedBy?: string
  readonly decidedAt?: string
  /** How it ended, once performed; what the target said is in the receipt. */
  readonly outcome?: { readonly status: OutcomeStatus; readonly code?: string }
}

/** What a form needs to change values: a card cuts them and makes them visible. Data of third parties. */
export interface ApprovalForm {
  readonly digest: string
  /** Whole, by argument name. */
  readonly values: Readonly<Record<string, unknown>>
  /** Names of arguments that can be replaced, and are not shown. */
  readonly secrets: readonly string[]
  /** JSON Schema of the arguments. */
  readonly schema?: Readonly<Record<string, unknown>>
}

/** What a passkey must sign; `options` go to `navigator.credentials.get`, `at` comes back with its answer. */
export interface ApprovalChallenge {
  readonly at: string
  readonly options: BrowserJson
}

export interface PasskeyAnswer {
  readonly at: string
  readonly response: unknown
}

export interface Approving extends Options {
  readonly passkey?: PasskeyAnswer
  /** Approves later calls within this one too, for so many days (1 to 90). */
  readonly remember?: { readonly days: number }
}

/** Several acts of one agent under one mandate. */
export interface Together {
  readonly approve: readonly { readonly id: string; readonly digest: string }[]
  readonly deny?: readonly string[]
  readonly passkey?: PasskeyAnswer
}

/**
 * Acts that wait for a person. Deciding needs the session of a signed-in person; an API token may only look.
 *
 * @example
 * ```ts
 * const { approvals } = await ambit.approvals.list({ state: 'pending' })
 * for (const card of approvals) console.log(card.sentence.en)
 * ```
 */
export function approvalCalls({ call }: Connection) {
  return {
    async list(query: Page & { state?: ApprovalState } = {}, { signal }: Options = {}) {
      return await call<{ approvals: readonly ApprovalCard[]; next?: string }>('GET', '/api/approvals', {
        query: { ...query },
        signal,
      })
    },
    async get(id: string, { signal }: Options = {}) {
      return await call<ApprovalCard>('GET', path`/api/approvals/${id}`, { signal })
    },
    /** What a passkey must sign, where the card owes `step-up`. */
    async challenge(id: string, digest: string, { signal, remember }: Approving = {}) {
      const body = { digest, ...(remember === undefined ? {} : { remember }) }
      return await call<ApprovalChallenge>('POST', path`/api/approvals/${id}/challenge`, { body, signal })
    },
    /** `digest` is that of the card the person saw; when the card has changed since, the node refuses. */
    async approve(id: string, digest: string, { signal, ...more }: Approving = {}) {
      const body = { digest, ...more }
      return await call<ApprovalCard>('POST', path`/api/approvals/${id}/approve`, { body, signal })
    },
    /** The values that can be changed, whole, with their schema. */
    async form(id: string, { signal }: Options = {}) {
      return await call<ApprovalForm>('GET', path`/api/approvals/${id}/form`, { signal })
    },
    /** Puts other values in place of the agent's, by argument name; gives the new card, to be approved like any. */
    async edit(
      id: string,
      digest: string,
      values: Readonly<Record<string, unknown>>,
      { signal }: Options = {},
    ) {
      const body = { digest, values }
      return await call<ApprovalCard>('POST', path`/api/approvals/${id}/edit`, { body, signal })
    },
    /** With `stop`, the agent or everything under its mandate is stopped as well. */
    async deny(
      id: string,
      note?: string,
      { signal, stop }: Options & { readonly stop?: 'agent' | 'mandate' } = {},
    ) {
      const body = { ...(note === undefined ? {} : { note }), ...(stop === undefined ? {} : { stop }) }
      return await call<ApprovalCard>('POST', path`/api/approvals/${id}/deny`, { body, signal })
    },
    /** What waits, as one list for each agent and mandate; `rest`: single approvals rest for now. */
    async lists({ signal }: Options = {}) {
      return await call<{
        rest: boolean
        lists: readonly {
          readonly mandate: string
          readonly subject: string
          readonly agent: ApprovalCard['agent']
          readonly approvals: readonly ApprovalCard[]
        }[]
      }>('GET', '/api/approvals/together', { signal })
    },
    async togetherChallenge(list: Omit<Together, 'passkey'>, { signal }: Options = {}) {
      const url = '/api/approvals/together/challenge'
      return await call<ApprovalChallenge>('POST', url, { body: list, signal })
    },
    /** One signature over all their cards. */
    async together(list: Together, { signal }: Options = {}) {
      return await call<{
        approved: readonly string[]
        failed: readonly { readonly id: string; readonly code: string }[]
      }>('POST', '/api/approvals/together', { body: list, signal })
    },
  }
}
