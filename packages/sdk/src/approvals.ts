import type { Effect, Reversibility, Role } from '@ambit/core/record'
import { path } from './connection.ts'
import type { Connection, Options, Page } from './connection.ts'

export type ApprovalState = 'pending' | 'approved' | 'performing' | 'done' | 'denied' | 'expired' | 'void'

/** What a person sees before deciding. The sentence is Ambit's; the texts of the arguments are the agent's: data. */
export interface ApprovalCard {
  readonly id: string
  readonly act: string
  readonly state: ApprovalState
  /** Of the card as shown: an approval names it, so that nobody approves what they did not see. */
  readonly digest: string
  readonly asked: string
  readonly expires: string
  readonly agent: { readonly title: string; readonly id: string }
  readonly tool: {
    readonly title: string
    readonly target: string
    readonly effect: Effect
    readonly reversibility: Reversibility
  }
  readonly sentence: { readonly en: string; readonly zh: string }
  readonly arguments: readonly { readonly name: string; readonly role: Role; readonly text: string }[]
  /** How many further arguments the card had no room for. */
  readonly hidden: number
  readonly reasons: readonly {
    readonly code: string
    readonly rule: string
    readonly what: { readonly en: string; readonly zh: string }
  }[]
  readonly mandate: { readonly id: string; readonly purpose: string }
  readonly decidedBy?: string
  readonly decidedAt?: string
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
    /** `digest` is that of the card the person saw; when the card has changed since, the node refuses. */
    async approve(id: string, digest: string, { signal }: Options = {}) {
      return await call<ApprovalCard>('POST', path`/api/approvals/${id}/approve`, {
        body: { digest },
        signal,
      })
    },
    async deny(id: string, note?: string, { signal }: Options = {}) {
      const body = note === undefined ? {} : { note }
      return await call<ApprovalCard>('POST', path`/api/approvals/${id}/deny`, { body, signal })
    },
  }
}
