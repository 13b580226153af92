import type { Reason } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import type { Outcome } from '@ambit/core/act'

/** An act that waits for a person: what is bound, and what is needed to perform it later. */
export interface Suspended {
  readonly act: string
  readonly at: number
  readonly trace: string
  /** did:key of the holder whose act it is. */
  readonly holder: string
  readonly organization: string
  /** Principal id of the person who must decide. */
  readonly subject: string
  readonly callers: readonly string[]
  readonly links: readonly string[]
  readonly chain: Digest
  readonly target: Digest
  readonly targetSlug: string
  readonly targetTitle: string
  readonly capability: string
  readonly capabilityTitle: string
  readonly definition: Digest
  readonly effect: string
  readonly reversibility: number
  readonly arguments: unknown
  readonly protocolIn: string
  /** The message as it came, base64; kept sealed. */
  readonly wire: string
  readonly reasons: readonly Reason[]
}

export type ApprovalState = 'pending' | 'approved' | 'performing' | 'done' | 'denied' | 'expired' | 'void'

export interface Pending {
  readonly id: string
  readonly act: string
  readonly state: ApprovalState
  readonly holder: string
  readonly subject: string
  readonly organization: string
  readonly expiresAt: number
  /** The answer, once performed: sealed at rest, opened for its holder only. */
  readonly outcome?: Pick<Outcome, 'status' | 'error'> & { readonly answer?: string }
}

/** Approvals: single use, expiring, given by a signed-in person through Ambit only. */
export interface Approvals {
  /** Suspends an act; the same holder asking the same again gets the pending one back. Writes the `approval` leaf `asked`. */
  ask(suspended: Suspended): Promise<Pending>
  /** What became of an approval, for its holder only. */
  get(id: string, holder: string): Promise<Pending | undefined>
  /** A still usable approval of exactly this action (definition, arguments, target, holder), e.g. when an older client calls again. */
  find(suspended: Suspended): Promise<Pending | undefined>
  /** Takes an approved act for performing, exactly once; undefined when it is not to be had. Durable before it returns. */
  claim(id: string): Promise<Suspended | undefined>
  /** Keeps the outcome for the holder to fetch. */
  finish(id: string, outcome: Pick<Outcome, 'status' | 'error'> & { readonly answer?: string }): Promise<void>
  /** Ends an approval whose act may no longer happen. */
  void(id: string, reasons: readonly Reason[]): Promise<void>
}
