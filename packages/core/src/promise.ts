import { z } from 'zod'
import { base64, hex, hexBytes, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import { digestSchema, timeSchema } from './record.ts'
import { leafHash } from './log/merkle.ts'
import { parseVkey, strictBase64 } from './log/note.ts'
import type { NoteVerifier } from './log/note.ts'
import { purposeMessage } from './log/purpose.ts'

/** An act has no more leaves than its receipt. */
const leavesMax = 32
/** The longest that a log may promise: whoever holds a promise need not wait longer than this to check it. */
export const mergeDelayMsMax = 1000

export const promiseSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('promise'),
  act: z.string().min(1).max(100),
  log: z.strictObject({ origin: z.string().min(1).max(300), vkey: z.string().max(4000) }),
  /**
   * The key that signs promises of this log, where its own key is not used for each of them: named `<origin>/promise`,
   * with the signature of the log's own key over `promiseKeyMessage`, standard base64.
   */
  by: z.strictObject({ vkey: z.string().max(4000), signature: z.string().max(100) }).optional(),
  /** What the log holds: at this index an entry with this leaf hash (RFC 9162 section 2.1.1). */
  leaves: z
    .array(z.strictObject({ kind: z.string().min(1).max(50), index: z.int().min(0), hash: digestSchema }))
    .min(1)
    .max(leavesMax),
  /** From here on the delay counts. */
  at: timeSchema,
  /** After so long a published checkpoint covers every leaf. */
  mergeDelayMs: z.int().min(1).max(mergeDelayMsMax),
  /** Of the log's Ed25519 key, or of the key in `by`, over `promiseMessage`; standard base64. */
  signature: z.string().max(100),
})

/**
 * A log's word that the leaves of an act will be under a published checkpoint in time. Whoever holds one and finds
 * after that time that the log holds something else, or less, can prove that the log did not keep its word.
 */
export type ActPromise = z.infer<typeof promiseSchema>

export type PromiseProblem = 'promise.malformed' | 'promise.key-unknown' | 'promise.signature'

export interface VerifiedPromise {
  readonly ok: true
  readonly promise: ActPromise
  /** Whether the log's key is one that the reader named. */
  readonly keyPinned: boolean
  /** Milliseconds since 1970 from which on the log must have published. */
  readonly dueAt: number
}

export type PromiseVerdict =
  | VerifiedPromise
  | { readonly ok: false; readonly code: PromiseProblem; readonly reason: string; readonly where?: string }

/** What a log signs: the purpose, then the canonical form of the promise without its signature. */
export function promiseMessage(promise: Omit<ActPromise, 'signature'>): Bytes {
  return purposeMessage('promise', promiseContent(promise))
}

/** The name of the key that signs promises of a log in the place of its own. */
export function promiseKeyName(origin: string): string {
  return `${origin}/promise`
}

/** What a log's own key signs to let another one sign its promises: the purpose, then that one's vkey. */
export function promiseKeyMessage(vkey: string): Bytes {
  return purposeMessage('promise-key', utf8(vkey))
}

/** The hash of an entry as promises write it. */
export async function promisedHash(entry: Uint8Array): Promise<ActPromise['leaves'][number]['hash']> {
  return `sha256:${hex(await leafHash(entry))}`
}

/** The 32 bytes of a promised hash. */
export function promisedHashBytes(digest: ActPromise['leaves'][number]['hash']): Bytes {
  return hexBytes(digest.slice('sha256:'.length))
}

/** Signs a promise. `sign` is the log's own, of content for the purpose `promise`. */
export function signPromise(
  promise: Omit<ActPromise, 'signature'>,
  sign: (content: Bytes) => Uint8Array,
): ActPromise {
  return { ...promise, signature: base64(sign(promiseContent(promise))) }
}

function promiseContent(promise: Omit<ActPromise, 'signature'>): Bytes {
  return utf8(canonicalJson(promise))
}

/**
 * Checks a promise without asking anyone: its form and its signature. Whether it was kept is `checkPromise`'s to say.
 *
 * @example
 * ```ts
 * const verdict = await verifyPromise(JSON.parse(text), { vkeys: [vkey] })
 * ```
 */
export async function verifyPromise(
  promise: unknown,
  options: { readonly vkeys?: readonly string[] } = {},
): Promise<PromiseVerdict> {
  const parsed = promiseSchema.safeParse(promise)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return no('promise.malformed', issue?.message ?? 'not a promise', issue?.path.join('.'))
  }
  const { signature, ...said } = parsed.data
  const { log, leaves, at, mergeDelayMs } = said
  if (new Set(leaves.map(({ index }) => index)).size < leaves.length) {
    return no('promise.malformed', 'two leaves are promised at one index', 'leaves')
  }
  const keyPinned = options.vkeys?.includes(log.vkey) ?? false
  if (options.vkeys !== undefined && !keyPinned) {
    return no('promise.key-unknown', 'the log is not one of those you trust', 'log.vkey')
  }
  const key = await parseVkey(log.vkey)
  if (!key.ok) return no('promise.malformed', key.reason, 'log.vkey')
  const { verifier } = key
  if (verifier.kind !== 'ed25519' || verifier.name !== log.origin) {
    return no('promise.malformed', 'the key is not the Ed25519 key of that log', 'log.vkey')
  }
  const signer = said.by === undefined ? verifier : await endorsedKey(said.by, verifier)
  if (signer === undefined) {
    return no('promise.signature', 'the log did not name the key that signed this promise', 'by')
  }
  if (!(await holds(signer.publicKey, signature, promiseMessage(said)))) {
    return no('promise.signature', `the signature is not of ${signer.name} over this promise`, 'signature')
  }
  return { ok: true, promise: parsed.data, keyPinned, dueAt: Date.parse(at) + mergeDelayMs }
}

/** The key that signs promises for a log; undefined where the log's own key did not say so. */
async function endorsedKey(
  by: NonNullable<ActPromise['by']>,
  log: NoteVerifier,
): Promise<NoteVerifier | undefined> {
  const key = await parseVkey(by.vkey)
  if (!key.ok || key.verifier.kind !== 'ed25519' || key.verifier.name !== promiseKeyName(log.name))
    return undefined
  const endorsed = await holds(log.publicKey, by.signature, promiseKeyMessage(by.vkey))
  return endorsed ? key.verifier : undefined
}

async function holds(publicKey: Bytes, signature: string, message: Bytes): Promise<boolean> {
  const bytes = strictBase64(signature)
  if (bytes === undefined) return false
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, bytes, message)
  } catch {
    // Bytes that are no point of the curve, or a signature of another length: neither verifies anything.
    return false
  }
}

function no(code: PromiseProblem, reason: string, where?: string): Extract<PromiseVerdict, { ok: false }> {
  return { ok: false, code, reason, ...(where === undefined || where === '' ? {} : { where }) }
}
