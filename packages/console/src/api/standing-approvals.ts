import type { StandingApproval } from './approval-types.ts'
import { call } from './call.ts'

export interface StandingApprovals {
  readonly standing: readonly StandingApproval[]
  readonly next?: string
}

export async function listStandingApprovals(
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<StandingApprovals> {
  return await call<StandingApprovals>('GET', '/standing-approvals', { query: { cursor }, signal })
}

/** From now on it is asked again. */
export async function endStandingApproval(id: string): Promise<void> {
  await call('DELETE', `/standing-approvals/${encodeURIComponent(id)}`)
}
