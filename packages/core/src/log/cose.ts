import { decode, encode, Tagged } from 'cborg'
import { concatBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import type { Verdict } from './merkle.ts'
import { hashBytes } from './merkle.ts'
import type { NoteVerifier, Parsed } from './note.ts'
import { consistencyRoot, inclusionRoot } from './tree-path.ts'

/*
 * COSE receipts (RFC 9942): a proof of this log in the form of SCITT. A COSE_Sign1 (RFC 9052) without its payload, which
 * is the root that the proof leads to.
 */

const sign1Tag = 18
/** Header parameters of RFC 9052 and RFC 9942, by their labels. */
const labels = {
  algorithm: 1,
  critical: 2,
  structure: 395,
  proofs: 396,
  inclusion: -1,
  consistency: -2,
} as const
/** RFC9162_SHA256 among the verifiable data structures. */
const rfc9162 = 1
/** EdDSA of RFC 9053, which deployed readers know, and its newer name Ed25519 of RFC 9864. */
const algorithms = { eddsa: -8, ed25519: -19 } as const
const signatureBytes = 64
/** A path has at most 63 hashes; a receipt with other headers stays far below. */
const hashesMax = 63
const receiptBytesMax = 65_536

/** What a receipt proves. The path has a hash at least: a log of one entry gives no receipt. */
export type CoseProof =
  | {
      readonly kind: 'inclusion'
      readonly size: number
      readonly index: number
      readonly hashes: readonly Uint8Array[]
    }
  | {
      readonly kind: 'consistency'
      readonly oldSize: number
      readonly size: number
      readonly hashes: readonly Uint8Array[]
    }

export interface CoseReceipt {
  readonly proof: CoseProof
  /** The bytes of the protected header as they were signed. */
  readonly protectedHeader: Bytes
  readonly signature: Bytes
}

/** The protected header of the receipts that are written here. */
const writtenHeader: readonly [number, number][] = [
  [labels.algorithm, algorithms.eddsa],
  [labels.structure, rfc9162],
]

/**
 * What is signed of a root, the same for every receipt of its tree. It is CBOR, whose first byte no note begins with:
 * what is signed for a receipt can never be taken for a checkpoint.
 */
export function coseRootMessage(root: Uint8Array): Bytes {
  return signedBytes(encode(new Map(writtenHeader)), root)
}

/**
 * Writes a receipt. The root is the one that the proof leads to; `sign` makes an Ed25519 signature of the bytes it gets.
 * Throws a RangeError for a proof that no receipt can carry.
 */
export async function formatCoseReceipt(
  proof: CoseProof,
  root: Uint8Array,
  sign: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<Bytes> {
  const wrong = proofProblem(proof)
  if (wrong !== undefined) throw new RangeError(wrong)
  const protectedHeader = encode(new Map(writtenHeader))
  const numbers = proof.kind === 'inclusion' ? [proof.size, proof.index] : [proof.oldSize, proof.size]
  const proofs = new Map([[labels[proof.kind], [encode([...numbers, proof.hashes])]]])
  const signature = await sign(coseRootMessage(root))
  if (signature.length !== signatureBytes) throw new RangeError('an Ed25519 signature has 64 bytes')
  const unprotected = new Map([[labels.proofs, proofs]])
  return concatBytes(encode(new Tagged(sign1Tag, [protectedHeader, unprotected, null, signature])))
}

/** Reads a receipt, whose bytes anybody may have made. Nothing is verified by that. */
export function parseCoseReceipt(bytes: Uint8Array): Parsed<'receipt', CoseReceipt> {
  if (bytes.length > receiptBytesMax) return no(`a receipt has at most ${receiptBytesMax} bytes`)
  const value = decoded(bytes)
  if (!(value instanceof Tagged) || value.tag !== sign1Tag)
    return no('the receipt is not a COSE_Sign1 (tag 18)')
  const parts: unknown = value.value
  if (!Array.isArray(parts) || parts.length !== 4) return no('a COSE_Sign1 has four parts')
  const [protectedHeader, unprotected, payload, signature] = parts as readonly unknown[]
  if (!(protectedHeader instanceof Uint8Array)) return no('the protected header is not a byte string')
  const wrong = headerProblem(decoded(protectedHeader))
  if (wrong !== undefined) return no(wrong)
  if (payload !== null)
    return no('the payload of a receipt is left out: it is the root that the proof leads to')
  if (!(signature instanceof Uint8Array) || signature.length !== signatureBytes) {
    return no('the signature has not 64 bytes')
  }
  const proof = readProofs(unprotected)
  if (!proof.ok) return proof
  const receipt = { proof: proof.proof, protectedHeader: own(protectedHeader), signature: own(signature) }
  return { ok: true, receipt }
}

/** What the reader knows: the hash of the leaf whose inclusion is proved, or the root of the older tree. */
export type CoseSubject = { readonly leaf: Uint8Array } | { readonly oldRoot: Uint8Array }

/**
 * Checks a receipt: the root that its proof leads to must be signed by the key. The signature is over the root alone, so
 * that sizes with paths of the same shape are not told apart; a proof file with its checkpoint binds the size as well.
 */
export async function verifyCoseReceipt(
  receipt: CoseReceipt,
  subject: CoseSubject,
  key: Pick<NoteVerifier, 'kind' | 'publicKey'>,
): Promise<Verdict> {
  if (key.kind !== 'ed25519') return no('a receipt is checked with the Ed25519 key of the log')
  const led = await rootOf(receipt.proof, subject)
  if (!led.ok) return led
  try {
    const imported = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
    const message = signedBytes(receipt.protectedHeader, led.root)
    const good = await crypto.subtle.verify('Ed25519', imported, receipt.signature, message)
    return good ? { ok: true } : no('the key did not sign the root that the proof leads to')
  } catch {
    // Bytes that are no point of the curve verify nothing.
    return no('the key is no Ed25519 key')
  }
}

async function rootOf(proof: CoseProof, subject: CoseSubject): Promise<Parsed<'root', Uint8Array>> {
  if (proof.kind === 'inclusion') {
    if (!('leaf' in subject)) return no('the receipt proves an entry: it is checked with that entry')
    return await inclusionRoot(proof.index, proof.size, subject.leaf, proof.hashes)
  }
  if (!('oldRoot' in subject)) return no('the receipt proves consistency: it is checked with the older root')
  return await consistencyRoot(proof.oldSize, proof.size, subject.oldRoot, proof.hashes)
}

/** Sig_structure of RFC 9052 section 4.4, with nothing added from outside. */
function signedBytes(protectedHeader: Uint8Array, root: Uint8Array): Bytes {
  return concatBytes(encode(['Signature1', protectedHeader, new Uint8Array(0), root]))
}

function headerProblem(header: unknown): string | undefined {
  if (!(header instanceof Map)) return 'the protected header is not a map'
  if (header.has(labels.critical)) return 'the receipt demands an extension that is not known here'
  const algorithm: unknown = header.get(labels.algorithm)
  if (algorithm !== algorithms.eddsa && algorithm !== algorithms.ed25519) {
    return 'the receipt is signed with another algorithm than Ed25519'
  }
  return header.get(labels.structure) === rfc9162
    ? undefined
    : 'the receipt is of another kind of log than RFC9162_SHA256'
}

function readProofs(unprotected: unknown): Parsed<'proof', CoseProof> {
  const proofs: unknown = unprotected instanceof Map ? unprotected.get(labels.proofs) : undefined
  if (!(proofs instanceof Map) || proofs.size !== 1)
    return no('the receipt holds not exactly one kind of proof')
  const kind = proofs.has(labels.inclusion) ? 'inclusion' : 'consistency'
  const list: unknown = proofs.get(labels[kind])
  if (!Array.isArray(list) || list.length !== 1) return no('the receipt holds not exactly one proof')
  const [bytes] = list as readonly unknown[]
  const value = bytes instanceof Uint8Array ? decoded(bytes) : undefined
  if (!Array.isArray(value) || value.length !== 3) return no('a proof is two numbers and a path')
  const [first, second, path] = value as readonly unknown[]
  if (typeof first !== 'number' || typeof second !== 'number' || !Array.isArray(path)) {
    return no('a proof is two numbers and a path')
  }
  const hashes = (path as readonly unknown[]).filter((hash) => hash instanceof Uint8Array)
  if (hashes.length !== path.length) return no('a hash of the path is not a byte string')
  const proof: CoseProof =
    kind === 'inclusion'
      ? { kind, size: first, index: second, hashes }
      : { kind, oldSize: first, size: second, hashes }
  const wrong = proofProblem(proof)
  return wrong === undefined ? { ok: true, proof } : no(wrong)
}

function proofProblem(proof: CoseProof): string | undefined {
  const lower = proof.kind === 'inclusion' ? proof.index : proof.oldSize - 1
  const upper = proof.kind === 'inclusion' ? proof.size : proof.size - 1
  if (!Number.isSafeInteger(proof.size) || !Number.isSafeInteger(lower) || lower < 0 || lower >= upper) {
    return proof.kind === 'inclusion'
      ? 'the index does not lie in the tree'
      : 'the older tree is not a smaller one with an entry'
  }
  if (proof.hashes.length === 0) return 'a receipt needs a path: a log of one entry has none'
  if (proof.hashes.length > hashesMax) return `a path has at most ${hashesMax} hashes`
  return proof.hashes.some((hash) => hash.length !== hashBytes)
    ? 'a hash of the path has not 32 bytes'
    : undefined
}

/** Only what has one spelling: definite lengths, shortest numbers, no key twice. Undefined for anything else. */
function decoded(bytes: Uint8Array): unknown {
  try {
    const value: unknown = decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      tags: Tagged.preserve(sign1Tag),
    })
    return value
  } catch {
    // The decoder throws at what is no CBOR; for a receipt that is an answer.
    return undefined
  }
}

function own(bytes: Uint8Array): Bytes {
  return concatBytes(bytes)
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
