import type { Leaf } from '@ambit/core/leaf'
import type { ActPromise } from '@ambit/core/promise'
import type { VerifiedReceipt } from '@ambit/core/receipt'

/** What a person brings. */
export interface Evidence {
  /** A receipt, a promise or a proof file. */
  readonly document: string
  /** Keys, one on each line, or a policy; empty: nobody is named. */
  readonly trust: string
  /** The entry that a proof file is of; empty: not given. */
  readonly entry: string
}

export interface Witness {
  readonly name: string
  /** Seconds since 1970. */
  readonly time: number
}

/** What came of looking at it. */
export type Examined =
  | {
      readonly kind: 'receipt'
      readonly verified: VerifiedReceipt
      readonly receipt: unknown
      readonly openings: number
    }
  | {
      readonly kind: 'promise'
      readonly promise: ActPromise
      readonly keyPinned: boolean
      readonly dueAt: number
    }
  | {
      readonly kind: 'proof'
      readonly index: number
      readonly origin: string
      readonly size: number
      readonly witnesses: readonly Witness[]
      /** The entry, where it is one of ours. */
      readonly leaf: Leaf | undefined
      /** False: only the checkpoint was checked, because the entry is not there. */
      readonly included: boolean
    }
  | {
      readonly kind: 'bad'
      readonly what: 'receipt' | 'promise' | 'proof'
      readonly reason: string
      readonly code?: string
      readonly where?: string
    }
  | {
      readonly kind: 'unreadable'
      readonly why: 'too-long' | 'unknown' | 'trust' | 'proof-key'
      readonly detail?: string
    }
  | { readonly kind: 'cannot' }
