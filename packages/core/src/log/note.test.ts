import { createPrivateKey, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64Bytes, utf8 } from '../bytes.ts'
import { keyId } from './note-key.ts'
import { formatVkey, openNote, parseNote, parseVkey, signNote } from './note.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const present = existsSync(`${folder}/ledger`)
if (!present) console.log('skipped: signed-note vectors, because ../shared/data is not here')

interface NoteVectors {
  valid: { vkey: string; note: string; unverified?: string[] }[]
  sign_deterministic: { skey: string; text: string; note: string }
  bad_vkeys: [string, string][]
  must_reject: { why: string; note?: string; note_b64?: string; vkeys?: string[] }[]
}

const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

function vectors(): NoteVectors {
  return JSON.parse(readFileSync(`${folder}/ledger/signed-note.json`, 'utf8')) as NoteVectors
}

async function verifier(vkey: string): Promise<NoteVerifier> {
  const parsed = await parseVkey(vkey)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.verifier
}

/** A signer from the seed of a published test key. */
function seedSigner(name: string, vkey: string, seed: Uint8Array): NoteSigner {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { name, vkey, sign: (bytes) => sign(null, bytes, key) }
}

test.runIf(present)('opens the published notes with their keys', async () => {
  for (const { vkey, note, unverified = [] } of vectors().valid) {
    const opened = await openNote(note, [await verifier(vkey)])
    if (!opened.ok) throw new Error(opened.reason)
    expect(opened.opened.verified.length).toBe(1)
    expect(opened.opened.unverified.map((signature) => signature.name)).toEqual(unverified)
    expect(await openNote(utf8(note), [await verifier(vkey)])).toEqual(opened)
  }
})

test.runIf(present)('signs the published text byte for byte', () => {
  const { skey, text, note } = vectors().sign_deterministic
  const seed = base64Bytes(skey.split('+').slice(4).join('+')).subarray(1)
  expect(signNote(text, seedSigner('PeterNeumann', peter, seed))).toBe(note)
})

test.runIf(present)('refuses the published bad keys', async () => {
  for (const [vkey, why] of vectors().bad_vkeys) expect((await parseVkey(vkey)).ok, why).toBe(false)
})

test.runIf(present)('refuses every published note that must be refused', async () => {
  for (const { why, note, note_b64: encoded, vkeys = [peter] } of vectors().must_reject) {
    const bytes = encoded === undefined ? utf8(note!) : base64Bytes(encoded)
    const keys = await Promise.all(vkeys.map((vkey) => verifier(vkey)))
    expect((await openNote(bytes, keys)).ok, why).toBe(false)
  }
})

test('writes a key as it reads it, also when base64 holds a plus', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (publicKey) => {
      const vkey = await formatVkey('example.org/log', publicKey)
      const parsed = await parseVkey(vkey)
      expect(parsed.ok && parsed.verifier).toMatchObject({ name: 'example.org/log', vkey })
      expect(parsed.ok && parsed.verifier.publicKey).toEqual(new Uint8Array(publicKey))
    }),
    { numRuns: 50 },
  )
})

test('a key whose id belongs to another name is refused', async () => {
  expect(await parseVkey(peter.replace('PeterNeumann', 'PeterNewman'))).toMatchObject({ ok: false })
})

test('unknown keys say nothing, also under a known name', async () => {
  const seed = new Uint8Array(32).fill(7)
  const key = await formatVkey('PeterNeumann', new Uint8Array(32).fill(9))
  const note = signNote('a text\n', seedSigner('PeterNeumann', key, seed))
  expect(await openNote(note, [await verifier(peter)])).toEqual({
    ok: false,
    reason: 'no signature is of a known key',
  })
})

test('base64 with white space or a loose end is no signature', () => {
  const line =
    '— a Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
  expect(parseNote(`text\n\n${line}`).ok).toBe(true)
  expect(parseNote(`text\n\n${line.replace('gv1', 'gv 1')}`).ok).toBe(false)
  expect(parseNote(`text\n\n${line.replace('QM=', 'QN=')}`).ok).toBe(false)
  expect(parseNote(`text\n\n${line.replace('QM=', 'QM')}`).ok).toBe(false)
})

test('any text is read or refused, never thrown at', async () => {
  const key = await verifier(peter)
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('\n', '\n\n', '— ', '— PeterNeumann x08go/ZJ\n', ' ', '\u2028', '\u0000', '\ud800'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      expect((await openNote(pieces.join(''), [key])).ok).toBe(false)
      await parseVkey(pieces.join('+'))
    }),
  )
})

test('the text of a note may have empty lines: the last one parts it from the signatures', () => {
  const line = '— a Uw2QOkn8srV1yJGh2VYRlL1Tnagv\n'
  const parsed = parseNote(`one\n\ntwo\n\n${line}`)
  expect(parsed.ok && parsed.note.text).toBe('one\n\ntwo\n')
})

test('a note with more signatures than anyone needs is refused', () => {
  const line = '— a Uw2QOkn8srV1yJGh2VYRlL1Tnagv\n'
  expect(parseNote(`text\n\n${line.repeat(16)}`).ok).toBe(true)
  expect(parseNote(`text\n\n${line.repeat(101)}`).ok).toBe(false)
})

test('writes and reads keys of every kind, each with its own id', async () => {
  const ids = new Set<string>()
  for (const [kind, length] of [
    ['ed25519', 32],
    ['cosignature', 32],
    ['ml-dsa-44', 1312],
  ] as const) {
    const publicKey = new Uint8Array(length).fill(5)
    const parsed = await parseVkey(await formatVkey('example.org/key', publicKey, kind))
    if (!parsed.ok) throw new Error(parsed.reason)
    expect(parsed.verifier).toMatchObject({ name: 'example.org/key', kind, publicKey })
    ids.add(parsed.verifier.keyId)
    await expect(formatVkey('example.org/key', publicKey.subarray(1), kind)).rejects.toThrow(RangeError)
    await expect(formatVkey('example org', publicKey, kind)).rejects.toThrow(RangeError)
  }
  expect(ids.size).toBe(3)
})

test('refuses keys of kinds that it does not know, of another length, and beyond all bounds', async () => {
  const encoded = Buffer.from(peter.split('+')[2]!, 'base64')
  for (const type of [0x00, 0x02, 0x03, 0x05, 0x07, 0xff]) {
    const bytes = Buffer.concat([Buffer.of(type), encoded.subarray(1)])
    const id = await keyId('PeterNeumann', type, bytes.subarray(1))
    expect(await parseVkey(`PeterNeumann+${id}+${bytes.toString('base64')}`)).toEqual({
      ok: false,
      reason: 'the verifier key is neither of Ed25519 nor of ML-DSA-44',
    })
  }
  for (const [type, length] of [
    [0x01, 31],
    [0x04, 33],
    [0x06, 32],
    [0x06, 1313],
  ] as const) {
    const bytes = new Uint8Array(length)
    const id = await keyId('w', type, bytes)
    const vkey = `w+${id}+${Buffer.concat([Buffer.of(type), bytes]).toString('base64')}`
    expect(await parseVkey(vkey), vkey.slice(0, 30)).toMatchObject({ ok: false })
  }
  expect(await parseVkey(`${'n'.repeat(4000)}${peter}`)).toEqual({
    ok: false,
    reason: 'the verifier key is too long',
  })
})

test.runIf(present)('a mutated note is refused, or the text and signature are what they were', async () => {
  const notes = vectors().valid
  const keys = await Promise.all(notes.map(({ vkey }) => verifier(vkey)))
  const put = fc.oneof(
    fc.string({ maxLength: 2 }),
    fc.constantFrom('\n', '\n\n', '— ', '=', '\ud800', '\u0000'),
  )
  const pick = fc.nat({ max: notes.length - 1 })
  await fc.assert(
    fc.asyncProperty(pick, fc.nat(), fc.nat({ max: 3 }), put, async (which, at, cut, put) => {
      const { note } = notes[which]!
      const from = at % note.length
      const changed = note.slice(0, from) + put + note.slice(from + cut)
      const opened = await openNote(changed, keys)
      if (!opened.ok) {
        expect(opened.reason).not.toBe('')
        return
      }
      const { text, verified } = opened.opened
      const before = parseNote(note)
      expect(before.ok && before.note.text).toBe(text)
      expect(before.ok && before.note.signatures).toEqual(
        expect.arrayContaining(verified.map(({ name, keyId, signature }) => ({ name, keyId, signature }))),
      )
    }),
    { numRuns: 1000 },
  )
})

test('a mutated key is refused: its id vouches for every byte of it', async () => {
  const publicKey = new Uint8Array(1312).map((_, at) => at * 31)
  const keys = [peter, await formatVkey('example.org/key', publicKey, 'ml-dsa-44')]
  const put = fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('+', '=', ' ', '\ud800'))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...keys),
      fc.nat(),
      fc.nat({ max: 2 }),
      put,
      async (key, at, cut, put) => {
        const from = at % key.length
        const changed = key.slice(0, from) + put + key.slice(from + cut)
        expect((await parseVkey(changed)).ok, changed.slice(0, 60)).toBe(changed === key)
      },
    ),
    { numRuns: 500 },
  )
})
