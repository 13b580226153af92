import type { Digest } from '@ambit/core/digest'
import type { RecordState } from '@ambit/core/record'
import type { RulingKind, SignedRuling } from '@ambit/core/ruling'

/** Signed statements of authorities, and the epoch of those in force. */
export interface Rulings {
  /** Grows by one with every ruling; an act decided under an older epoch is looked at again before it is sent. */
  readonly epoch: number
  /** What the newest state-bearing ruling says of an exact version; undefined when none was made. In memory. */
  stateOf(digest: Digest): { readonly state: RecordState; readonly ruling: string } | undefined
  /** Signs, writes the leaf to the registry log, stores, raises the epoch, then publishes `ruling.<kind>` {id, record, digests, epoch}. */
  issue(statement: Statement): Promise<SignedRuling>
  list(record: string): Promise<readonly SignedRuling[]>
}

export interface Statement {
  readonly kind: RulingKind
  /** AIC. */
  readonly record: string
  readonly digests: readonly Digest[]
  /** Principal id of the person who decided, when one did. */
  readonly person?: string
  readonly basis?: readonly string[]
  readonly evidence?: readonly Digest[]
  readonly note?: string
  readonly expiresAt?: number
}
