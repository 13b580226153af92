import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { readWish, receiptHeader, receiptKey } from '@ambit/core/wire/receipt-wish'
import type { ReceiptAnswer, ReceiptWish, WishReading } from '@ambit/core/wire/receipt-wish'
import { ForwardingSink } from '../forwarding-sink.ts'
import type { IngressSink } from '../gateway.ts'
import { errorOutcome, refusalError } from './operations/answers.ts'
import { refusalResult } from './refusal.ts'

/** What the caller of this request wants of its receipt: `_meta["ambit/receipt"]`, or the header of that name. */
export function wishOf(params: JsonObject | undefined, header: string | undefined): WishReading {
  const meta = params?.['_meta']
  return readWish(isObject(meta) ? meta[receiptKey] : undefined, header)
}

/** The header of an older era's request. */
export function wishHeader(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const value = headers[receiptHeader]
  return Array.isArray(value) ? value.join(', ') : value
}

/** The params without the wish: it is for this node and not for the server behind it. */
export function withoutWish(params: JsonObject): JsonObject {
  const meta = params['_meta']
  if (!isObject(meta) || meta[receiptKey] === undefined) return params
  const { [receiptKey]: _wish, ...rest } = meta
  return { ...params, _meta: rest }
}

/** The sink of an act whose caller wants its receipt; the very same where it does not. */
export function showingReceipt(
  wish: ReceiptWish | undefined,
  sink: IngressSink,
  isTool: boolean,
): IngressSink {
  return wish === undefined ? sink : new ReceiptSink(sink, isTool)
}

/** Puts the receipt of an act into its answer, whatever that is: a result, an error, a refusal. */
class ReceiptSink extends ForwardingSink {
  readonly #isTool: boolean

  constructor(sink: IngressSink, isTool: boolean) {
    super(sink)
    this.#isTool = isTool
  }

  override outcome(outcome: Outcome, act: string, receipt?: ReceiptAnswer): void {
    this.sink.outcome(receipt === undefined ? outcome : outcomeWith(outcome, receipt), act)
  }

  override refused(decision: Decision, act: string, receipt?: ReceiptAnswer): void {
    if (receipt === undefined) {
      this.sink.refused(decision, act)
      return
    }
    const refused = this.#isTool
      ? ({ ...ended, status: 'completed', value: refusalResult(decision, act) } as const)
      : errorOutcome(refusalError(decision, act))
    this.sink.outcome(outcomeWith(refused, receipt), act)
  }
}

const ended = { type: 'outcome', startedAt: 0, durationMs: 0 } as const

/** The outcome as a value that carries the receipt; the target's own bytes do not go on where it is asked for. */
function outcomeWith(outcome: Outcome, receipt: ReceiptAnswer): Outcome {
  // The person is sent to sign in, and the same call made again: that one has the receipt.
  if (outcome.error?.url !== undefined) return outcome
  const { wire, ...rest } = outcome
  const said = wire === undefined ? outcome.value : answerIn(wire)
  if (isObject(said) && outcome.error === undefined) return { ...rest, value: resultWith(said, receipt) }
  const theirs = isObject(said) && isObject(said['error']) ? said['error'] : undefined
  if (theirs !== undefined) {
    return { ...rest, value: { error: { ...theirs, data: dataWith(theirs['data'], receipt) } } }
  }
  if (outcome.error === undefined) return outcome
  const { code, detail } = outcome.error
  const data = dataWith({ code, detail }, receipt)
  return { ...rest, value: { error: { code: errorCodes.internal, message: `${code}: ${detail}`, data } } }
}

function resultWith(result: JsonObject, receipt: ReceiptAnswer): JsonObject {
  const meta = result['_meta']
  return { ...result, _meta: { ...(isObject(meta) ? meta : {}), [receiptKey]: receipt } }
}

/** An error has no `_meta`. Data that is no object is its server's own and stays as it is. */
function dataWith(data: unknown, receipt: ReceiptAnswer): unknown {
  return data === undefined || data === null || isObject(data) ? { ...data, [receiptKey]: receipt } : data
}

/** The result, or `{error}`, of a JSON-RPC answer; it was parsed by the egress before. */
function answerIn(wire: Uint8Array): unknown {
  const message: unknown = JSON.parse(Buffer.from(wire).toString('utf8'))
  if (!isObject(message)) return undefined
  return message['error'] === undefined ? message['result'] : { error: message['error'] }
}
