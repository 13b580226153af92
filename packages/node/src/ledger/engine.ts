import type { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { SignedHead } from './guard.ts'
import type { HashStore } from './hash-store.ts'
import type { Hash } from './hash.ts'
import type { LedgerLimits } from './ledger.ts'

/** Told once: that the entry is durable at this position (`EngineParts.first` and its index), or why it is not in the log. */
export type Done = (fault: Fault | undefined, index: number) => void

/** Gets a durable entry by its position; the bytes are another's again once it returns. */
export type Follower = (position: number, bytes: Buffer, start: number, end: number) => void

/** Size and root of the log after a batch. */
export interface Head {
  readonly size: number
  readonly root: Hash
}

/** `full` and `away` (no database) pass by themselves; `failed` lasts until the log is opened anew. */
export type EngineState = 'open' | 'full' | 'away' | 'failed' | 'closed'

/**
 * Where a log keeps its truth: it gives entries their index, makes them durable in batches, and gives them back. What
 * is derived from them (tiles, proofs, checkpoints) stands above it and is the same for every engine.
 */
export interface Engine {
  /** After the last durable batch that this process knows of; where others write too, the log may be longer. */
  readonly durable: Head
  readonly state: EngineState
  readonly fault: Fault | undefined
  readonly queued: number
  /** Whether other processes write to this log as well: then its heads may move without this one. */
  readonly shared: boolean
  /** Hashes of the tree up to `durable`; derived, local to this process. */
  readonly hashes: HashStore
  /** See `Ledger.append`; one that is not urgent may wait for company, but never longer than the merge delay. */
  append(entry: string, done: Done, urgent: boolean): void
  /** See `Ledger.follow`: who gets entries as they become durable. False where others write too. */
  tell(follower: Follower): boolean
  /** Resolves once every entry taken so far is durable or refused. */
  settle(): Promise<void>
  /** Takes over what others wrote until now, so that `durable` holds it; nothing where nobody else writes. */
  follow(): Promise<void>
  /** Takes nothing more, because the guard refuses or the log is closed. */
  stop(state: 'failed' | 'closed', fault: Fault): void
  /** The first `width` entries of a bundle, all durable, checked against their leaf hashes. Throws `ledger.corrupt`. */
  bundle(bundle: number, width: number): Promise<readonly Buffer[]>
  /** The checkpoint that was published last, by whichever writer. */
  published(): Promise<SignedHead | undefined>
  /** Makes a checkpoint durable, then seen; called only after the guard let it pass. */
  publish(head: SignedHead): Promise<void>
  /** Lets go of files, connections and locks without writing anything. */
  close(): Promise<void>
}

export interface EngineParts {
  readonly origin: string
  /** Files of this log: the truth itself, or what is derived from it. */
  readonly directory: string
  /** Added to each index that an entry is acknowledged with: the log's position in its series. */
  readonly first: number
  readonly clock: Clock
  readonly limits: LedgerLimits
  /** The head the guard keeps; the log must still hold exactly it. */
  readonly guarded: SignedHead | undefined
  /** New entries are durable; called before they are acknowledged. */
  onDurable(): void
  onFailure(fault: Fault): void
}

/** Opens the truth of a log. Throws `ledger.locked`, `ledger.corrupt` and `ledger.rolled-back`. */
export type OpenEngine = (parts: EngineParts) => Promise<Engine>
