const usualSeed = 0x811c9dc5

/**
 * 32 bits of a text: FNV-1a, with the last step of MurmurHash3, so that texts that differ at their ends are far apart. Where
 * others choose the texts, a seed of chance keeps them from choosing many of one hash.
 */
export function textHash(text: string, seed: number = usualSeed): number {
  let hash = seed
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
