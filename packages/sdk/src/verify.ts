/*
 * Checking what a node says without asking it, or anyone: a pure function of the public formats, the same in
 * browsers and Node. `vkeys` are the keys of the logs you trust; `ambit.status()` names a node's own.
 */
export { verifyReceipt } from '@ambit/core/receipt'
export type { Receipt, ReceiptProblem, ReceiptVerdict, VerifiedReceipt } from '@ambit/core/receipt'
