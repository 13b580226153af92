import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import type { ReceiptAnswer, ReceiptWish } from '@ambit/core/wire/receipt-wish'
import type { Pending } from '../approval/approval.ts'
import { mergeDelayMsMax } from '@ambit/core/promise'
import type { Ledger } from '../ledger/ledger.ts'
import type { LoggedLeaf } from '../receipt/receipt.ts'
import type { BackAnswer, BackQuestion } from './back.ts'
import type { IngressSink } from './gateway.ts'
import type { PathParts } from './parts.ts'

/**
 * Stands between one act and its caller who wants its receipt with the answer: it notes the leaves on their way to the
 * ledger, and holds the last word back until it can say what was wished for. Other acts know nothing of it.
 */
export class ReceiptWatch implements IngressSink {
  /** The parts of the path, whose ledger tells of this act's leaves. */
  readonly parts: PathParts
  readonly #act: string
  readonly #wish: ReceiptWish
  readonly #sink: IngressSink
  readonly #leaves: LoggedLeaf[] = []
  #ended = false
  #onEnd: () => void = () => undefined

  constructor(parts: PathParts, act: string, wish: ReceiptWish, sink: IngressSink) {
    this.#act = act
    this.#wish = wish
    this.#sink = sink
    this.parts = { ...parts, ledger: this.#noting(parts.ledger) }
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    return this.#sink.event(event)
  }

  asks(
    question: BackQuestion,
    act: string,
    answered: (answer: BackAnswer) => void,
  ): (() => void) | undefined {
    return this.#sink.asks?.(question, act, answered)
  }

  outcome(outcome: Outcome, act: string): void {
    this.#tell(act, (receipt) => this.#sink.outcome(outcome, act, receipt))
  }

  asked(pending: Pending, decision: Decision): void {
    this.#sink.asked(pending, decision)
  }

  refused(decision: Decision, act: string): void {
    this.#tell(act, (receipt) => this.#sink.refused(decision, act, receipt))
  }

  failed(fault: Fault): void {
    this.#sink.failed(fault)
  }

  #tell(act: string, say: (receipt: ReceiptAnswer) => void): void {
    const { receipts, log } = this.parts
    if (this.#wish === 'handle') {
      say(receipts.handle(act))
      return
    }
    // An act that was approved and performed earlier has leaves that did not pass here.
    const answer = act === this.#act ? this.#answer() : receipts.find(act, this.#wish)
    answer.then(say).catch((error: unknown) => {
      log.error('receipt.not-told', { act, error: String(error) })
    })
  }

  async #answer(): Promise<ReceiptAnswer> {
    const { receipts } = this.parts
    if (await this.#endedInTime()) return await receipts.answer(this.#act, this.#wish, this.#leaves)
    return { ...receipts.handle(this.#act), why: 'how the act ended was not durable in time' }
  }

  /** How an act ended is written once its contents are durable; false when that takes longer than a promise may. */
  async #endedInTime(): Promise<boolean> {
    if (this.#ended) return true
    await new Promise<void>((resolve) => {
      const stop = this.parts.clock.after(mergeDelayMsMax, resolve)
      this.#onEnd = () => {
        stop()
        resolve()
      }
    })
    return this.#ended
  }

  #noting(ledger: PathParts['ledger']): PathParts['ledger'] {
    const noted: Ledger['append'] = (entry, done) =>
      ledger.append(entry, (fault, index) => {
        if (fault === undefined && entry.includes(`"act":"${this.#act}"`)) this.#note({ index, text: entry })
        done(fault, index)
      })
    // Somebody waits for it, so it does not wait for company.
    return { append: noted, appendPatiently: noted }
  }

  #note(leaf: LoggedLeaf): void {
    this.#leaves.push(leaf)
    if (!isEnd.test(leaf.text)) return
    this.#ended = true
    this.#onEnd()
  }
}

const isEnd = /"kind":"act\.(outcome|refused)"/
