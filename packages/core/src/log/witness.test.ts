import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64, hex, utf8 } from '../bytes.ts'
import { formatVkey, openNote, parseVkey } from './note.ts'
import {
  formatAddCheckpoint,
  formatTreeSize,
  parseAddCheckpoint,
  parseCosignatures,
  parseTreeSize,
  witnessPath,
} from './witness.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: bodies of the witness vectors, because ../shared/data is not here')

interface Request {
  name: string
  body: string
  oldSize: number
  proof: string[]
  origin: string
  size: number
  root: string
}

interface MessageVectors {
  requests: { valid: Request[]; invalid: { name: string; body: string }[] }
  answers: {
    valid: { name: string; body: string; lines: number }[]
    invalid: { name: string; body: string }[]
  }
  sizes: { valid: { body: string; size: number }[]; invalid: string[] }
  paths: { origin: string; path: string }[]
}

const { requests, answers, sizes, paths } = JSON.parse(
  readFileSync(new URL('../../../../vectors/ledger/witness-messages.json', import.meta.url), 'utf8'),
) as MessageVectors

test.each(requests.valid)(
  'reads and writes the request: $name',
  ({ body, oldSize, proof, origin, size, root }) => {
    const parsed = parseAddCheckpoint(utf8(body))
    if (!parsed.ok) throw new Error(parsed.reason)
    const { request } = parsed
    expect({ ...request.head, root: hex(request.head.root) }).toEqual({ origin, size, root, extensions: [] })
    expect([request.oldSize, request.proof.map((hash) => base64(hash))]).toEqual([oldSize, proof])
    expect(formatAddCheckpoint(request)).toBe(body)
  },
)

test.each(requests.invalid)('refuses a request with $name', ({ body }) => {
  const parsed = parseAddCheckpoint(utf8(body))
  expect(parsed.ok).toBe(false)
  expect(!parsed.ok && parsed.reason.length).toBeGreaterThan(10)
})

test.each(answers.valid)('reads an answer of $name', ({ body, lines }) => {
  const parsed = parseCosignatures(body)
  if (!parsed.ok) throw new Error(parsed.reason)
  expect(parsed.lines.length).toBe(lines)
  expect(parsed.lines.join('')).toBe(body)
})

test.each(answers.invalid)('refuses an answer: $name', ({ body }) => {
  expect(parseCosignatures(body).ok).toBe(false)
})

test('reads and writes the size of an answer 409', () => {
  for (const { body, size } of sizes.valid) {
    expect(parseTreeSize(body)).toEqual({ ok: true, size })
    expect(formatTreeSize(size)).toBe(body)
  }
  for (const body of sizes.invalid) expect(parseTreeSize(body).ok, JSON.stringify(body)).toBe(false)
})

test('names the place of a log at its witness', async () => {
  for (const { origin, path } of paths) expect(await witnessPath(origin)).toBe(path)
})

test.runIf(present)('reads every published request, and the signatures of all but the bad ones', async () => {
  interface Case {
    body: string
    status: number
    asserts: string
  }
  const { cases } = JSON.parse(readFileSync(`${folder}/ledger/witness-add-checkpoint.json`, 'utf8')) as {
    cases: Case[]
  }
  expect(cases.length).toBe(9)
  for (const { body, asserts } of cases) {
    const parsed = parseAddCheckpoint(utf8(body))
    if (!parsed.ok) throw new Error(parsed.reason)
    expect(formatAddCheckpoint(parsed.request)).toBe(body)
    const key = await sigsumKey()
    const opened = await openNote(parsed.request.checkpoint, [key])
    expect(opened.ok).toBe(!asserts.includes('invalid signature') && !asserts.includes('unknown log'))
  }
})

async function sigsumKey() {
  const origin = 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562'
  const publicKey = Uint8Array.fromHex('ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f')
  const parsed = await parseVkey(await formatVkey(origin, publicKey))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.verifier
}

test('a witness is sent no more hashes than it reads', () => {
  const proof = Array.from({ length: 64 }, () => new Uint8Array(32))
  expect(() => formatAddCheckpoint({ oldSize: 1, proof, checkpoint: '' })).toThrow(RangeError)
})

test('bytes that are no text, and too many of them, are refused', () => {
  const body = utf8(requests.valid[0]!.body)
  expect(parseAddCheckpoint(body).ok).toBe(true)
  expect(parseAddCheckpoint(body.with(3, 0xff)).ok).toBe(false)
  const long = new Uint8Array(1_010_001).fill(0x41)
  long.set(body)
  expect(parseAddCheckpoint(long)).toEqual({ ok: false, reason: 'the body is not UTF-8 or too long' })
  expect(parseCosignatures(`— w ${'A'.repeat(500_000)}\n`).ok).toBe(false)
})

test('a mutated request or answer is refused with a reason or reads back the same', () => {
  const bodies = requests.valid.map(({ body }) => body)
  const lines = answers.valid.map(({ body }) => body)
  const put = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.constantFrom('\n', '\n\n', 'old ', '=', '— ', '\ud800'),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...bodies),
      fc.constantFrom(...lines),
      fc.nat(),
      fc.nat({ max: 4 }),
      put,
      (body, answer, at, cut, put) => {
        const mutate = (text: string) =>
          text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut)
        const text = mutate(body)
        const parsed = parseAddCheckpoint(utf8(text))
        if (parsed.ok) expect(utf8(formatAddCheckpoint(parsed.request))).toEqual(utf8(text))
        else expect(parsed.reason).not.toBe('')
        const read = parseCosignatures(mutate(answer))
        if (read.ok) expect(read.lines.join('')).toBe(mutate(answer))
        else expect(read.reason).not.toBe('')
      },
    ),
    { numRuns: 1000 },
  )
})
