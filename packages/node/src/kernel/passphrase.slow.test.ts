import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handClock } from '@ambit/testkit/clock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openMasterKey } from './master-key.ts'
import type { KeySource } from './master-key.ts'

let folder: string
let file: KeySource
let events: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ambit-key-'))
  file = { kind: 'file', path: join(folder, 'master.key') }
  events = []
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(source: KeySource, next?: KeySource): Buffer {
  const keep = (event: string) => void events.push(event)
  return openMasterKey({
    folder,
    source,
    next,
    clock: handClock(),
    log: { info: keep, warn: keep, error: keep },
  })
}

function underPassphrase(words = 'correct horse battery'): KeySource {
  const passphraseFile = join(folder, 'words')
  writeFileSync(passphraseFile, `${words}\n`)
  return { kind: 'passphrase', path: join(folder, 'master.locked'), passphraseFile }
}

test('a key moves under a passphrase, and no other passphrase opens it', () => {
  const key = open(file)
  const locked = underPassphrase()
  expect(open(file, locked)).toEqual(key)
  expect(events).toContain('key.written-anew')
  expect(readFileSync(locked.path).includes(key)).toBe(false)
  expect(open(locked)).toEqual(key)
  expect(events).toContain('key.plain-left')
  rmSync(file.path)
  events = []
  expect(open(locked)).toEqual(key)
  expect(events).toEqual([])
  expect(() => open(underPassphrase('correct horse Battery'))).toThrow(
    expect.objectContaining({ code: 'key.passphrase' }),
  )
  expect(() => open(underPassphrase('short'))).toThrow(expect.objectContaining({ code: 'key.passphrase' }))
  rmSync(join(folder, 'words'))
  expect(() => open(locked)).toThrow(expect.objectContaining({ code: 'key.passphrase' }))
})

test('a new passphrase replaces the old one', () => {
  const old = underPassphrase()
  const key = open(old)
  const passphraseFile = join(folder, 'new words')
  writeFileSync(passphraseFile, 'another horse battery')
  const next: KeySource = { kind: 'passphrase', path: join(folder, 'master.new'), passphraseFile }
  open(old, next)
  expect(open(next)).toEqual(key)
})

test('a file that holds no key under a passphrase is named', () => {
  const locked = underPassphrase()
  open(locked)
  const good = JSON.parse(readFileSync(locked.path, 'utf8')) as Record<string, unknown>
  const bad = [
    'nonsense',
    '{}',
    JSON.stringify({ ...good, N: 3 }),
    JSON.stringify({ ...good, N: 2 ** 40 }),
    JSON.stringify({ ...good, nonce: 'AAAA' }),
  ]
  for (const text of bad) {
    writeFileSync(locked.path, text)
    expect(() => open(locked), text).toThrow(expect.objectContaining({ code: 'key.malformed' }))
  }
  writeFileSync(locked.path, JSON.stringify({ ...good, key: Buffer.alloc(32).toString('base64') }))
  expect(() => open(locked)).toThrow(expect.objectContaining({ code: 'key.passphrase' }))
})
