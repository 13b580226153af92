import { canonicalJson } from '@ambit/core/canonical'
import { entryBytesMax } from '@ambit/core/leaf'
import type { Leaf, StopLeaf } from '@ambit/core/leaf'
import { digestValue } from '../kernel/digest.ts'

/** Ids named in the leaf itself; its digest covers the whole list (core, leaf.ts). */
const actsInLeafMax = 64

/** The leaf of what reached acts under way, within what an entry may hold: where the rest is long, fewer ids are named. */
export function reachedText(
  gateway: string,
  acts: readonly string[],
  leafOf: (reached: NonNullable<StopLeaf['reached']>) => Leaf,
): string {
  const list = digestValue(acts)
  for (let named = Math.min(acts.length, actsInLeafMax); ; named = named >> 1) {
    const text = canonicalJson(leafOf({ gateway, stopped: acts.length, acts: acts.slice(0, named), list }))
    if (named === 0 || Buffer.byteLength(text) <= entryBytesMax) return text
  }
}
