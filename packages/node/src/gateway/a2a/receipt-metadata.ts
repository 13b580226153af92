import type { A2aError } from '@ambit/core/wire/a2a/error'
import { isObject, objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { isInterrupted, isTerminal, readStreamResponse } from '@ambit/core/wire/a2a/task'
import { readWish, receiptHeader, receiptKey } from '@ambit/core/wire/receipt-wish'
import type { ReceiptAnswer, WishReading } from '@ambit/core/wire/receipt-wish'
import { metadataMember, withoutMetadata } from './metadata-member.ts'

/** What the caller wants of its receipt: in the metadata of the request or of its message, or in the header. */
export function wishOf(params: Json, header: string | undefined): WishReading {
  return readWish(metadataMember(params, receiptKey), header)
}

/** The params without the wish, which is for this node and not for the agent behind it; the same where there is none. */
export function withoutWish(params: Json): Json {
  return withoutMetadata(params, receiptKey)
}

/** The headers of an answer that has a receipt: where it is. */
export function receiptHeaders({ url }: ReceiptAnswer): readonly string[] {
  return [receiptHeader, url]
}

/** Members of an answer that have metadata of their own. */
const carriers = ['task', 'message', 'statusUpdate', 'artifactUpdate'] as const

/** The answer with the receipt in its metadata; undefined for one that has no place for it, such as a list. */
export function answerWith(value: unknown, receipt: ReceiptAnswer): Json | undefined {
  if (!isObject(value)) return undefined
  for (const name of carriers) {
    const carried = value[name]
    if (isObject(carried)) return { ...value, [name]: metadataWith(carried, receipt) }
  }
  const isTask = typeof value['id'] === 'string' && isObject(value['status'])
  return isTask ? metadataWith(value, receipt) : undefined
}

function metadataWith(of: Json, receipt: ReceiptAnswer): Json {
  return { ...of, metadata: { ...objectOf(of['metadata']), [receiptKey]: receipt } }
}

/** After such an event a stream has no more, as a rule: it is the one that carries the receipt. */
export function isLastEvent(value: unknown): boolean {
  const reading = readStreamResponse(value)
  if (reading?.kind === 'message') return true
  return reading?.state !== undefined && (isTerminal(reading.state) || isInterrupted(reading.state))
}

const receiptReason = 'AMBIT_RECEIPT'

/** The error with the receipt in its details, which are text. */
export function errorWith(
  error: A2aError,
  { act, url, log, why, promise, receipt }: ReceiptAnswer,
): A2aError {
  const metadata = {
    act,
    url,
    log,
    ...(promise === undefined ? {} : { promise: JSON.stringify(promise) }),
    ...(receipt === undefined ? {} : { receipt: JSON.stringify(receipt) }),
    ...(why === undefined ? {} : { why }),
  }
  return { ...error, details: [...error.details, { reason: receiptReason, domain: 'ambit', metadata }] }
}

/** Longest detail where they travel in a header: clients take headers of 8 KiB as a rule, in base64 and all together. */
const headerDetailCharactersMax = 3000

/** The error with a handle in place of a receipt that is too long for the headers of gRPC. */
export function errorForHeader(error: A2aError): A2aError {
  const details = error.details.map((detail) => {
    const { metadata } = detail
    if (detail.reason !== receiptReason || metadata === undefined) return detail
    if (JSON.stringify(metadata).length <= headerDetailCharactersMax) return detail
    const { receipt: _whole, promise: _promised, ...handle } = metadata
    return { ...detail, metadata: { ...handle, why: tooLongForHeader } }
  })
  return { ...error, details }
}

const tooLongForHeader = 'it is too long for the header of an error; fetch it from its address'

/** An error that does not name its act does not even say that there is a thing of that name. */
export function namesItsAct({ details }: A2aError): boolean {
  return details.some(({ metadata }) => metadata?.['act'] !== undefined)
}
