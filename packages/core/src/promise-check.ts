import { equalBytes, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { openCheckpoint } from './log/checkpoint.ts'
import { verifyInclusion } from './log/merkle.ts'
import { parseVkey } from './log/note.ts'
import type { LogProof } from './log/proof.ts'
import { checkpointPath } from './log/source.ts'
import type { LogSource } from './log/source.ts'
import { TileProver } from './log/tile-prover.ts'
import { promisedHash, promisedHashBytes, verifyPromise } from './promise.ts'
import type { ActPromise, PromiseVerdict } from './promise.ts'
import { receiptSchema, verifyReceipt } from './receipt.ts'
import { Fault } from './fault.ts'

/** What a promise is held against. */
export type PromiseEvidence =
  /** A receipt of the same act. Attackers choose all of it. */
  | { readonly receipt: unknown }
  /** A proof file of one of its leaves (c2sp.org/tlog-proof). */
  | { readonly proof: LogProof }
  /** The log itself, as it is now: milliseconds since 1970. */
  | { readonly source: LogSource; readonly now: number }

export type PromiseState =
  | { readonly state: 'kept'; readonly size: number }
  /** The time is not over, and the log does not hold it yet. */
  | { readonly state: 'not-due'; readonly dueAt: number }
  /**
   * The log signed something else. `provable` where promise and checkpoint together convince anybody; a log that only
   * publishes late convinces whoever watched.
   */
  | {
      readonly state: 'broken'
      readonly reason: string
      readonly index: number
      readonly checkpoint: string
      readonly provable: boolean
    }
  /** What was given neither shows that it was kept nor that it was broken. */
  | { readonly state: 'unproven'; readonly reason: string }

export type PromiseCheck =
  | ({ readonly ok: true; readonly promise: ActPromise; readonly keyPinned: boolean } & PromiseState)
  | Extract<PromiseVerdict, { ok: false }>

/**
 * Tells whether a promise was kept. Throws a Fault `ledger.unreachable`, `ledger.missing` or `ledger.damaged` where the
 * log itself is asked and cannot be read: then nothing is known.
 */
export async function checkPromise(
  promise: unknown,
  evidence: PromiseEvidence,
  options: { readonly vkeys?: readonly string[] } = {},
): Promise<PromiseCheck> {
  const verified = await verifyPromise(promise, options)
  if (!verified.ok) return verified
  const { keyPinned, dueAt } = verified
  const state =
    'receipt' in evidence
      ? await byReceipt(verified.promise, evidence.receipt)
      : 'proof' in evidence
        ? await byProof(verified.promise, evidence.proof)
        : await bySource(verified.promise, evidence.source, evidence.now, dueAt)
  return { ok: true, promise: verified.promise, keyPinned, ...state }
}

async function byReceipt(promise: ActPromise, receipt: unknown): Promise<PromiseState> {
  const verdict = await verifyReceipt(receipt)
  if (!verdict.ok) return unproven(`the receipt does not hold: ${verdict.reason}`)
  const { log, checkpoint, more = [], leaves } = receiptSchema.parse(receipt)
  const claims = [{ log, checkpoint }, ...more]
  const at = claims.findIndex((each) => each.log.vkey === promise.log.vkey)
  if (at < 0) return unproven('the receipt is of another log')
  for (const { index, hash } of promise.leaves) {
    const held = leaves.find((leaf) => (leaf.log ?? 0) === at && leaf.index === index)
    if (held === undefined) return unproven(`the receipt does not show entry ${index}`)
    if ((await promisedHash(utf8(held.entry))) !== hash) return otherEntry(index, claims[at]!.checkpoint)
  }
  return { state: 'kept', size: verdict.logs[at]!.size }
}

async function byProof(promise: ActPromise, proof: LogProof): Promise<PromiseState> {
  const promised = promise.leaves.find(({ index }) => index === proof.index)
  if (promised === undefined) return unproven(`nothing was promised for entry ${proof.index}`)
  const head = await headOf(promise, proof.checkpoint)
  if (!head.ok) return unproven(head.reason)
  const { size, root } = head.checkpoint
  const leaf = promisedHashBytes(promised.hash)
  const included = await verifyInclusion({ index: proof.index, size, root, leaf, proof: proof.hashes })
  // A path that leads elsewhere may be a path of nothing: it does not show what the log holds instead.
  if (!included.ok) return unproven(`the proof does not show the promised entry: ${included.reason}`)
  if (promise.leaves.length > 1) {
    return unproven(
      `the proof shows entry ${proof.index}, and ${promise.leaves.length - 1} more were promised`,
    )
  }
  return { state: 'kept', size }
}

async function bySource(
  promise: ActPromise,
  source: LogSource,
  now: number,
  dueAt: number,
): Promise<PromiseState> {
  const bytes = await source.read(checkpointPath)
  if (bytes === undefined) {
    throw new Fault('ledger.missing', { detail: 'the log serves no checkpoint', where: checkpointPath })
  }
  const head = await headOf(promise, bytes)
  if (!head.ok) throw new Fault('ledger.damaged', { detail: head.reason, where: checkpointPath })
  const checkpoint = new TextDecoder().decode(bytes)
  const late = promise.leaves.find(({ index }) => index >= head.checkpoint.size)
  if (late !== undefined) {
    if (now < dueAt) return { state: 'not-due', dueAt }
    const reason = `the log has published ${head.checkpoint.size} entries; entry ${late.index} should be among them`
    return { state: 'broken', reason, index: late.index, checkpoint, provable: false }
  }
  const prover = new TileProver(source)
  for (const { index, hash } of promise.leaves) {
    // The path is held against the signed root, so that a damaged tile is a fault of the file and not of the log.
    await prover.inclusion(index, head.checkpoint)
    const held: Bytes = await prover.leafHash(index, head.checkpoint.size)
    if (!equalBytes(held, promisedHashBytes(hash))) return otherEntry(index, checkpoint)
  }
  return { state: 'kept', size: head.checkpoint.size }
}

async function headOf(promise: ActPromise, checkpoint: string | Uint8Array) {
  const key = await parseVkey(promise.log.vkey)
  return key.ok ? await openCheckpoint(checkpoint, key.verifier) : key
}

function otherEntry(index: number, checkpoint: string): PromiseState {
  const reason = `the log signed another entry at ${index} than it had promised`
  return { state: 'broken', reason, index, checkpoint, provable: true }
}

function unproven(reason: string): PromiseState {
  return { state: 'unproven', reason }
}
