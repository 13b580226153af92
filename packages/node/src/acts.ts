import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { openReceiptStore } from './receipt/receipt-store.ts'
import type { InFlight } from './gateway/in-flight.ts'
import { recoverActs, startSnapshots } from './receipt/receipt.ts'

/** Takes up what the activity log knows of acts before this start, and keeps it current from now on. */
export async function keepActs(foundation: Foundation, domains: Domains, inFlight: InFlight): Promise<void> {
  const { activityLedger: ledger, clock, log, disposer, store } = foundation
  const { authority } = domains
  const open = await openReceiptStore(store)
  const parts = { ledger, clock, log, open, openActs: () => inFlight.openActs(), spent: authority }
  await recoverActs(parts)
  const stop = startSnapshots(parts)
  disposer.add('snapshots of acts', stop)
}
