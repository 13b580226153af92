import { equalBytes } from '../bytes.ts'
import { emptyRoot, hashBytes, nodeHash, verifyInclusion } from './merkle.ts'
import type { Verdict } from './merkle.ts'

/*
 * Subtrees of a log (draft-ietf-plants-merkle-tree-certs, section 4): the leaves from `start` to before `end`, where
 * `start` is a multiple of the smallest power of two that is not below their number. ML-DSA-44 cosignatures are over
 * subtrees; a checkpoint is the one that starts at 0.
 */

/** A path up and one along the edge of the subtree; each has fewer hashes than a safe integer has bits. */
const proofHashesMax = 106

export interface SubtreeInclusionClaim {
  /** Index of the leaf in the whole log. */
  readonly index: number
  readonly start: number
  readonly end: number
  /** Hash of the leaf said to stand at the index. */
  readonly leaf: Uint8Array
  readonly proof: readonly Uint8Array[]
  /** Root of the subtree. */
  readonly root: Uint8Array
}

/** Checks that a leaf stands at an index of a subtree. */
export async function verifySubtreeInclusion(claim: SubtreeInclusionClaim): Promise<Verdict> {
  const { index, start, end, leaf, proof, root } = claim
  if (!Number.isSafeInteger(index)) return no('the index must be a whole number below 2^53')
  const bad = badRange(start, end)
  if (bad !== undefined) return no(bad)
  if (index < start || index >= end) return no(`index ${index} does not lie from ${start} to before ${end}`)
  // Its leaves are a tree of their own.
  return verifyInclusion({ index: index - start, size: end - start, leaf, proof, root })
}

export interface SubtreeConsistencyClaim {
  readonly start: number
  readonly end: number
  /** Root of the subtree. */
  readonly hash: Uint8Array
  /** Size of the whole log. */
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Checks that a subtree is part of a log. An empty subtree is part of every log and needs no proof.
 *
 * @example
 * ```ts
 * const verdict = await verifySubtreeConsistency({ start: 8, end: 13, hash, size: 14, root, proof })
 * ```
 */
export async function verifySubtreeConsistency(claim: SubtreeConsistencyClaim): Promise<Verdict> {
  const { start, end, size, proof } = claim
  const bad = badRange(start, end)
  if (bad !== undefined) return no(bad)
  if (!Number.isSafeInteger(size) || size < end) return no(`a log of ${size} leaves has no subtree to ${end}`)
  if (start === end) {
    if (proof.length > 0) return no('an empty subtree needs an empty proof')
    return equalBytes(claim.hash, await emptyRoot()) ? { ok: true } : no('the hash is not that of no leaves')
  }
  if (end - start === size) {
    if (proof.length > 0) return no('the whole log needs an empty proof')
    return equalBytes(claim.hash, claim.root) ? { ok: true } : no('two roots for one size')
  }
  if (proof.length > proofHashesMax) return no(`a proof has at most ${proofHashesMax} hashes`)
  const wrong = [claim.hash, claim.root, ...proof].some((hash) => hash.length !== hashBytes)
  return wrong ? no(`a hash has ${hashBytes} bytes`) : climb(claim)
}

/** Ancestors, at one level, of the first and the last leaf of the subtree and of the last leaf of the log. */
interface Level {
  readonly first: number
  readonly last: number
  readonly edge: number
}

/** Draft section 4.4.3. Bits are taken by division: the operators >> and & would cut indexes to 32 bits. */
async function climb({ start, end, size, hash, root, proof }: SubtreeConsistencyClaim): Promise<Verdict> {
  let level: Level = { first: start, last: end - 1, edge: size - 1 }
  // Up to the node that the proof begins with: the whole subtree, or its last full part.
  while (level.first !== level.last && (level.last === level.edge || isOdd(level.last))) level = above(level)
  const rest = [...proof]
  const begin = level.first === level.last ? hash : rest.shift()
  if (begin === undefined) return no('the proof is shorter than the path')
  let inner = begin
  let outer = begin
  for (const sibling of rest) {
    if (level.edge === 0) return no('the proof is longer than the path')
    if (isOdd(level.last) || level.last === level.edge) {
      if (level.first < level.last) inner = await nodeHash(sibling, inner)
      outer = await nodeHash(sibling, outer)
      while (!isOdd(level.last) && level.last !== 0) level = above(level)
    } else {
      outer = await nodeHash(outer, sibling)
    }
    level = above(level)
  }
  if (level.edge !== 0) return no('the proof is shorter than the path')
  if (!equalBytes(inner, hash)) return no('the proof leads to another root for the subtree')
  return equalBytes(outer, root) ? { ok: true } : no('the proof leads to another root for the log')
}

function above({ first, last, edge }: Level): Level {
  return { first: half(first), last: half(last), edge: half(edge) }
}

function badRange(start: number, end: number): string | undefined {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0) {
    return 'start and end must be whole numbers below 2^53'
  }
  if (start > end) return `a subtree cannot start at ${start} and end at ${end}`
  let width = 1
  while (width < end - start) width *= 2
  return start % width === 0 ? undefined : `a subtree to ${end} cannot start at ${start}`
}

function isOdd(value: number): boolean {
  return value % 2 === 1
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function no(reason: string): Verdict {
  return { ok: false, reason }
}
