import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TestLog, act, intent, outcome } from '@ambit/core/receipt-fixture'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { fakeTerminal } from '../../fake-node.ts'
import { runAmbit } from '../../program.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-promise-'))
afterAll(() => rmSync(folder, { recursive: true }))

let log: TestLog
let promise: string
let keys: readonly string[]

beforeEach(async () => {
  log = await TestLog.make('node.example/activity')
  log.append(intent)
  log.append(outcome)
  const leaves = [1, 2].map((index) => ({ kind: 'act', index, hash: log.hash(index) }))
  promise = file('promise.json', JSON.stringify(log.promise(leaves)))
  keys = ['--vkey', log.vkey]
})

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

async function ambit(...argv: readonly string[]) {
  const terminal = fakeTerminal({})
  const exitCode = await runAmbit(['log', 'promise', ...argv], terminal)
  return { exitCode, out: terminal.printed.join('\n'), err: terminal.errors.join('\n') }
}

/** The public files of the log as it was at a size. */
function served(size: number): string {
  const hashes = log.entries.slice(0, size).map((_, at) => log.hash(at).slice('sha256:'.length))
  file('log/checkpoint', log.checkpoint(size))
  file(`log/tile/0/000.p/${size}`, Buffer.from(hashes.join(''), 'hex'))
  return join(folder, 'log')
}

test('a promise that the log kept, broke by publishing less, or broke by signing something else', async () => {
  const kept = await ambit(promise, '--log', served(3), ...keys)
  expect(kept, kept.err).toMatchObject({ exitCode: 0, out: expect.stringContaining('was kept') as string })
  expect(kept.out).not.toContain('Name the log you trust')
  const late = await ambit(promise, '--log', served(2))
  expect(late).toMatchObject({ exitCode: 1, out: expect.stringContaining('was broken') as string })
  expect(late.out).toContain('Name the log you trust')
  log.entries[2] = log.entries[2]!.replace('completed', 'failed')
  const forked = await ambit(promise, '--log', served(3))
  expect(forked.exitCode).toBe(1)
  expect(forked.out).toContain('together they prove it to anybody')
  expect(forked.out).toContain('node.example/activity')
})

test('a receipt shows it without asking anyone', async () => {
  const leaves = [log.leaf(1), log.leaf(2)]
  const receipt = { v: 1, type: 'receipt', act, log: log.named, leaves, checkpoint: log.checkpoint() }
  const path = file('receipt.json', JSON.stringify(receipt))
  expect(await ambit(promise, '--receipt', path)).toMatchObject({ exitCode: 0 })
  const part = file('part.json', JSON.stringify({ ...receipt, leaves: [leaves[0]] }))
  const unknown = await ambit(promise, '--receipt', part)
  expect(unknown).toMatchObject({ exitCode: 2, out: expect.stringContaining('does not tell') as string })
})

test('what cannot be checked, and what was tampered with, have exit codes of their own', async () => {
  expect(await ambit(promise)).toMatchObject({ exitCode: 2 })
  expect(await ambit(promise, '--log', served(3), '--receipt', promise)).toMatchObject({ exitCode: 2 })
  expect(await ambit(promise, '--log', join(folder, 'nowhere'))).toMatchObject({ exitCode: 2 })
  const other = await TestLog.make('node.example/other')
  expect(await ambit(promise, '--log', served(3), '--vkey', other.vkey)).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining('promise.key-unknown') as string,
  })
  const said = log.promise([{ kind: 'act', index: 1, hash: log.hash(1) }])
  const changed = file('changed.json', JSON.stringify({ ...said, act: 'another' }))
  expect(await ambit(changed, '--log', served(3))).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining('promise.signature') as string,
  })
})
