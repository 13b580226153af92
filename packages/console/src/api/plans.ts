import type { Plan } from './approval-types.ts'
import { signed } from './approvals.ts'
import { call } from './call.ts'

export async function listPlans(signal: AbortSignal): Promise<readonly Plan[]> {
  return (await call<{ plans: readonly Plan[] }>('GET', '/plans', { query: { state: 'pending' }, signal }))
    .plans
}

export async function getPlan(id: string, signal: AbortSignal): Promise<Plan> {
  return await call<Plan>('GET', pathOf(id), { signal })
}

/** Approves the list but for the steps that are struck out. */
export async function approvePlan(plan: Plan, struck: readonly string[]): Promise<Plan> {
  const left = plan.steps.filter(({ id }) => !struck.includes(id))
  const stepUp = left.some(({ obligations }) => obligations.includes('step-up'))
  const yes = { digest: plan.digest, struck }
  return await signed(stepUp, `${pathOf(plan.id)}/challenge`, `${pathOf(plan.id)}/approve`, yes)
}

export async function denyPlan({ id }: Plan): Promise<Plan> {
  return await call<Plan>('POST', `${pathOf(id)}/deny`)
}

function pathOf(id: string): string {
  return `/plans/${encodeURIComponent(id)}`
}
