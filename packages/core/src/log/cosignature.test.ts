import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { hex, hexBytes, utf8 } from '../bytes.ts'
import { checkpointText, signCheckpoint } from './checkpoint.ts'
import {
  addSignatures,
  checkpointSignatureLines,
  cosign,
  cosignatureLine,
  cosignatureMessage,
  subtreeMessage,
} from './cosignature.ts'
import { formatVkey, keyIdOf, openNote, parseNote, parseVkey, signNote } from './note.ts'
import type { Cosigner, KeyKind, NoteSigner, NoteVerifier } from './note.ts'
import { witnessPath } from './witness.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: cosignature vectors, because ../shared/data is not here')

interface PublishedVectors {
  vectors: {
    file: string
    checkpoint: string
    vkey: string
    timestamp: number
    signed_message: string
    key_id: string
  }[]
}

interface Statement {
  name: string
  time: number
  origin: string
  start: number
  end: number
  hash: string
}

interface OwnVectors {
  keys: Record<string, { name: string; kind: KeyKind; seed: string; vkey: string }>
  messages: (Statement & { message: string })[]
  valid: { name: string; note: string; keys: string[]; times: Record<string, number | null> }[]
  invalid: { name: string; note: string; keys: string[] }[]
}

const own = JSON.parse(
  readFileSync(new URL('../../../../vectors/ledger/cosignatures.json', import.meta.url), 'utf8'),
) as OwnVectors

afterEach(() => {
  vi.restoreAllMocks()
})

async function verifier(vkey: string): Promise<NoteVerifier> {
  const parsed = await parseVkey(vkey)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.verifier
}

async function verifiers(ids: readonly string[]): Promise<NoteVerifier[]> {
  return await Promise.all(ids.map((id) => verifier(own.keys[id]!.vkey)))
}

const publicKeyBytes = { ed25519: 32, cosignature: 32, 'ml-dsa-44': 1312 } as const

async function cosigner(name: string, kind: Cosigner['kind']): Promise<Cosigner> {
  const pair = kind === 'cosignature' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44')
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' })
  const vkey = await formatVkey(name, spki.subarray(-publicKeyBytes[kind]), kind)
  return {
    name,
    keyId: keyIdOf(vkey),
    vkey,
    kind,
    sign: async (message) => sign(null, message, pair.privateKey),
  }
}

async function logSigner(name: string, second?: Cosigner): Promise<NoteSigner> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const vkey = await formatVkey(name, publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
  return { name, vkey, sign: (bytes) => sign(null, bytes, privateKey), ...(second && { second }) }
}

test.runIf(present)('verifies the published cosignatures and makes their messages and paths', async () => {
  const { vectors } = JSON.parse(
    readFileSync(`${folder}/ledger/cosignature-v1.json`, 'utf8'),
  ) as PublishedVectors
  expect(vectors.length).toBe(2)
  for (const { file, checkpoint, vkey, timestamp, signed_message: message, key_id: keyId } of vectors) {
    const key = await verifier(vkey)
    const opened = await openNote(checkpoint, [key])
    if (!opened.ok) throw new Error(opened.reason)
    expect(opened.opened.verified).toMatchObject([{ vkey, keyId, kind: 'cosignature', time: timestamp }])
    expect(cosignatureMessage(opened.opened.text, timestamp)).toEqual(utf8(message))
    expect(file.endsWith(`/${await witnessPath(opened.opened.text.split('\n')[0]!)}`)).toBe(true)
    const changed = checkpoint.replace('\n300\n', '\n301\n')
    expect((await openNote(changed, [key])).ok).toBe(false)
  }
})

test.each(own.messages)(
  'writes the message of $name from $start to $end',
  ({ message, hash, ...statement }) => {
    expect(hex(subtreeMessage({ ...statement, hash: hexBytes(hash) }))).toBe(message)
  },
)

test.each(own.valid)('verifies $name', async ({ note, keys, times }) => {
  const opened = await openNote(note, await verifiers(keys))
  if (!opened.ok) throw new Error(opened.reason)
  const found = opened.opened.verified.map(({ vkey, kind, time }) => ({ vkey, kind, time: time ?? null }))
  const wanted = Object.entries(times).map(([id, time]) => {
    const { vkey, kind } = own.keys[id]!
    return { vkey, kind, time }
  })
  expect(found).toEqual(wanted)
  const signatures = parseNote(note)
  const all = signatures.ok ? signatures.note.signatures.length : 0
  expect(opened.opened.unverified.length).toBe(all - wanted.length)
  expect(opened.opened.unverified.every(({ why }) => why === 'unknown-key')).toBe(true)
})

test.each(own.invalid)('refuses $name', async ({ note, keys }) => {
  const opened = await openNote(note, await verifiers(keys))
  expect(opened.ok).toBe(false)
  expect(!opened.ok && opened.reason.length).toBeGreaterThan(10)
})

test('the keys of the vectors are made from their seeds', async () => {
  const prefixes = {
    ed25519: '302e020100300506032b657004220420',
    cosignature: '302e020100300506032b657004220420',
    'ml-dsa-44': '3034020100300b060960864801650304031104228020',
  } as const
  const text = checkpointText('a.example', 3, new Uint8Array(32).fill(1))
  for (const { name, kind, seed, vkey } of Object.values(own.keys)) {
    const der = Buffer.from(prefixes[kind] + seed, 'hex')
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const signBytes = (bytes: Uint8Array) => sign(null, bytes, key)
    const note =
      kind === 'ed25519'
        ? signNote(text, { name, vkey, sign: signBytes })
        : `${text}\n${await cosign(text, { name, keyId: keyIdOf(vkey), vkey, kind, sign: async (bytes) => signBytes(bytes) }, 5)}`
    expect(await openNote(note, [await verifier(vkey)])).toMatchObject({ ok: true })
  }
})

test('a log signs with both of its keys, and witnesses add theirs', async () => {
  const second = await cosigner('log.example', 'ml-dsa-44')
  const log = await logSigner('log.example', second)
  const text = checkpointText('log.example', 9, new Uint8Array(32).fill(9))
  const lines = await checkpointSignatureLines(text, log, 1_800_000_000)
  expect(await checkpointSignatureLines(text, await logSigner('log.example'), 1)).toHaveLength(1)
  const checkpoint = `${text}\n${lines.join('')}`
  expect(checkpoint.startsWith(signCheckpoint(9, new Uint8Array(32).fill(9), log))).toBe(true)

  const witness = await cosigner('w.example', 'cosignature')
  const once = addSignatures(checkpoint, [await cosign(text, witness, 100)])
  const twice = addSignatures(once, [await cosign(text, witness, 200)])
  const keys = await Promise.all([log.vkey, second.vkey, witness.vkey].map((vkey) => verifier(vkey)))
  const opened = await openNote(twice, keys)
  if (!opened.ok) throw new Error(opened.reason)
  expect(opened.opened.verified.map(({ kind, time }) => [kind, time])).toEqual([
    ['ed25519', undefined],
    ['ml-dsa-44', 1_800_000_000],
    ['cosignature', 200],
  ])
  expect(twice.startsWith(checkpoint)).toBe(true)
})

test('a key at hand is not waited for, one that takes its time is', async () => {
  const text = checkpointText('log.example', 1, new Uint8Array(32))
  const signer = await logSigner('log.example')
  const first = async (lines: Promise<string[]>) =>
    await Promise.race([lines.then(() => 'signed'), Promise.resolve().then(() => 'a turn went by')])
  expect(await first(checkpointSignatureLines(text, signer, 1))).toBe('signed')
  const later = { ...signer, sign: async (bytes: Uint8Array) => signer.sign(bytes) }
  const lines = checkpointSignatureLines(text, later, 1)
  expect(await first(lines)).toBe('a turn went by')
  expect(await lines).toEqual(await checkpointSignatureLines(text, signer, 1))
})

test('an old line gives way in its place, and the rest stays as it was', async () => {
  const text = checkpointText('log.example', 1, new Uint8Array(32))
  const note = signNote(text, await logSigner('log.example'))
  const [one, two] = [await cosigner('w', 'cosignature'), await cosigner('w', 'cosignature')]
  const [first, other, newer] = [
    await cosign(text, one, 1),
    await cosign(text, two, 1),
    await cosign(text, one, 2),
  ]
  expect(addSignatures(addSignatures(note, [first, other]), [newer.trimEnd()])).toBe(note + newer + other)
  expect(addSignatures(note, [])).toBe(note)
  expect(() => addSignatures(note, ['— w nonsens\n'])).toThrow(RangeError)
  expect(() => addSignatures(text, [first])).toThrow(RangeError)
  const many = await Promise.all(
    Array.from({ length: 100 }, async (_, at) => first.replace('— w ', `— w${at} `)),
  )
  expect(() => addSignatures(note, many)).toThrow(RangeError)
})

test('nothing is cosigned that cannot be said', async () => {
  const text = checkpointText('log.example', 1, new Uint8Array(32))
  const [plain, postQuantum] = [await cosigner('w', 'cosignature'), await cosigner('w', 'ml-dsa-44')]
  await expect(cosign('a text\n', plain, 1)).rejects.toThrow(RangeError)
  await expect(cosign(`${text}more\n`, postQuantum, 1)).rejects.toThrow(RangeError)
  await expect(cosign(text, plain, 1.5)).rejects.toThrow(RangeError)
  await expect(cosign(text, plain, -1)).rejects.toThrow(RangeError)
  for (const time of [-1, 0.5, 2 ** 53]) {
    const line = { name: 'w', keyId: '00000000', time, signature: new Uint8Array(64) }
    expect(() => cosignatureLine(line)).toThrow(RangeError)
  }
  const good = { name: 'w', time: 0, origin: 'o', start: 4, end: 6, hash: new Uint8Array(32) }
  expect(subtreeMessage(good).length).toBe(12 + 2 + 8 + 2 + 8 + 8 + 32)
  const wrong: Partial<typeof good>[] = [
    { time: 1 },
    { time: 2 ** 53 },
    { name: '' },
    { origin: 'o'.repeat(256) },
    { start: 7 },
    { start: 6 },
    { end: 2 ** 53 },
    { hash: new Uint8Array(31) },
  ]
  for (const each of wrong)
    expect(() => subtreeMessage({ ...good, ...each }), JSON.stringify(each)).toThrow(RangeError)
})

test('a runtime without ML-DSA-44 leaves its signatures unverified and says so', async () => {
  const { note } = own.valid[0]!
  const flip = note.replace(
    /(— witness-3\.example .{400})(.)/,
    (_, head: string, last: string) => head + (last === 'A' ? 'B' : 'A'),
  )
  const real = crypto.subtle.importKey.bind(crypto.subtle) as (...all: unknown[]) => Promise<CryptoKey>
  vi.spyOn(crypto.subtle, 'importKey').mockImplementation(async (...all: unknown[]) => {
    if (all[2] === 'ML-DSA-44') throw new DOMException('Unrecognized algorithm name', 'NotSupportedError')
    return await real(...all)
  })
  for (const each of [note, flip]) {
    const opened = await openNote(each, await verifiers(['log', 'w1', 'w3']))
    if (!opened.ok) throw new Error(opened.reason)
    expect(opened.opened.verified.map(({ kind }) => kind)).toEqual(['ed25519', 'cosignature'])
    expect(opened.opened.unverified.map(({ name, why }) => [name, why])).toContainEqual([
      'witness-3.example',
      'runtime',
    ])
  }
  expect(await openNote(note, await verifiers(['w3']))).toEqual({
    ok: false,
    reason: 'this runtime cannot check the signature of witness-3.example: it does not offer its algorithm',
  })
})
