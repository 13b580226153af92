import { useQuery } from '@tanstack/react-query'
import type { ReceiptVerdict, VerifiedReceipt } from '@ambit/core/receipt'
import { queries } from '../../api/queries.ts'
import { canVerify } from './can-verify.ts'

export type Verdict =
  | {
      readonly kind: 'good'
      readonly verified: VerifiedReceipt
      readonly origin: string
      readonly openings: number
    }
  | {
      readonly kind: 'bad'
      readonly code: string
      readonly reason: string
      readonly where: string | undefined
    }
  | { readonly kind: 'cannot' }

/**
 * Checks the receipt in this browser. The keys to trust are those the node publishes; without them the receipt is
 * held against its own key, which the verdict says. A receipt of another act than the one asked for is bad, however
 * well it is signed. Undefined while it is being checked. `readAt` tells one reading of the receipt from the next.
 */
export function useVerdict(receipt: unknown, act: string, readAt: number): Verdict | undefined {
  const status = useQuery({ ...queries.status(), retry: false })
  const vkeys = status.data?.ledgers.flatMap((ledger) => ledger.vkeys)
  const verdict = useQuery({
    queryKey: ['verdict', act, readAt, vkeys],
    queryFn: () => check(receipt, act, vkeys),
    enabled: !status.isPending,
    staleTime: Infinity,
    retry: false,
  })
  // Checking turns every flaw of a receipt into a verdict; what it throws is a flaw of the page.
  if (verdict.error !== null) throw verdict.error
  return verdict.data
}

async function check(receipt: unknown, act: string, vkeys: readonly string[] | undefined): Promise<Verdict> {
  // Insecure pages have no Web Crypto; older browsers have no Ed25519 in it.
  if (!(await canVerify())) return { kind: 'cannot' }
  const { verifyReceipt } = await import('./verify.ts')
  const verdict: ReceiptVerdict = await verifyReceipt(receipt, vkeys === undefined ? {} : { vkeys })
  if (!verdict.ok) return { kind: 'bad', code: verdict.code, reason: verdict.reason, where: verdict.where }
  if (verdict.act !== act) {
    return { kind: 'bad', code: 'receipt.other-act', reason: 'the receipt is of another act', where: 'act' }
  }
  return { kind: 'good', verified: verdict, ...shape(receipt) }
}

/** A verified receipt has the shape its schema asks for, so these members are there. */
function shape(receipt: unknown): { origin: string; openings: number } {
  const { log, openings } = receipt as { log: { origin: string }; openings?: unknown[] }
  return { origin: log.origin, openings: openings?.length ?? 0 }
}
