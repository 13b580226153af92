import { call } from './call.ts'
import type { ApprovalCard } from './types.ts'

export async function listApprovals(
  state: 'pending' | undefined,
  signal: AbortSignal,
): Promise<readonly ApprovalCard[]> {
  const reply = await call<{ approvals: readonly ApprovalCard[] }>('GET', '/approvals', {
    query: { state },
    signal,
  })
  return reply.approvals
}

export async function getApproval(id: string, signal: AbortSignal): Promise<ApprovalCard> {
  return await call<ApprovalCard>('GET', `/approvals/${encodeURIComponent(id)}`, { signal })
}

/** Names the digest of the card that was on the screen: if it has changed since, the node refuses. */
export async function approve(card: ApprovalCard): Promise<void> {
  await call('POST', `/approvals/${encodeURIComponent(card.id)}/approve`, { body: { digest: card.digest } })
}

export async function deny(card: ApprovalCard): Promise<void> {
  await call('POST', `/approvals/${encodeURIComponent(card.id)}/deny`, { body: {} })
}
