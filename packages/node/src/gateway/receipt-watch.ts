import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { ReceiptAnswer, ReceiptWish } from '@ambit/core/wire/receipt-wish'
import { mergeDelayMsMax } from '@ambit/core/promise'
import type { Ledger } from '../ledger/ledger.ts'
import type { LoggedLeaf } from '../receipt/receipt.ts'
import { ForwardingSink } from './forwarding-sink.ts'
import type { IngressSink } from './gateway.ts'
import type { PathParts } from './parts.ts'

/**
 * Stands between one act and its caller who wants its receipt with the answer: it notes the leaves on their way to the
 * ledger, and holds the last word back until it can say what was wished for. Other acts know nothing of it.
 */
export class ReceiptWatch extends ForwardingSink {
  /** The parts of the path, whose ledger tells of this act's leaves. */
  readonly parts: PathParts
  readonly #act: string
  readonly #wish: ReceiptWish
  readonly #leaves: LoggedLeaf[] = []
  #ended = false
  #onEnd: () => void = () => undefined

  constructor(parts: PathParts, act: string, wish: ReceiptWish, sink: IngressSink) {
    super(sink)
    this.#act = act
    this.#wish = wish
    this.parts = { ...parts, ledger: this.#noting(parts.ledger) }
  }

  override outcome(outcome: Outcome, act: string): void {
    this.#tell(act, (receipt) => this.sink.outcome(outcome, act, receipt))
  }

  override refused(decision: Decision, act: string): void {
    this.#tell(act, (receipt) => this.sink.refused(decision, act, receipt))
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
