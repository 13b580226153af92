import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const scripts = fileURLToPath(new URL('../scripts', import.meta.url))
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A project without packages, installed as far as npm's own list says so. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-prepare-'))
  folders.push(folder)
  for (const name of ['prepare.mjs', 'runtime-digests.json']) {
    cpSync(join(scripts, name), join(folder, 'scripts', name))
  }
  write(folder, 'package.json', { name: 'empty', version: '1.0.0' })
  write(folder, 'package-lock.json', { name: 'empty', lockfileVersion: 3, packages: { '': {} } })
  write(folder, 'node_modules/.package-lock.json', { lockfileVersion: 3, packages: {} })
  return folder
}

function write(folder: string, path: string, content: unknown): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
}

/** Runs the script in a project; `onError` hears what it says as it says it. */
function prepare(folder: string, onError: (text: string) => void = () => undefined) {
  return new Promise<{ code: number | null; said: string }>((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'scripts/prepare.mjs'), 'check'])
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said += piece
      onError(said)
    })
    child.once('close', (code) => resolve({ code, said }))
  })
}

const stampOf = (folder: string) => join(folder, 'node_modules/.ambit-stamp')
const lockOf = (folder: string) => join(folder, '.ambit/prepare.lock')

test('prepares once, and again only when the lockfile changed', async () => {
  const folder = project()
  expect(await prepare(folder)).toMatchObject({
    code: 0,
    said: expect.stringContaining('of this machine is used'),
  })
  const stamp = readFileSync(stampOf(folder), 'utf8')
  expect(await prepare(folder)).toEqual({ code: 0, said: '' })
  write(folder, 'package-lock.json', {
    name: 'empty',
    lockfileVersion: 3,
    packages: { '': { version: '2.0.0' } },
  })
  expect((await prepare(folder)).said).not.toBe('')
  expect(readFileSync(stampOf(folder), 'utf8')).not.toBe(stamp)
})

test('refuses a runtime that is not the one the project was made with', async () => {
  const folder = project()
  const version = Object.keys(
    JSON.parse(readFileSync(join(scripts, 'runtime-digests.json'), 'utf8')) as Record<string, unknown>,
  )[0]
  write(folder, 'node_modules/node/package.json', { version })
  write(folder, 'node_modules/node/bin/node', '#!/bin/sh\necho v0\n')
  const digests = `{"${version}":{"${process.platform}-${process.arch}":"sha256:00"}}`
  write(folder, 'scripts/runtime-digests.json', digests)
  const { code, said } = await prepare(folder)
  expect(code).toBe(1)
  expect(said).toContain('expected sha256:00')
  expect(existsSync(stampOf(folder))).toBe(false)
})

test('waits for another run, and not for one that died', async () => {
  const folder = project()
  write(folder, '.ambit/prepare.lock', String(process.pid))
  const waited = await prepare(folder, (said) => {
    if (said.includes('Waiting for another run')) rmSync(lockOf(folder), { force: true })
  })
  expect(waited).toMatchObject({ code: 0, said: expect.stringContaining('Waiting') })

  const ended = await new Promise<number>((resolve) => {
    const child = spawn(process.execPath, ['--version'])
    child.once('close', () => resolve(child.pid ?? 0))
  })
  rmSync(stampOf(folder))
  write(folder, '.ambit/prepare.lock', String(ended))
  expect((await prepare(folder)).said).not.toContain('Waiting')
  expect(existsSync(lockOf(folder))).toBe(false)
})
