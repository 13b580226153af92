import { base64, concatBytes, hexBytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { checkpointText } from './checkpoint.ts'
import { formatVkey, keyIdOf, parseVkey } from './note.ts'
import type { NoteVerifier } from './note.ts'
import type { LogSource } from './source.ts'
import { tilePath, tileWidth } from './tile.ts'

/** A key that signs logs made for tests. */
export interface TestLogs {
  readonly verifier: NoteVerifier
  /** Every file of a log of these entries: `checkpoint`, tiles and bundles, made in the plainest way there is. */
  files(entries: readonly string[]): Promise<Map<string, Bytes>>
}

export async function testLogs(origin: string, sha256: (bytes: Uint8Array) => Uint8Array): Promise<TestLogs> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  if (!('publicKey' in pair)) throw new Error('Ed25519 has pairs of keys')
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const vkey = await formatVkey(origin, publicKey)
  const parsed = await parseVkey(vkey)
  if (!parsed.ok) throw new Error(parsed.reason)
  return {
    verifier: parsed.verifier,
    async files(entries) {
      const bytes = entries.map((entry) => utf8(entry))
      const leaves = bytes.map((entry) => sha256(concatBytes(Uint8Array.of(0), entry)))
      const files = treeFiles(leaves, sha256)
      for (let at = 0; at < bytes.length; at += tileWidth) {
        const bundle = bytes.slice(at, at + tileWidth)
        const parts = bundle.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry])
        files.set(
          tilePath({ level: 'entries', index: at / tileWidth, width: bundle.length }),
          concatBytes(...parts),
        )
      }
      const root = leaves.length === 0 ? sha256(new Uint8Array(0)) : treeHash(leaves, sha256)
      const text = checkpointText(origin, entries.length, root)
      const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, utf8(text)))
      const line = base64(concatBytes(hexBytes(keyIdOf(vkey)), signature))
      return files.set('checkpoint', utf8(`${text}\n— ${origin} ${line}\n`))
    },
  }
}

export function memorySource(files: ReadonlyMap<string, Uint8Array>): LogSource {
  return { read: async (path) => files.get(path) }
}

function treeFiles(
  leaves: readonly Uint8Array[],
  sha256: (bytes: Uint8Array) => Uint8Array,
): Map<string, Bytes> {
  const files = new Map<string, Bytes>()
  let row = leaves
  for (let level = 0; row.length > 0; level++) {
    const above: Uint8Array[] = []
    for (let at = 0; at < row.length; at += tileWidth) {
      const hashes = row.slice(at, at + tileWidth)
      files.set(tilePath({ level, index: at / tileWidth, width: hashes.length }), concatBytes(...hashes))
      if (hashes.length === tileWidth) above.push(treeHash(hashes, sha256))
    }
    row = above
  }
  return files
}

/** MTH of RFC 9162 section 2.1.1, over hashes of leaves. */
function treeHash(hashes: readonly Uint8Array[], sha256: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  if (hashes.length === 1) return hashes[0]!
  let split = 1
  while (split * 2 < hashes.length) split *= 2
  const left = treeHash(hashes.slice(0, split), sha256)
  return sha256(concatBytes(Uint8Array.of(1), left, treeHash(hashes.slice(split), sha256)))
}
