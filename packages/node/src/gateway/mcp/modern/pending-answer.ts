import type { ReceiptWish } from '@ambit/core/wire/receipt-wish'
import type { Pending } from '../../../approval/approval.ts'
import type { Gateway } from '../../gateway.ts'
import { storedOutcome } from '../../stored-outcome.ts'
import { showingReceipt } from '../receipt-meta.ts'
import type { ModernExchange } from './exchange.ts'

/** A client that comes back for an act which waited for a person. */
export interface Collected {
  readonly pending: Pending
  /** Of the approval. */
  readonly id: string
  readonly wish: ReceiptWish | undefined
  readonly isTool: boolean
}

/** Says how such an act stands now, with its receipt where that is wished for. */
export async function answerPending(
  gateway: Pick<Gateway, 'receiptOf'>,
  exchange: ModernExchange,
  { pending, id, wish, isTool }: Collected,
): Promise<void> {
  const { state, act } = pending
  if (state === 'pending') exchange.asked(pending)
  else if (state === 'approved' || state === 'performing') exchange.wait(pending)
  else {
    const receipt = wish === undefined ? undefined : await gateway.receiptOf(act, wish)
    const sink = showingReceipt(wish, exchange, isTool)
    if (state === 'done') sink.outcome(storedOutcome(pending), act, receipt)
    else sink.refused(notApproved(state, id), act, receipt)
  }
}

function notApproved(state: string, id: string) {
  return {
    class: 'refuse' as const,
    reasons: [{ code: `approval.${state}`, rule: id, what: `the approval this call waited for is ${state}` }],
    obligations: [],
  }
}
