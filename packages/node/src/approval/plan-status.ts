import { isOverdue } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import type { ApprovalRow } from './approval-store.ts'
import { currentPlan } from './plan.ts'
import type { PlanState } from './plan-store.ts'

/** `waiting` for the person; `ready`: its call is performed once, without a question. */
export type PlanStepState = 'waiting' | 'ready' | 'performing' | 'done' | 'denied' | 'expired' | 'void'

/** What the agent that handed a list in may know of it. */
export interface PlanStatus {
  readonly id: string
  readonly state: PlanState
  readonly expiresAt: number
  readonly steps: readonly PlanStepStatus[]
}

export interface PlanStepStatus {
  /** Slug of what it calls; left out once its contents were taken away. */
  readonly target?: string
  readonly capability?: string
  readonly state: PlanStepState
}

/** How a list stands, for its holder only. */
export async function planStatus(
  parts: ApprovalParts,
  id: string,
  holder: string,
): Promise<PlanStatus | undefined> {
  const found = await parts.plans.find(id)
  if (found?.holder !== holder) return undefined
  const { state, expires } = await currentPlan(parts, found)
  const steps: PlanStepStatus[] = []
  for (const row of await parts.store.stepsOf(id)) {
    const kept = await parts.safe.suspended(row.id)
    const what = kept === undefined ? {} : { target: kept.targetSlug, capability: kept.capability }
    steps.push({ ...what, state: stepState(row, parts.clock.now()) })
  }
  return { id, state, expiresAt: expires, steps }
}

function stepState(row: ApprovalRow, now: number): PlanStepState {
  switch (row.state) {
    case 'performing':
    case 'done':
    case 'denied':
    case 'expired':
    case 'void':
      return row.state
    default:
      if (isOverdue(row, now)) return 'expired'
      return row.approved_leaf === null ? 'waiting' : 'ready'
  }
}
