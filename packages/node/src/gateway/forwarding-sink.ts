import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import type { ReceiptAnswer } from '@ambit/core/wire/receipt-wish'
import type { Pending } from '../approval/approval.ts'
import type { BackAnswer, BackQuestion } from './back.ts'
import type { IngressSink } from './gateway.ts'

/** Passes everything on to another sink; whoever stands between them overrides what is said differently. */
export class ForwardingSink implements IngressSink {
  protected readonly sink: IngressSink

  constructor(sink: IngressSink) {
    this.sink = sink
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    return this.sink.event(event)
  }

  asks(
    question: BackQuestion,
    act: string,
    answered: (answer: BackAnswer) => void,
  ): (() => void) | undefined {
    return this.sink.asks?.(question, act, answered)
  }

  outcome(outcome: Outcome, act: string, receipt?: ReceiptAnswer): void {
    this.sink.outcome(outcome, act, receipt)
  }

  asked(pending: Pending, decision: Decision): void {
    this.sink.asked(pending, decision)
  }

  refused(decision: Decision, act: string, receipt?: ReceiptAnswer): void {
    this.sink.refused(decision, act, receipt)
  }

  failed(fault: Fault): void {
    this.sink.failed(fault)
  }
}
