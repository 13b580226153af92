import type { Fault } from '@ambit/core/fault'
import { mergeDelayMsMax } from '@ambit/core/promise'
import { entryBytesMax } from '@ambit/core/leaf'
import type { KeyLeaf } from '@ambit/core/leaf'
import type { Shard } from '@ambit/core/log/shards'
import type { Clock } from '../kernel/clock.ts'
import { localDisk } from '../kernel/disk.ts'
import type { TokenKeys } from '../kernel/key-signer.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { EngineState, Follower, OpenEngine } from './engine.ts'
import { openFileEngine } from './file/engine.ts'
import type { LedgerGuard, SignedHead } from './guard.ts'
import type { LogFile } from './log-files.ts'
import { openLog } from './log.ts'
import { openLogSeries } from './series.ts'
import type { LedgerSigner, PromiseKey, TokenState } from './token-signer.ts'
import type { WitnessState } from './witness-client.ts'

export { auditLog } from './file/audit.ts'
export { openFileGuard, readFileGuard } from './guard.ts'
export type { LedgerGuard, SignedHead } from './guard.ts'
export type { LogFile } from './log-files.ts'
export type { Follower } from './engine.ts'
export { allowBeginAfterLoss } from './series-loss.ts'
export { postgresEngine } from './postgres/engine.ts'
export { openSharedGuard } from './postgres/guard-store.ts'
export type { OpenEngine } from './engine.ts'
export { createCosigner } from './cosigner.ts'
export { ed25519Cosigner, logSigner, mlDsaCosigner, noteSigner } from './signer.ts'
export type { TokenState } from './token-signer.ts'
export type { WitnessState } from './witness-client.ts'

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

const mergeDelayMsDefault = 500

/** Brings checkpoints to the witnesses of a log before they are published. */
export interface Cosigner {
  /** Whether a checkpoint is published only with the quorum of its witnesses. */
  readonly required: boolean
  /** How long they may take together: part of the merge delay. */
  readonly waitMs: number
  /**
   * Signature lines that witnesses gave for a checkpoint, as many as came in time; `consistency` proves that the log
   * only grew since an earlier size. Throws a Fault `ledger.unwitnessed` where the quorum is required and not there, and
   * `ledger.rolled-back` where a witness has seen a longer log than this one, or another.
   */
  cosign(head: SignedHead, consistency: (from: number) => Promise<Uint8Array[]>): Promise<Cosignatures>
  state(): readonly WitnessState[]
}

export interface Cosignatures {
  readonly lines: readonly string[]
  /** Whether they are the quorum of the policy. */
  readonly quorum: boolean
}

export interface LedgerOptions {
  readonly directory: string
  /** Name of the log in its checkpoints: a URL without scheme. The signer's name is the same. */
  readonly origin: string
  readonly signer: LedgerSigner
  readonly guard: LedgerGuard
  /** Without one, checkpoints carry the log's own signature alone. */
  readonly cosigner?: Cosigner
  /** Where the log keeps its truth: segment files in `directory` unless another engine is given. */
  readonly engine?: OpenEngine
  /** Position of its entry 0 in the series it belongs to: `append` and `write` answer positions. 0 by itself. */
  readonly first?: number
  /** The log that this one continues, named in entry 0. */
  readonly predecessor?: KeyLeaf['predecessor']
  readonly clock: Clock
  /** New entries are in a published checkpoint after this long; at most 1000. */
  readonly mergeDelayMs?: number
  /** What went wrong off the path: a full or failed disk, a publication that is tried again, a caller that threw. */
  onFailure(fault: Fault): void
  readonly limits?: Partial<LedgerLimits>
}

export interface Proof {
  /** The log that holds the entry, and the key it signs with: logs follow one another (see `positions`). */
  readonly origin: string
  readonly vkey: string
  /** Its key of ML-DSA-44, where it has one here. */
  readonly secondVkey?: string
  /** Index in that log. */
  readonly index: number
  readonly entry: Uint8Array
  readonly hashes: Uint8Array[]
  readonly checkpoint: string
}

export interface LedgerState {
  readonly state: EngineState
  readonly size: number
  readonly publishedSize: number
  readonly queued: number
  /** How long the oldest durable entry waits for its checkpoint; 0 where none does. */
  readonly unpublishedMs: number
  /** How long the oldest entry of the last publication had waited for it. */
  readonly mergeDelayMs: number
  readonly reason?: string
  /** The token that the log's own key lies in; absent where the key is at hand. */
  readonly token?: TokenState
  /** Absent where the log has no witnesses. `quorum` is of the published checkpoint. */
  readonly witnessing?: {
    readonly quorum: boolean
    readonly required: boolean
    readonly witnesses: readonly WitnessState[]
  }
}

/** Where an entry stands: a log, the key it signs with, and the index in it. */
export type Place = Pick<Proof, 'origin' | 'vkey' | 'index'>

/**
 * An append-only log with a Merkle tree over it, in the formats of c2sp.org (tlog-tiles, tlog-checkpoint), or a series
 * of them that follow one another (`openSeries`): then an index is a position in the series, `origin` and `vkey` are
 * those of the log that takes entries now, and a proof names the log and the index in it.
 */
export interface Ledger extends AsyncDisposable {
  readonly origin: string
  readonly vkey: string
  /** The key of ML-DSA-44 that signs checkpoints beside the first; absent where the runtime does not offer it. */
  readonly secondVkey?: string | undefined
  /** The key that signs promises, where the log's own does not; of the log that is written now. */
  readonly promiseKey?: PromiseKey | undefined
  /** Durable entries. */
  readonly size: number
  /**
   * The hot path: no promise, never throws. `done` is called once, in the order of the log, after the entry is
   * durable, or with a Fault (`ledger.busy`, `ledger.full`, `ledger.away`, `ledger.failed`, `ledger.closed`,
   * `ledger.entry-too-large`) and then says nothing about an index.
   */
  append(entry: string, done: (fault: Fault | undefined, index: number) => void): void
  /** `append` for an entry that nobody waits for: it goes with the next one, or alone after 20 ms at most. */
  appendPatiently(entry: string, done: (fault: Fault | undefined, index: number) => void): void
  /**
   * Hands over each entry that becomes durable from now on, before it is acknowledged. One follower only. False: other
   * processes write to the log as well, and it has to be read instead.
   */
  follow(follower: Follower): boolean
  /** Resolves once everything taken so far is durable or refused. */
  settle(): Promise<void>
  /** `append` as a promise of the index. */
  write(entry: string): Promise<number>
  /**
   * The first position from this one on whose entry can be read, or `size`. Entries are missing where a log was pruned
   * or lost.
   */
  readable(index: number): number
  /** Throws `ledger.not-found`, `ledger.corrupt`, `ledger.pruned` and `ledger.lost`. */
  read(index: number): Promise<Uint8Array>
  /** Entries from an index up to those durable when it is called, each checked against its leaf hash; without the missing ones. */
  entries(
    from: number,
    signal?: AbortSignal,
  ): AsyncIterable<{ readonly index: number; readonly entry: Uint8Array }>
  /** A published checkpoint of at least that size; publishes at once where there is none. */
  checkpoint(minSize?: number): Promise<string>
  prove(index: number, minSize?: number): Promise<Proof>
  /** Where the entry stands that was durable at this index. */
  place(index: number): Place
  /**
   * Signs a promise with the key of the log that is written now, or with `promiseKey`; no such signature is one of a
   * checkpoint. Throws the fault of a log that has failed or is closed or that its token does not sign for: whoever may
   * not publish may not promise either.
   */
  sign(purpose: 'promise', content: Uint8Array): Uint8Array
  /**
   * The proof as a COSE receipt (RFC 9942). A log that has ended has no key any more: its receipts take the signature of
   * its last root that was kept. Throws `ledger.frozen` where none was.
   */
  cose(index: number, rootSignature?: Uint8Array): Promise<Uint8Array>
  /** Hashes that show that the tree of the larger size continues that of the smaller one (RFC 9162 section 2.1.4). */
  consistency(from: number, to: number): Promise<Uint8Array[]>
  /** A file of the log's public interface, or undefined where the published log has none at that path. */
  file(path: string): Promise<LogFile | undefined>
  state(): LedgerState
}

/**
 * Opens a log for writing, or begins one. Throws `ledger.locked`, `ledger.corrupt`, `ledger.rolled-back` and
 * `ledger.other-log`; a log that cannot be trusted is not opened.
 */
export function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { cosigner } = options
  // What the witnesses may take is part of the promise; half of the rest is for the disk.
  const longestMs = cosigner === undefined ? mergeDelayMsMax : (mergeDelayMsMax - cosigner.waitMs) / 2
  const mergeDelayMs = Math.min(options.mergeDelayMs ?? mergeDelayMsDefault, longestMs)
  return openLog(options, {
    openEngine: options.engine ?? ((parts) => openFileEngine(parts, localDisk)),
    genesis: true,
    mergeDelayMs,
    limits: { ...defaultLimits, ...options.limits },
  })
}

export interface SeriesOptions extends Pick<
  LedgerOptions,
  'directory' | 'guard' | 'clock' | 'mergeDelayMs' | 'onFailure' | 'limits' | 'engine'
> {
  /** What the names of its logs begin with: `node.example/activity`. */
  readonly name: string
  /** Seals the keys of the logs, and derives the one that signs the list of them. */
  readonly keyring: Pick<Keyring, 'seal' | 'open' | 'derive'>
  /** Where logs that begin have their own keys made; sealed in their folders unless given. */
  readonly token?: TokenKeys | undefined
  /** Brings the checkpoints of the log with this vkey to its witnesses; `list` is the newest signed list of the logs. */
  readonly cosignerOf?: (vkey: string, list: () => string) => Promise<Cosigner | undefined>
  /**
   * Several processes write to it: then all of them derive the same keys and the series never turns, because a turn
   * would have to happen in all of them at once.
   */
  readonly shared?: boolean
  /** A log ends at this many entries; 2^28 unless told. */
  readonly entriesMax?: number
  /** Entries of logs that ended so many months ago are deleted; 0 or left out keeps them for ever. */
  readonly retainMonths?: number
}

/** Logs that follow one another, one for each half-year (UTC); see core/log/shards. */
export interface Series extends Ledger {
  readonly name: string
  /** The signed list of the logs and the key it is checked with. */
  readonly list: {
    readonly origin: string
    readonly vkey: string
    readonly note: string
    readonly shards: readonly Shard[]
  }
  /** Ends the log that takes entries and begins the next with new keys; the reason is written into it. */
  rotate(reason: string): Promise<Shard>
}

/**
 * Opens the logs of a series, or begins the first. A new log begins at each half-year, when one is long enough, when
 * `rotate` is called, and after a loss that a person allowed (`allowBeginAfterLoss`). Throws what `openLedger` throws.
 */
export function openSeries(options: SeriesOptions): Promise<Series> {
  return openLogSeries(options, {
    openLedger,
    openEngine: options.engine ?? ((parts) => openFileEngine(parts, localDisk)),
    limits: { ...defaultLimits, ...options.limits },
  })
}
