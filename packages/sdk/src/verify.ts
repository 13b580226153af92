/*
 * Checking what a node says without asking it, or anyone: pure functions of the public formats, the same in browsers
 * and Node. `vkeys` are the keys of the logs you trust; `ambit.status()` names a node's own.
 */
export { verifyReceipt } from '@ambit/core/receipt'
export type { Receipt, ReceiptProblem, ReceiptVerdict, VerifiedReceipt } from '@ambit/core/receipt'
export { checkPromise } from '@ambit/core/promise-check'
export type { PromiseCheck, PromiseEvidence } from '@ambit/core/promise-check'
export { verifyPromise } from '@ambit/core/promise'
export type { ActPromise, PromiseVerdict } from '@ambit/core/promise'
export { receiptHeader, receiptKey } from '@ambit/core/wire/receipt-wish'
export type { ReceiptAnswer, ReceiptWish } from '@ambit/core/wire/receipt-wish'
