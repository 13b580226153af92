import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64, hexBytes, utf8 } from '../bytes.ts'
import { checkpointText, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { leafHash, verifyInclusion } from './merkle.ts'
import { parseVkey } from './note.ts'
import { parsePolicy } from './policy.ts'
import { formatProof, parseProof, verifyProof } from './proof.ts'

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

interface WitnessedProofs {
  policy: string
  vkey: string
  entry: string
  leafHash: string
  valid: {
    name: string
    proof: string
    index: number
    size: number
    origin: string
    witnesses: { name: string; time: number }[]
  }[]
  invalid: { name: string; proof: string }[]
}

const witnessed = JSON.parse(
  readFileSync(new URL('../../../../vectors/ledger/witnessed-proofs.json', import.meta.url), 'utf8'),
) as WitnessedProofs

async function policy() {
  const parsed = await parsePolicy(witnessed.policy)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.policy
}

test.each(witnessed.valid)(
  'verifies under a policy: $name',
  async ({ proof, index, size, origin, witnesses }) => {
    const entry = utf8(witnessed.entry)
    const found = { ok: true, index, size, origin }
    expect(await verifyProof(proof, { entry }, await policy())).toEqual({ ...found, witnesses })
    const leafHash = hexBytes(witnessed.leafHash)
    expect(await verifyProof(proof, { leafHash }, witnessed.vkey)).toEqual({ ...found, witnesses: [] })
    for (const other of [utf8(`${witnessed.entry} `), new Uint8Array(0)]) {
      expect((await verifyProof(proof, { entry: other }, await policy())).ok).toBe(false)
    }
    expect((await verifyProof(proof, { leafHash: leafHash.subarray(1) }, await policy())).ok).toBe(false)
  },
)

test.each(witnessed.invalid)('refuses under a policy: $name', async ({ proof }) => {
  const verdict = await verifyProof(proof, { entry: utf8(witnessed.entry) }, await policy())
  expect(verdict.ok).toBe(false)
  expect(!verdict.ok && verdict.reason.length).toBeGreaterThan(10)
})

test('a proof under a key that is no key is refused', async () => {
  const [first] = witnessed.valid
  const proven = { entry: utf8(witnessed.entry) }
  expect((await verifyProof(first!.proof, proven, 'not a key')).ok).toBe(false)
  const other = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
  expect((await verifyProof(first!.proof, proven, other)).ok).toBe(false)
})

test('a mutated proof is refused with a reason, or says the same', async () => {
  const trust = await policy()
  const texts = witnessed.valid.map(({ proof }) => proof)
  const put = fc.oneof(
    fc.string({ maxLength: 2 }),
    fc.constantFrom('\n', '\n\n', '=', '\r', '\ud800', 'index 2\n', 'extra QQ==\n'),
  )
  const entry = utf8(witnessed.entry)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...texts),
      fc.nat(),
      fc.nat({ max: 3 }),
      put,
      async (text, at, cut, put) => {
        const from = at % text.length
        const changed = text.slice(0, from) + put + text.slice(from + cut)
        const read = parseProof(changed)
        if (read.ok) expect(formatProof(read.proof)).toBe(changed)
        const verdict = await verifyProof(changed, { entry }, trust)
        // What may change without harm: the extra line, and signatures of keys that nobody asked for.
        if (verdict.ok) expect(verdict).toMatchObject({ index: 2, size: 7, origin: 'log.example/activity' })
        else expect(verdict.reason).not.toBe('')
      },
    ),
    { numRuns: 500 },
  )
})
