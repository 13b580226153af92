import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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

/** A program that wraps by turning every bit, as bad as that is. */
function program(
  body = 'node -e "process.stdin.on(\'data\', (d) => process.stdout.write(d.map((b) => b ^ 255)))"',
): KeySource {
  const path = join(folder, 'kms')
  writeFileSync(path, `#!/bin/sh\n${body.replace('node', process.execPath)}\n`)
  chmodSync(path, 0o700)
  return { kind: 'command', program: path, path: join(folder, 'master.wrapped') }
}

test('makes a key once that only this user can read', () => {
  const key = open(file)
  expect(key).toHaveLength(32)
  expect(open(file)).toEqual(key)
  expect(statSync(file.path).mode & 0o777).toBe(0o600)
})

test('a key that is missing, cut or another one is named, and never made anew', () => {
  const key = open(file)
  rmSync(file.path)
  expect(() => open(file)).toThrow(expect.objectContaining({ code: 'key.missing' }))
  expect(existsSync(file.path)).toBe(false)
  writeFileSync(file.path, key.subarray(1))
  expect(() => open(file)).toThrow(expect.objectContaining({ code: 'key.malformed' }))
  writeFileSync(
    file.path,
    key.map((byte) => byte ^ 1),
  )
  expect(() => open(file)).toThrow(expect.objectContaining({ code: 'key.other' }))
  writeFileSync(file.path, key)
  expect(open(file)).toEqual(key)
})

test('a program wraps and unwraps the key, and only the wrapped one lies on the disk', () => {
  const source = program()
  const key = open(source)
  expect(readFileSync(source.path)).toEqual(Buffer.from(key.map((byte) => byte ^ 255)))
  expect(open(source)).toEqual(key)
})

test('a program that fails, says nothing or says too much is named, without what it said', () => {
  const source = program()
  open(source)
  for (const body of [
    'exit 3',
    'exit 0',
    'cat /dev/zero',
    'cat >/dev/null; printf short',
    'echo secret >&2; exit 1',
  ]) {
    program(body)
    let code = ''
    let text = ''
    try {
      open(source)
    } catch (error) {
      ;({ code, message: text } = error as { code: string; message: string })
    }
    expect(code, body).toBe(body === 'cat >/dev/null; printf short' ? 'key.malformed' : 'key.program')
    expect(text).not.toContain('secret')
  }
})
