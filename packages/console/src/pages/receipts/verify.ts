import './jitless.ts'

/** Apart from the rest, because only this page needs the schemas and proofs behind it. */
export { verifyReceipt } from '@ambit/core/receipt'
