import { concatBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'

/** SHA-256 of many inputs at once: reading a whole log is nothing else, and each runtime has its own fastest way. */
export interface TreeHashing {
  /** One hash of 32 bytes for each input, in the same order. */
  hashAll(inputs: readonly Uint8Array<ArrayBuffer>[]): Promise<readonly Bytes[]> | readonly Bytes[]
}

/** Works everywhere; about ten times slower than `node:crypto` where that can be had. */
export const webHashing: TreeHashing = {
  hashAll: (inputs) => Promise.all(inputs.map((input) => sha256(input))),
}

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

/** Hashes of leaves: SHA-256(0x00 ‖ entry) (RFC 9162 section 2.1.1). */
export async function leafHashes(
  hashing: TreeHashing,
  entries: readonly Uint8Array[],
): Promise<readonly Bytes[]> {
  return await hashing.hashAll(entries.map((entry) => concatBytes(leafPrefix, entry)))
}

/**
 * The root over neighbouring subtrees, from left to right. All have the same size but for the last, which may be
 * smaller: then this is the tree of RFC 9162 section 2.1.1, because a node without a neighbour goes up as it is.
 * Throws a RangeError for no hash at all.
 *
 * @example
 * ```ts
 * const root = await joinedRoot(webHashing, await leafHashes(webHashing, entries))
 * ```
 */
export async function joinedRoot(hashing: TreeHashing, hashes: readonly Uint8Array[]): Promise<Uint8Array> {
  let row: readonly Uint8Array[] = hashes
  while (row.length > 1) {
    const pairs: Bytes[] = []
    for (let at = 0; at + 1 < row.length; at += 2) pairs.push(concatBytes(nodePrefix, row[at]!, row[at + 1]!))
    const joined: Uint8Array[] = [...(await hashing.hashAll(pairs))]
    if (row.length % 2 === 1) joined.push(row.at(-1)!)
    row = joined
  }
  const root = row[0]
  if (root === undefined) throw new RangeError('there is no hash to join')
  return root
}
