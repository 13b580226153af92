import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFile } from './durable-file.ts'

let folder: string
let path: string
const content = Buffer.from('a key of 32 bytes, as it were ...')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ambit-durable-'))
  path = join(folder, 'master.key')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('makes a file that only this user can read', () => {
  makeFile(path, content)
  expect(readFileSync(path)).toEqual(content)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['master.key'])
})

test.each([0, 1, 31])('a disk that is full after %i bytes leaves nothing', (room) => {
  let left = room
  const full = (file: number, bytes: Uint8Array, offset: number): number => {
    if (left-- > 0) return writeSync(file, bytes, offset, 1)
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  }
  expect(() => makeFile(path, content, full)).toThrow('no space')
  expect(readdirSync(folder)).toEqual([])
  makeFile(path, content)
  expect(readFileSync(path)).toEqual(content)
})

test('goes on after an attempt that was cut off, and never writes over a file', () => {
  writeFileSync(`${path}.new`, 'half')
  makeFile(path, content)
  expect(() => makeFile(path, Buffer.from('another'))).toThrow('EEXIST')
  expect(readFileSync(path)).toEqual(content)
  expect(readdirSync(folder)).toEqual(['master.key'])
})
