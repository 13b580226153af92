import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { openReceiptStore } from './receipt/receipt-store.ts'
import type { ActIndex } from './receipt/receipt.ts'
import { recoverActs, startSnapshots } from './receipt/receipt.ts'

/** Takes up what the activity log knows of acts before this start, and keeps it current from now on. */
export async function keepActs(foundation: Foundation, domains: Domains, index: ActIndex): Promise<void> {
  const { activityLedger: ledger, clock, log, disposer, store } = foundation
  const { authority } = domains
  const open = await openReceiptStore(store)
  await recoverActs({ ledger, index, clock, log, open, spent: authority })
  const stop = startSnapshots({ ledger, index, clock, log, open, spent: authority })
  disposer.add('snapshots of acts', stop)
}
