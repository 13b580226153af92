import type { Fault } from '@ambit/core/fault'
import { entryBytesMax } from '@ambit/core/leaf'
import type { NoteSigner } from '@ambit/core/log/note'
import type { Clock } from '../kernel/clock.ts'
import { localDisk } from './disk.ts'
import type { LedgerGuard } from './guard.ts'
import type { LogFile } from './log-files.ts'
import { openLog } from './log.ts'

export { openFileGuard } from './guard.ts'
export type { LedgerGuard, SignedHead } from './guard.ts'
export type { LogFile } from './log-files.ts'
export { noteSigner } from './signer.ts'

export interface LedgerLimits {
  /** Longest entry: ours stay below 8 KiB so that contents are not put into the log; never above 65,535. */
  readonly entryBytes: number
  /** Entries that one batch holds; what waits for the disk is one such batch. */
  readonly batchEntries: number
  /** Bytes of one batch: two exist, so this bounds memory; fits into the first segment and is below 16 MiB. */
  readonly batchBytes: number
  /** The first segment file: small, so that a new node starts at once. */
  readonly segmentBytesMin: number
  /** Segments double up to this; what is replayed at start is at most one of them. */
  readonly segmentBytesMax: number
  /** Leaf hashes that wait for their file (32 bytes each); at least four batches. */
  readonly ringHashes: number
  /** Tiles kept open for proofs (16 KiB each). */
  readonly proofTiles: number
  /** Entries kept after reading them. */
  readonly bundleCacheBytes: number
  /** How often a full disk is tried again, at most. */
  readonly fullRetryMs: number
}

export const defaultLimits: LedgerLimits = {
  entryBytes: entryBytesMax,
  batchEntries: 16_384,
  batchBytes: 8 * 1024 * 1024 - 64 * 1024,
  segmentBytesMin: 8 * 1024 * 1024,
  segmentBytesMax: 64 * 1024 * 1024,
  ringHashes: 65_536,
  proofTiles: 256,
  bundleCacheBytes: 8 * 1024 * 1024,
  fullRetryMs: 1000,
}

/** Receipts may wait this long for their checkpoint. */
export const mergeDelayMsMax = 1000
const mergeDelayMsDefault = 500

export interface LedgerOptions {
  readonly directory: string
  /** Name of the log in its checkpoints: a URL without scheme. The signer's name is the same. */
  readonly origin: string
  readonly signer: NoteSigner
  readonly guard: LedgerGuard
  readonly clock: Clock
  /** New entries are in a published checkpoint after this long; at most 1000. */
  readonly mergeDelayMs?: number
  /** What went wrong off the path: a full or failed disk, a publication that is tried again, a caller that threw. */
  onFailure(fault: Fault): void
  readonly limits?: Partial<LedgerLimits>
}

export interface Proof {
  readonly index: number
  readonly entry: Uint8Array
  readonly hashes: Uint8Array[]
  readonly checkpoint: string
}

export interface LedgerState {
  /** `full` passes when there is room again; `failed` lasts until the log is opened anew. */
  readonly state: 'open' | 'full' | 'failed' | 'closed'
  readonly size: number
  readonly publishedSize: number
  readonly queued: number
  readonly reason?: string
}

/** An append-only log with a Merkle tree over it, in the formats of c2sp.org (tlog-tiles, tlog-checkpoint). */
export interface Ledger extends AsyncDisposable {
  readonly origin: string
  readonly vkey: string
  /** Durable entries. */
  readonly size: number
  /**
   * The hot path: no promise, never throws. `done` is called once, in the order of the log, after the entry is
   * durable, or with a Fault (`ledger.busy`, `ledger.full`, `ledger.failed`, `ledger.closed`,
   * `ledger.entry-too-large`) and then says nothing about an index.
   */
  append(entry: string, done: (fault: Fault | undefined, index: number) => void): void
  /** `append` for an entry that nobody waits for: it goes with the next one, or alone after 20 ms at most. */
  appendPatiently(entry: string, done: (fault: Fault | undefined, index: number) => void): void
  /** Resolves once everything taken so far is durable or refused. */
  settle(): Promise<void>
  /** `append` as a promise of the index. */
  write(entry: string): Promise<number>
  /** Throws `ledger.not-found` and `ledger.corrupt`. */
  read(index: number): Promise<Uint8Array>
  /** Entries from an index up to those durable when it is called, each checked against its leaf hash. */
  entries(
    from: number,
    signal?: AbortSignal,
  ): AsyncIterable<{ readonly index: number; readonly entry: Uint8Array }>
  /** A published checkpoint of at least that size; publishes at once where there is none. */
  checkpoint(minSize?: number): Promise<string>
  prove(index: number, minSize?: number): Promise<Proof>
  /** A file of the log's public interface, or undefined where the published log has none at that path. */
  file(path: string): Promise<LogFile | undefined>
  state(): LedgerState
}

/**
 * Opens a log for writing, or begins one. Throws `ledger.locked`, `ledger.corrupt`, `ledger.rolled-back` and
 * `ledger.other-log`; a log that cannot be trusted is not opened.
 */
export function openLedger(options: LedgerOptions): Promise<Ledger> {
  const mergeDelayMs = Math.min(options.mergeDelayMs ?? mergeDelayMsDefault, mergeDelayMsMax)
  return openLog(options, {
    disk: localDisk,
    genesis: true,
    mergeDelayMs,
    limits: { ...defaultLimits, ...options.limits },
  })
}
