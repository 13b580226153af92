import { concatBytes, equalBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'

/** The answer of a check: hostile input is a reason, never an exception. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** Bytes of a hash in the tree (SHA-256). */
export const hashBytes = 32

/** A path is never longer than the bits of a safe integer, so longer proofs are refused unread. */
const proofHashesMax = 53

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

/** Hash of a leaf: SHA-256(0x00 ‖ entry) (RFC 9162 section 2.1.1). */
export function leafHash(entry: Uint8Array): Promise<Bytes> {
  return sha256(concatBytes(leafPrefix, entry))
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 9162 section 2.1.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(concatBytes(nodePrefix, left, right))
}

/** Root of the empty tree: SHA-256 of nothing. */
export function emptyRoot(): Promise<Bytes> {
  return sha256(new Uint8Array(0))
}

export interface InclusionClaim {
  readonly index: number
  readonly size: number
  /** Hash of the leaf said to stand at the index. */
  readonly leaf: Uint8Array
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** Checks that a leaf stands at an index of a tree (RFC 9162 section 2.1.3.2). */
export async function verifyInclusion(claim: InclusionClaim): Promise<Verdict> {
  const { index, size, proof } = claim
  if (!isCount(index) || !isCount(size)) return no('index and size must be whole numbers below 2^53')
  if (index >= size) return no(`index ${index} does not lie in a tree of ${size} leaves`)
  const bad = badHashes([claim.leaf, claim.root, ...proof], proof.length)
  if (bad !== undefined) return no(bad)

  let hash = claim.leaf
  const misfit = await climb(index, size - 1, proof, async (sibling, side) => {
    hash = await joined(sibling, side, hash)
  })
  if (misfit !== undefined) return no(misfit)
  return equalBytes(hash, claim.root) ? { ok: true } : no('the proof leads to another root')
}

export interface ConsistencyClaim {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Checks that the newer tree begins with the older one (RFC 9162 section 2.1.4.2). Consistency from size 0 is refused
 * because such a proof says nothing; equal sizes ask for an empty proof and equal roots.
 */
export async function verifyConsistency(claim: ConsistencyClaim): Promise<Verdict> {
  const { oldSize, size, proof } = claim
  if (!isCount(oldSize) || !isCount(size)) return no('sizes must be whole numbers below 2^53')
  if (oldSize === 0) return no('an empty tree is consistent with anything, so there is nothing to prove')
  if (oldSize > size) return no(`a tree of ${size} leaves cannot continue one of ${oldSize}`)
  if (oldSize === size) {
    if (proof.length > 0) return no('equal sizes need an empty proof')
    return equalBytes(claim.oldRoot, claim.root) ? { ok: true } : no('two roots for one size')
  }
  const bad = badHashes([claim.oldRoot, claim.root, ...proof], proof.length)
  if (bad !== undefined) return no(bad)
  const path = isPowerOfTwo(oldSize) ? [claim.oldRoot, ...proof] : [...proof]
  const first = path.shift()
  if (first === undefined || proof.length === 0) return no('the proof is shorter than the path')
  return walkConsistency(claim, first, path)
}

async function walkConsistency(
  claim: ConsistencyClaim,
  first: Uint8Array,
  path: readonly Uint8Array[],
): Promise<Verdict> {
  let node = claim.oldSize - 1
  let last = claim.size - 1
  while (isOdd(node)) {
    node = half(node)
    last = half(last)
  }
  let oldHash = first
  let hash = first
  const misfit = await climb(node, last, path, async (sibling, side) => {
    // The older tree ends at this node: it has nothing to the right.
    if (side === 'left') oldHash = await joined(sibling, side, oldHash)
    hash = await joined(sibling, side, hash)
  })
  if (misfit !== undefined) return no(misfit)
  if (!equalBytes(oldHash, claim.oldRoot)) return no('the proof leads to another root for the older tree')
  return equalBytes(hash, claim.root)
    ? { ok: true }
    : no('the proof leads to another root for the newer tree')
}

type Side = 'left' | 'right'

/**
 * Goes up from a node to the root, joining one sibling at each level that has one; gives a reason when there are too
 * many or too few. Bits are taken by division: the operators >> and & would cut indexes to 32 bits.
 */
async function climb(
  from: number,
  lastOfLevel: number,
  siblings: readonly Uint8Array[],
  join: (sibling: Uint8Array, side: Side) => Promise<void>,
): Promise<string | undefined> {
  let node = from
  let last = lastOfLevel
  for (const sibling of siblings) {
    if (last === 0) return 'the proof is longer than the path'
    if (isOdd(node) || node === last) {
      await join(sibling, 'left')
      while (!isOdd(node) && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      await join(sibling, 'right')
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 ? undefined : 'the proof is shorter than the path'
}

async function joined(sibling: Uint8Array, side: Side, hash: Uint8Array): Promise<Uint8Array> {
  return side === 'left' ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling)
}

function badHashes(hashes: readonly Uint8Array[], proofLength: number): string | undefined {
  if (proofLength > proofHashesMax)
    return `a proof has at most ${proofHashesMax} hashes, this one ${proofLength}`
  const wrong = hashes.find((hash) => hash.length !== hashBytes)
  return wrong === undefined ? undefined : `a hash has ${hashBytes} bytes, this one ${wrong.length}`
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isOdd(value: number): boolean {
  return value % 2 === 1
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function isPowerOfTwo(value: number): boolean {
  let rest = value
  while (!isOdd(rest)) rest = half(rest)
  return rest === 1
}

function no(reason: string): Verdict {
  return { ok: false, reason }
}
