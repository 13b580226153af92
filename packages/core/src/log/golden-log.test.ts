import { createPrivateKey, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { base64, base64Bytes, concatBytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { emptyRoot, leafHash, nodeHash } from './merkle.ts'
import { formatVkey, parseVkey } from './note.ts'
import type { NoteSigner } from './note.ts'
import { tilePath, tilesOf } from './tile.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: the published log of Tessera, because ../shared/data is not here')

interface GoldenLog {
  vkey: string
  skey_test_only: string
  entries_utf8: string[]
  checkpoints: { size: number; checkpoint: string }[]
  files_b64: Record<string, string>
}

async function rootOf(hashes: readonly Bytes[]): Promise<Bytes> {
  if (hashes.length === 0) return await emptyRoot()
  if (hashes.length === 1) return hashes[0]!
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1))
  return await nodeHash(await rootOf(hashes.slice(0, split)), await rootOf(hashes.slice(split)))
}

/** The signer of the published test key, whose seed stands behind the fourth plus and one byte of type. */
async function goldenSigner(golden: GoldenLog): Promise<NoteSigner> {
  const seed = base64Bytes(golden.skey_test_only.split('+').slice(4).join('+')).subarray(1)
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const verifier = await parseVkey(golden.vkey)
  if (!verifier.ok) throw new Error(verifier.reason)
  const { name, vkey, publicKey } = verifier.verifier
  expect(await formatVkey(name, publicKey)).toBe(golden.vkey)
  return { name, vkey, sign: (bytes) => sign(null, bytes, key) }
}

test.runIf(present)(
  'the published log of Tessera is made again byte for byte at each of its 16 sizes',
  async () => {
    const golden = JSON.parse(readFileSync(`${folder}/ledger/tessera-golden-log.json`, 'utf8')) as GoldenLog
    const signer = await goldenSigner(golden)
    const verifier = await parseVkey(golden.vkey)
    if (!verifier.ok) throw new Error(verifier.reason)
    const entries = golden.entries_utf8.map((entry) => utf8(entry))
    const leaves = await Promise.all(entries.map((entry) => leafHash(entry)))
    const files = new Map<string, Uint8Array>()
    expect(golden.checkpoints.map(({ size }) => size)).toEqual(Array.from({ length: 16 }, (_, size) => size))
    for (const { size, checkpoint } of golden.checkpoints) {
      const hashes = leaves.slice(0, size)
      expect(signCheckpoint(size, await rootOf(hashes), signer)).toBe(checkpoint)
      expect((await openCheckpoint(checkpoint, verifier.verifier)).ok).toBe(true)
      for (const { level, full, partial } of tilesOf(size)) {
        expect([level, full, partial]).toEqual([0, 0, size])
        files.set(tilePath({ level, index: 0, width: partial }), concatBytes(...hashes))
        files.set(tilePath({ level: 'entries', index: 0, width: partial }), bundle(entries.slice(0, size)))
      }
    }
    const made = Object.fromEntries([...files].map(([path, bytes]) => [path, base64(bytes)]))
    expect(made).toEqual(golden.files_b64)
    expect(files.size).toBe(30)
  },
)

function bundle(entries: readonly Bytes[]): Bytes {
  return concatBytes(
    ...entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry]),
  )
}
