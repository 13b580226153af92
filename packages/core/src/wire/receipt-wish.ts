import type { ActPromise } from '../promise.ts'
import type { Receipt } from '../receipt.ts'

/*
 * How a caller asks, in any protocol, that the answer to its request carries the receipt of the act: in the metadata of
 * the request under `receiptKey`, or in a header of that name.
 */

/** Member of `_meta` (MCP) and `metadata` (A2A), in the request and in the answer. */
export const receiptKey = 'ambit/receipt'
/** In the request what is wished for, in the answer the address of the receipt. */
export const receiptHeader = 'ambit-receipt'

/**
 * `handle`: where the receipt will be. `promise`: also the log's signed word that it will be there within a second.
 * `receipt`: the receipt itself; the answer waits for it.
 */
export const receiptWishes = ['handle', 'promise', 'receipt'] as const
export type ReceiptWish = (typeof receiptWishes)[number]

/** What an answer carries under `receiptKey`. */
export interface ReceiptAnswer {
  readonly act: string
  /** Where the receipt is given to whoever may see the act. */
  readonly url: string
  /** Origin of the log. */
  readonly log: string
  readonly promise?: ActPromise
  readonly receipt?: Receipt
  /** Why it is less than was wished for. */
  readonly why?: string
}

export type WishReading =
  | { readonly ok: true; readonly wish: ReceiptWish | undefined }
  | { readonly ok: false; readonly reason: string }

const unasked: WishReading = { ok: true, wish: undefined }

/** Reads a wish as a caller wrote it: what stands in the message goes before the header. */
export function readWish(inMessage: unknown, header: string | undefined): WishReading {
  const asked = inMessage ?? header?.trim()
  if (asked === undefined) return unasked
  const wish = receiptWishes.find((each) => each === asked)
  if (wish !== undefined) return { ok: true, wish }
  const where = inMessage === undefined ? 'the header Ambit-Receipt' : `\`${receiptKey}\``
  return { ok: false, reason: `${where} is one of ${receiptWishes.join(', ')}` }
}
