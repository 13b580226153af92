import { call } from './call.ts'
import type { RecordView } from './types.ts'

/** A record that one organisation of the node offers to another. */
export interface Transfer {
  readonly id: string
  /** Identity code. */
  readonly record: string
  readonly slug: string
  readonly title: string
  readonly from: string
  readonly to: string
  readonly state: 'offered' | 'accepting' | 'accepted' | 'declined' | 'withdrawn'
  readonly note: string
  readonly offered: string
  readonly decided?: string
}

/** Offered by the organisation and to it, newest first. */
export async function listTransfers(signal: AbortSignal): Promise<readonly Transfer[]> {
  return (await call<{ transfers: readonly Transfer[] }>('GET', '/transfers', { signal })).transfers
}

export async function offerTransfer(
  slug: string,
  offer: { readonly to: string; readonly note?: string },
): Promise<Transfer> {
  return await call<Transfer>('POST', `/records/${encodeURIComponent(slug)}/transfer`, { body: offer })
}

export async function acceptTransfer(
  id: string,
  accepted: { readonly slug?: string; readonly responsible?: { readonly name: string } },
): Promise<RecordView> {
  return await call<RecordView>('POST', `/transfers/${encodeURIComponent(id)}/accept`, { body: accepted })
}

/** Declined by the receiver, or withdrawn by the giver. */
export async function endTransfer(id: string, how: 'decline' | 'withdraw'): Promise<void> {
  await call('POST', `/transfers/${encodeURIComponent(id)}/${how}`, { body: {} })
}
