import type {
  ApprovalCard,
  ApprovalForm,
  ApprovalLists,
  ApprovalState,
  TogetherResult,
} from './approval-types.ts'
import { call } from './call.ts'
import { answerWithPasskey } from './passkey-answer.ts'
import type { Challenge } from './passkey-answer.ts'

export async function listApprovals(
  state: Extract<ApprovalState, 'pending' | 'held'> | undefined,
  signal: AbortSignal,
): Promise<readonly ApprovalCard[]> {
  const reply = await call<{ approvals: readonly ApprovalCard[] }>('GET', '/approvals', {
    query: { state },
    signal,
  })
  return reply.approvals
}

export async function getApproval(id: string, signal: AbortSignal): Promise<ApprovalCard> {
  return await call<ApprovalCard>('GET', pathOf(id), { signal })
}

export async function getApprovalForm(id: string, signal: AbortSignal): Promise<ApprovalForm> {
  return await call<ApprovalForm>('GET', `${pathOf(id)}/form`, { signal })
}

/** What waits, as one list for each agent and mandate. */
export async function getApprovalLists(signal: AbortSignal): Promise<ApprovalLists> {
  return await call<ApprovalLists>('GET', '/approvals/together', { signal })
}

/**
 * Names the digest of the card that was on the screen: if it has changed since, the node refuses. With `days`, later
 * calls within it are approved for so long too. Asks for the passkey where the card owes one.
 */
export async function approve(card: ApprovalCard, days?: number): Promise<ApprovalCard> {
  const yes = { digest: card.digest, ...(days === undefined ? {} : { remember: { days } }) }
  return await signed(
    card.obligations.includes('step-up'),
    `${pathOf(card.id)}/challenge`,
    `${pathOf(card.id)}/approve`,
    yes,
  )
}

/** Puts other values in place of the agent's; gives the new card, to be approved like any. */
export async function editApproval(
  { id, digest }: Pick<ApprovalCard, 'id' | 'digest'>,
  values: Readonly<Record<string, unknown>>,
): Promise<ApprovalCard> {
  return await call<ApprovalCard>('POST', `${pathOf(id)}/edit`, { body: { digest, values } })
}

export interface Denial {
  readonly note?: string
  /** Stops the agent, or everything under the mandate, as well. */
  readonly stop?: 'agent' | 'mandate'
}

export async function deny({ id }: Pick<ApprovalCard, 'id'>, denial: Denial = {}): Promise<ApprovalCard> {
  return await call<ApprovalCard>('POST', `${pathOf(id)}/deny`, { body: denial })
}

/** One signature over all cards of `approved`; those of `denied` are refused. */
export async function approveTogether(
  approved: readonly ApprovalCard[],
  denied: readonly ApprovalCard[],
): Promise<TogetherResult> {
  const list = {
    approve: approved.map(({ id, digest }) => ({ id, digest })),
    deny: denied.map(({ id }) => id),
  }
  const stepUp = approved.some(({ obligations }) => obligations.includes('step-up'))
  return await signed(stepUp, '/approvals/together/challenge', '/approvals/together', list)
}

/** Sends a yes, with a passkey's signature over it where that is owed. */
export async function signed<Reply>(
  stepUp: boolean,
  challengePath: string,
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<Reply> {
  if (!stepUp) return await call<Reply>('POST', path, { body })
  const challenge = await call<Challenge>('POST', challengePath, { body })
  return await call<Reply>('POST', path, { body: { ...body, passkey: await answerWithPasskey(challenge) } })
}

function pathOf(id: string): string {
  return `/approvals/${encodeURIComponent(id)}`
}
