import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { ReceiptWish } from '@ambit/core/wire/receipt-wish'
import type { Pending } from '../../../approval/approval.ts'
import type { Holder } from '../../../authority/authority.ts'
import type { BackAnswer } from '../../back.ts'
import type { Gateway, IngressSink } from '../../gateway.ts'
import { notApproved, storedOutcome } from '../../stored-outcome.ts'
import { askFirst } from '../refusal.ts'

/** Bounded waits for the end of an approval; `over` is called once, also when the time is over. */
export interface Waits {
  /** Undefined when too many wait already; else what ends the wait without that. */
  wait(id: string, over: () => void): (() => void) | undefined
}

/** A call whose person is asked to decide, as its client sees it. */
export interface FollowedCall {
  /** Puts `elicitation/create`; gives what takes it back, undefined when the client cannot be asked now. */
  ask(params: JsonObject, answered: (answer: BackAnswer) => void): (() => void) | undefined
  /** Answers with what was decided; false: nothing was. */
  answer(): Promise<boolean>
  /** It takes longer: the client makes the call again. */
  later(): void
  /** The person did not want to open the address. */
  declined(): void
  failed(error: unknown): void
}

/**
 * Sends the person to the address of an approval within the call (2025-11-25 client/elicitation, "URL Mode"), and
 * answers the call once they have decided there, if that is soon. What the client says of the address decides nothing:
 * `accept` means that it was opened. Gives what ends it; undefined when the client has to be told in another way.
 */
export function follow(
  pending: Pending,
  url: string,
  waits: Waits,
  call: FollowedCall,
): (() => void) | undefined {
  const { id } = pending
  let over = false
  let withdraw: (() => void) | undefined
  const leave = waits.wait(id, () => {
    stop()
    call
      .answer()
      .then((decided) => (decided ? undefined : call.later()))
      .catch((error: unknown) => call.failed(error))
  })
  if (leave === undefined) return undefined
  function stop(): void {
    if (over) return
    over = true
    leave?.()
    withdraw?.()
  }
  // One that was decided is only waited for.
  if (pending.state !== 'pending') return stop
  withdraw = call.ask({ mode: 'url', elicitationId: id, url, message: askFirst }, (answer) => {
    withdraw = undefined
    const action = actionOf(answer)
    if (over || action === 'accept') return
    stop()
    if (action === undefined) call.later()
    else call.declined()
  })
  if (withdraw !== undefined) return stop
  leave()
  return undefined
}

/** Undefined: the client did not understand. */
function actionOf({ status, value }: BackAnswer): string | undefined {
  const action = status === 'completed' && isObject(value) ? value['action'] : undefined
  return action === 'accept' || action === 'decline' || action === 'cancel' ? action : undefined
}

const undecided: ReadonlySet<string> = new Set(['pending', 'planned', 'approved', 'performing', 'held'])

/** Says what became of an approval, where it is over; `ended` comes before that. */
export async function answerEnded(
  gateway: Pick<Gateway, 'approval' | 'receiptOf'>,
  { id, holder, wish, sink, ended }: EndedFor,
): Promise<boolean> {
  const pending = await gateway.approval(id, holder)
  if (pending === undefined || undecided.has(pending.state)) return false
  const { state, act } = pending
  const receipt = wish === undefined ? undefined : await gateway.receiptOf(act, wish)
  ended()
  if (state === 'done') sink.outcome(storedOutcome(pending), act, receipt)
  else sink.refused(notApproved(state, id), act, receipt)
  return true
}

export interface EndedFor {
  /** Of the approval. */
  readonly id: string
  readonly holder: Holder
  readonly wish: ReceiptWish | undefined
  readonly sink: IngressSink
  readonly ended: () => void
}
