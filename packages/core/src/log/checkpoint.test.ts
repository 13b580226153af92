import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from '../bytes.ts'
import {
  checkpointText,
  openCheckpoint,
  parseCheckpoint,
  parseCheckpointText,
  parseCount,
} from './checkpoint.ts'
import { parseVkey } from './note.ts'

const signature = '— a.example Uw2QOkn8srV1yJGh2VYRlL1Tnagv\n'
const root = new Uint8Array(32).map((_, at) => at * 7)

test('reads back every checkpoint that it writes', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (size, root) => {
        const text = checkpointText('a.example/log', size, root)
        const checkpoint = { origin: 'a.example/log', size, root: new Uint8Array(root), extensions: [] }
        expect(parseCheckpointText(text)).toEqual({ ok: true, checkpoint })
        expect(parseCheckpoint(utf8(`${text}\n${signature}`))).toEqual({ ok: true, checkpoint })
      },
    ),
  )
})

test('a mutated checkpoint is refused with a reason, or says what stands in it', () => {
  const note = `${checkpointText('a.example/log', 1_234, root)}\n${signature}`
  const put = fc.oneof(
    fc.string({ maxLength: 2 }),
    fc.constantFrom('\n', '\n\n', '0', '=', '\r', '\ud800', '\u0000', '— '),
  )
  fc.assert(
    fc.property(fc.nat({ max: note.length - 1 }), fc.nat({ max: 3 }), put, (at, cut, put) => {
      const changed = note.slice(0, at) + put + note.slice(at + cut)
      const parsed = parseCheckpoint(changed)
      if (parsed.ok) {
        const { origin, size, root, extensions } = parsed.checkpoint
        const text = checkpointText(origin, size, root) + extensions.map((line) => `${line}\n`).join('')
        expect(changed.startsWith(`${text}\n— `)).toBe(true)
      } else {
        expect(parsed.reason).not.toBe('')
      }
    }),
    { numRuns: 2000 },
  )
})

test('an empty line among the extension lines is refused', () => {
  const text = checkpointText('a.example/log', 1, root)
  expect(parseCheckpointText(`${text}more\nand more\n`).ok).toBe(true)
  expect(parseCheckpointText(`${text}more\n\nand more\n`)).toEqual({
    ok: false,
    reason: 'the checkpoint holds an empty line',
  })
})

test('a count is decimal, below 2^53, and written in one way only', () => {
  expect(parseCount('0')).toBe(0)
  expect(parseCount('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  for (const text of [
    '',
    '00',
    '01',
    '+1',
    '-1',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '１',
    '9007199254740992',
    '18446744073709551615',
  ]) {
    expect(parseCount(text), text).toBeUndefined()
  }
})

test('a log is believed with either of its keys, a witness and another log with none', async () => {
  const { keys, valid } = JSON.parse(
    readFileSync(new URL('../../../../vectors/ledger/cosignatures.json', import.meta.url), 'utf8'),
  ) as { keys: Record<string, { vkey: string }>; valid: { note: string }[] }
  for (const [id, good] of Object.entries({
    log: true,
    logPq: true,
    w1: false,
    w3: false,
    otherLog: false,
  })) {
    const key = await parseVkey(keys[id]!.vkey)
    if (!key.ok) throw new Error(key.reason)
    expect((await openCheckpoint(valid[0]!.note, key.verifier)).ok, id).toBe(good)
  }
  const witness = await parseVkey(keys['w1']!.vkey)
  expect(witness.ok && (await openCheckpoint(valid[0]!.note, witness.verifier))).toEqual({
    ok: false,
    reason: 'the key is of a witness, not of a log',
  })
})
