import type { ApprovalCard, ApprovalChallenge, PasskeyAnswer } from './approvals.ts'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'

/** A list of acts that an agent wants to do for a task; `words` are the agent's own: data. */
export interface Plan {
  readonly id: string
  readonly state: 'pending' | 'approved' | 'denied' | 'expired'
  readonly digest: string
  readonly asked: string
  readonly expires: string
  readonly subject: string
  readonly agent: ApprovalCard['agent']
  readonly words: string
  readonly steps: readonly ApprovalCard[]
  /** Where its acts go, each place once. */
  readonly sinks: readonly {
    readonly name: string
    readonly text: string
    readonly steps: readonly string[]
  }[]
  readonly decidedBy?: string
  readonly decidedAt?: string
}

export interface PlanApproving extends Options {
  /** Ids of steps that are taken out. */
  readonly struck?: readonly string[]
  readonly passkey?: PasskeyAnswer
}

/**
 * Lists of acts that wait for a person.
 *
 * @example
 * ```ts
 * const [plan] = await ambit.plans.list({ state: 'pending' })
 * if (plan !== undefined) await ambit.plans.approve(plan.id, plan.digest, { struck: [plan.steps[0]!.id] })
 * ```
 */
export function planCalls({ call }: Connection) {
  return {
    async list(query: { state?: Plan['state']; cursor?: string } = {}, { signal }: Options = {}) {
      return (await call<{ plans: readonly Plan[] }>('GET', '/api/plans', { query: { ...query }, signal }))
        .plans
    },
    async get(id: string, { signal }: Options = {}) {
      return await call<Plan>('GET', path`/api/plans/${id}`, { signal })
    },
    async challenge(id: string, digest: string, { signal, struck = [] }: PlanApproving = {}) {
      const body = { digest, struck }
      return await call<ApprovalChallenge>('POST', path`/api/plans/${id}/challenge`, { body, signal })
    },
    async approve(id: string, digest: string, { signal, ...more }: PlanApproving = {}) {
      return await call<Plan>('POST', path`/api/plans/${id}/approve`, { body: { digest, ...more }, signal })
    },
    async deny(id: string, { signal }: Options = {}) {
      return await call<Plan>('POST', path`/api/plans/${id}/deny`, { signal })
    },
  }
}
