import type { Fault } from '@ambit/core/fault'
import type { Clock } from '../../kernel/clock.ts'
import type { HashStore } from '../hash-store.ts'
import type { Hash } from '../hash.ts'
import type { Segments } from './segments.ts'
import type { Tree } from '../tree.ts'

interface SequencerLimits {
  readonly entryBytes: number
  readonly batchEntries: number
  readonly batchBytes: number
  readonly fullRetryMs: number
}

export interface SequencerParts {
  readonly tree: Tree
  readonly segments: Segments
  readonly hashes: HashStore
  readonly previous: Hash
  readonly epoch: number
  /** Added to the index of each acknowledged entry (see `EngineParts.first`). */
  readonly first?: number
  readonly clock: Clock
  readonly limits: SequencerLimits
  /** Called after each durable batch, before its entries are acknowledged. */
  onDurable(): void
  onFailure(fault: Fault): void
}
