import { base64, base64Bytes, equalBytes } from '@ambit/core/bytes'
import type { Checkpoint } from '@ambit/core/log/checkpoint'
import { addSignatures, cosign, signatureLine } from '@ambit/core/log/cosignature'
import { emptyRoot, verifyConsistency } from '@ambit/core/log/merkle'
import type { Verdict } from '@ambit/core/log/merkle'
import { openNote, parseNote, parseVkey } from '@ambit/core/log/note'
import type { Cosigner, NoteVerifier, OpenedNote } from '@ambit/core/log/note'
import { shardListSuffix } from '@ambit/core/log/shards'
import { parseAddCheckpoint } from '@ambit/core/log/witness'
import type { AddCheckpointRequest } from '@ambit/core/log/witness'
import type { Clock } from '../kernel/clock.ts'
import type { CosignedHead, WitnessedLog, WitnessReader, WitnessWriter } from './witness-store.ts'

/** What a witness answers (c2sp.org/tlog-witness): its cosignatures, the size it knows, or why not. */
export type Answer =
  | { readonly status: 200; readonly lines: readonly string[] }
  | { readonly status: 409; readonly size: number }
  | { readonly status: 400 | 403 | 404 | 422 | 503; readonly reason: string }
  | { readonly status: 429; readonly reason: string; readonly retryAfterMs: number }

export interface CosigningParts {
  readonly store: WitnessReader & WitnessWriter
  readonly cosigners: readonly Cosigner[]
  readonly clock: Clock
  /** 0 when a checkpoint that this log signed may be looked at now, else the milliseconds until it may. */
  turn(origin: string): number
}

/** Others may cosign the same log at the same moment; each look is a step of one of them. */
const triesMax = 8
/** Key ids of an unknown log that are looked up. */
const keyIdsMax = 4

/**
 * Takes a checkpoint that anyone may have sent, and cosigns it when it is signed by its log and continues what was
 * cosigned of that log before. What was cosigned is durable before the signature leaves.
 */
export async function addCheckpoint(body: Uint8Array, parts: CosigningParts): Promise<Answer> {
  const parsed = parseAddCheckpoint(body)
  if (!parsed.ok) return { status: 400, reason: parsed.reason }
  const { request } = parsed
  const { origin } = request.head
  // A list of logs has the form of a checkpoint, but grows otherwise than a log.
  let log = origin.endsWith(shardListSuffix) ? undefined : await parts.store.log(origin)
  if (log === undefined) return await unknownLog(request, parts.store)
  const opened = await openNote(request.checkpoint, await keysOf(log, request.head))
  if (!opened.ok) return { status: 403, reason: `invalid signature: ${opened.reason}` }
  const waitMs = parts.turn(origin)
  if (waitMs > 0) return { status: 429, reason: 'too many checkpoints of this log', retryAfterMs: waitMs }
  for (let tries = 0; tries < triesMax && log !== undefined; tries++) {
    if (request.oldSize !== log.head.size) return { status: 409, size: log.head.size }
    const consistent = await continues(log.head, request)
    if (!consistent.ok)
      return { status: 422, reason: `the consistency proof does not hold: ${consistent.reason}` }
    const lines = await advance(log.head, request.head, opened.opened, parts)
    if (lines !== undefined) return { status: 200, lines }
    log = await parts.store.log(origin)
  }
  return log === undefined
    ? { status: 404, reason: 'unknown log' }
    : { status: 503, reason: 'too many checkpoints of this log at once' }
}

/**
 * A log that is not on the list: 404. Where its checkpoint carries the key of a log that is, somebody names that log
 * otherwise than its key: 403, as litewitness answers too.
 */
async function unknownLog(request: AddCheckpointRequest, store: WitnessReader): Promise<Answer> {
  const note = parseNote(request.checkpoint)
  const signatures = note.ok ? note.note.signatures.slice(0, keyIdsMax) : []
  for (const { keyId } of signatures) {
    if (await store.knowsKey(keyId))
      return { status: 403, reason: 'unknown log: its key is that of another log' }
  }
  return { status: 404, reason: 'unknown log: this witness has no key of it' }
}

/** ML-DSA-44 signatures do not cover extension lines, which our Ed25519 cosignature would. */
async function keysOf(log: WitnessedLog, head: Checkpoint): Promise<NoteVerifier[]> {
  const keys = await Promise.all(log.vkeys.map(async (vkey) => await parseVkey(vkey)))
  return keys
    .flatMap((key) => (key.ok ? [key.verifier] : []))
    .filter(({ kind }) => kind === 'ed25519' || head.extensions.length === 0)
}

/** Whether the new head continues the one cosigned before. */
async function continues(from: CosignedHead, { head, proof }: AddCheckpointRequest): Promise<Verdict> {
  if (from.size > 0) {
    const oldRoot = base64Bytes(from.root)
    return await verifyConsistency({ oldSize: from.size, oldRoot, size: head.size, root: head.root, proof })
  }
  if (proof.length > 0) return { ok: false, reason: 'there is nothing to prove from size 0' }
  return head.size > 0 || equalBytes(head.root, await emptyRoot())
    ? { ok: true }
    : { ok: false, reason: 'an empty log has the root SHA-256 of nothing' }
}

/** Cosigns and remembers; undefined when somebody else was faster, and then nothing of it was shown to anyone. */
async function advance(
  from: CosignedHead,
  { origin, size, root }: Checkpoint,
  { text, verified }: OpenedNote,
  { store, cosigners, clock }: CosigningParts,
): Promise<readonly string[] | undefined> {
  // A clock that was set back does not make an older statement.
  const time = Math.max(Math.floor(clock.now() / 1000), from.time)
  const lines = await Promise.all(cosigners.map(async (cosigner) => await cosign(text, cosigner, time)))
  const own = verified.map(({ name, keyId, signature }) => signatureLine(name, keyId, signature))
  const checkpoint = addSignatures(`${text}\n${own.join('')}`, lines)
  const to: CosignedHead = { size, root: base64(root), time }
  return (await store.advance(origin, from, to, checkpoint)) ? lines : undefined
}
