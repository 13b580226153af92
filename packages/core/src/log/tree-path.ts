import { equalBytes } from '../bytes.ts'
import { hashBytes, nodeHash } from './merkle.ts'
import type { Parsed } from './note.ts'

/** Neighbouring leaves: from `start` up to `end`, which is no longer among them. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Siblings on the way from a leaf up to the root. */
export function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const split = start + largestPowerBelow(end - start)
    ranges.push(index < split ? { start: split, end } : { start, end: split })
    if (index < split) end = split
    else start = split
  }
  return ranges.reverse()
}

/** SUBPROOF of RFC 9162 section 2.1.4.1: down to where the older tree ends, then up again. */
export function consistencyRanges(oldSize: number, size: number): Range[] {
  const ranges: Range[] = []
  let start = 0
  let end = size
  while (oldSize < end) {
    const split = start + largestPowerBelow(end - start)
    ranges.push(oldSize <= split ? { start: split, end } : { start, end: split })
    if (oldSize <= split) end = split
    else start = split
  }
  // The older tree itself is known to whoever checks; any other node must be said.
  if (start > 0) ranges.push({ start, end })
  return ranges.reverse()
}

/** The root that an inclusion path leads to; a signature over it, not this, says that it is the log's. */
export async function inclusionRoot(
  index: number,
  size: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
): Promise<Parsed<'root', Uint8Array>> {
  if (!isCount(size) || !isCount(index) || index >= size) return no('the index does not lie in the tree')
  const ranges = inclusionRanges(index, size)
  if (!fits([leaf, ...path], ranges.length + 1)) return no('the path has not the length of its tree')
  let root = leaf
  for (const [at, range] of ranges.entries()) {
    root = range.start > index ? await nodeHash(root, path[at]!) : await nodeHash(path[at]!, root)
  }
  return { ok: true, root }
}

/** The newer root that a consistency path leads to, once it has led to the older root. */
export async function consistencyRoot(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  path: readonly Uint8Array[],
): Promise<Parsed<'root', Uint8Array>> {
  if (!isCount(size) || !isCount(oldSize) || oldSize < 1 || oldSize >= size) {
    return no('the older tree is not a smaller one with an entry')
  }
  const ranges = consistencyRanges(oldSize, size)
  if (!fits([oldRoot, ...path], ranges.length + 1)) return no('the path has not the length of its trees')
  const steps = ranges.map((range, at) => ({ range, hash: path[at]! }))
  // Where the older tree is no node of the newer one, the path begins with the node that ends it.
  const last = steps[0]!.range.end === oldSize && steps[0]!.range.start > 0 ? steps.shift() : undefined
  let old = last?.hash ?? oldRoot
  let root = old
  for (const { range, hash } of steps) {
    const left = range.end <= oldSize
    root = left ? await nodeHash(hash, root) : await nodeHash(root, hash)
    if (left) old = await nodeHash(hash, old)
  }
  return equalBytes(old, oldRoot) ? { ok: true, root } : no('the path leads to another older root')
}

function fits(hashes: readonly Uint8Array[], count: number): boolean {
  return hashes.length === count && hashes.every((hash) => hash.length === hashBytes)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
