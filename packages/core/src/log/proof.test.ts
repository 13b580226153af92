import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64, utf8 } from '../bytes.ts'
import { checkpointText, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { leafHash, verifyInclusion } from './merkle.ts'
import { parseVkey } from './note.ts'
import { formatProof, parseProof } from './proof.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: checkpoint vectors, because ../shared/data is not here')

interface GoldenLog {
  vkey: string
  entries_utf8: string[]
  checkpoints: { size: number; checkpoint: string }[]
}

const signature = '— a.example Uw2QOkn8srV1yJGh2VYRlL1Tnagv\n'
const checkpoint = `${checkpointText('a.example', 12, new Uint8Array(32).fill(3))}\n${signature}`

test.runIf(present)(
  'opens every checkpoint of the published log, and proves an entry by its file',
  async () => {
    const golden = JSON.parse(readFileSync(`${folder}/ledger/tessera-golden-log.json`, 'utf8')) as GoldenLog
    const key = await parseVkey(golden.vkey)
    if (!key.ok) throw new Error(key.reason)
    for (const { size, checkpoint } of golden.checkpoints) {
      const opened = await openCheckpoint(checkpoint, key.verifier)
      expect(opened.ok && opened.checkpoint.size).toBe(size)
      expect(
        (await openCheckpoint(checkpoint.replace(`\n${size}\n`, `\n${size + 1}\n`), key.verifier)).ok,
      ).toBe(false)
    }
    // The second entry of a tree of two: its path is the hash of the first.
    const [first, second] = golden.entries_utf8.map((entry) => utf8(entry))
    const text = formatProof({
      index: 1,
      hashes: [await leafHash(first!)],
      checkpoint: golden.checkpoints[2]!.checkpoint,
    })
    const read = parseProof(text)
    if (!read.ok) throw new Error(read.reason)
    const signed = await openCheckpoint(read.proof.checkpoint, key.verifier)
    if (!signed.ok) throw new Error(signed.reason)
    const { size, root } = signed.checkpoint
    const claim = {
      index: read.proof.index,
      size,
      root,
      proof: read.proof.hashes,
      leaf: await leafHash(second!),
    }
    expect(await verifyInclusion(claim)).toEqual({ ok: true })
  },
)

test('a proof is read back as it was written', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const extra = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined })
  fc.assert(
    fc.property(fc.nat({ max: 11 }), fc.array(hash, { maxLength: 63 }), extra, (index, hashes, extra) => {
      const copies = hashes.map((each) => new Uint8Array(each))
      const proof = {
        index,
        hashes: copies,
        checkpoint,
        ...(extra === undefined ? {} : { extra: new Uint8Array(extra) }),
      }
      expect(parseProof(formatProof(proof))).toEqual({ ok: true, proof })
    }),
  )
})

const good = formatProof({ index: 4, hashes: [new Uint8Array(32)], checkpoint })

test.each([
  ['another first line', good.replace('@v1', '@v2')],
  ['a leading zero', good.replace('index 4', 'index 04')],
  ['an index beyond the size', good.replace('index 4', 'index 12')],
  ['an index above 2^53', good.replace('index 4', 'index 9007199254740993')],
  ['no index', good.replace('index 4\n', '')],
  ['extra after the index', good.replace('index 4', 'index 4\nextra AAAA')],
  ['a short hash', good.replace(base64(new Uint8Array(32)), base64(new Uint8Array(31)))],
  [
    'too many hashes',
    formatProof({ index: 4, hashes: Array.from({ length: 64 }, () => new Uint8Array(32)), checkpoint }),
  ],
  ['no checkpoint', good.slice(0, good.indexOf('\n\n'))],
  ['a checkpoint without signature', good.replace(signature, '')],
  ['carriage returns', good.replaceAll('\n', '\r\n')],
])('refuses a proof with %s', (_, text) => {
  expect(parseProof(text).ok).toBe(false)
})

test.each([
  ['a size with a leading zero', checkpoint.replace('\n12\n', '\n012\n')],
  ['a negative size', checkpoint.replace('\n12\n', '\n-1\n')],
  ['a size above 2^53', checkpoint.replace('\n12\n', '\n9007199254740992\n')],
  ['a root of 31 bytes', checkpoint.replace(/\n[A-Za-z0-9+/=]{44}\n/, `\n${base64(new Uint8Array(31))}\n`)],
  ['an empty origin', checkpoint.replace('a.example\n', '\n')],
  ['an origin with a space', checkpoint.replace('a.example\n', 'a example\n')],
])('refuses a checkpoint with %s', (_, text) => {
  expect(parseCheckpoint(text).ok).toBe(false)
})

test('extension lines are kept', () => {
  const parsed = parseCheckpoint(checkpoint.replace('\n\n', '\nmore\n\n'))
  expect(parsed.ok && parsed.checkpoint.extensions).toEqual(['more'])
})

test('reads and refuses the proof files of our own vectors', async () => {
  interface ProofVectors {
    vkey: string
    entry: string
    valid: { name: string; proof: string }[]
    invalid: { name: string; proof: string }[]
  }
  const file = new URL('../../../../vectors/ledger/proofs.json', import.meta.url)
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as ProofVectors
  const key = await parseVkey(vectors.vkey)
  if (!key.ok) throw new Error(key.reason)
  const leaf = await leafHash(utf8(vectors.entry))
  for (const { name, proof: text } of vectors.valid) {
    const read = parseProof(text)
    if (!read.ok) throw new Error(`${name}: ${read.reason}`)
    expect(formatProof(read.proof)).toBe(text)
    const signed = await openCheckpoint(read.proof.checkpoint, key.verifier)
    if (!signed.ok) throw new Error(signed.reason)
    const { size, root } = signed.checkpoint
    const { index, hashes } = read.proof
    expect(await verifyInclusion({ index, size, root, proof: hashes, leaf }), name).toEqual({ ok: true })
  }
  for (const { name, proof } of vectors.invalid) expect(parseProof(proof).ok, name).toBe(false)
})
