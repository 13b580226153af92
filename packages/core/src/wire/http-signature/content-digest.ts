import { parseDictionary, serializeDictionary } from 'structured-headers'
import type { Bytes } from '../../bytes.ts'

export const contentDigestField = 'content-digest'

/** Algorithms that are not deprecated (RFC 9530 section 5), by their name here and in Web Crypto. */
const algorithms = { 'sha-256': 'SHA-256', 'sha-512': 'SHA-512' } as const
export type DigestAlgorithm = keyof typeof algorithms

const fieldCharactersMax = 2048

/**
 * The digests of a field `Content-Digest` (RFC 9530 section 2) that can be checked here; undefined where it is malformed
 * or holds none.
 */
export function readContentDigest(lines: readonly string[]): ReadonlyMap<DigestAlgorithm, Bytes> | undefined {
  const text = lines.join(', ')
  if (text.length > fieldCharactersMax) return undefined
  const digests = new Map<DigestAlgorithm, Bytes>()
  try {
    for (const [name, [value]] of parseDictionary(text)) {
      if (!Object.hasOwn(algorithms, name)) continue
      if (!(value instanceof ArrayBuffer)) return undefined
      digests.set(name as DigestAlgorithm, new Uint8Array(value))
    }
  } catch {
    return undefined
  }
  return digests.size === 0 ? undefined : digests
}

/** The field for a content, with SHA-256. */
export async function contentDigest(content: Bytes): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', content)
  return serializeDictionary(new Map([['sha-256', [digest, new Map()]]]))
}

/** Whether the content is what every digest of the field says, and at least one can be checked. */
export async function contentDigestHolds(lines: readonly string[], content: Bytes): Promise<boolean> {
  const digests = readContentDigest(lines)
  if (digests === undefined) return false
  for (const [name, expected] of digests) {
    const found = new Uint8Array(await crypto.subtle.digest(algorithms[name], content))
    if (found.length !== expected.length || found.some((byte, at) => byte !== expected[at])) return false
  }
  return true
}
