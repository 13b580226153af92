import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import type { Bytes } from './bytes.ts'
import { base64Bytes, utf8 } from './bytes.ts'
import { parseNote, parseVkey } from './log/note.ts'
import { purposeMessage } from './log/purpose.ts'
import type { LogSource } from './log/source.ts'
import { checkPromise } from './promise-check.ts'
import { promiseMessage, promisedHash, verifyPromise } from './promise.ts'
import type { ActPromise } from './promise.ts'
import { TestLog, act, intent, outcome } from './receipt-fixture.ts'

interface PromiseVectors {
  vkey: string
  valid: { name: string; dueAt: number; promise: unknown }[]
  invalid: { name: string; code: string; promise: unknown }[]
  checks: { name: string; state: string; promise: unknown; receipt: unknown }[]
}

const read = (name: string): PromiseVectors =>
  JSON.parse(
    readFileSync(new URL(`../../../vectors/ledger/${name}.json`, import.meta.url), 'utf8'),
  ) as PromiseVectors
const vectors = read('promises')
const keyVectors = read('promise-keys')

test.each(vectors.valid)('verifies the vector: $name', async ({ promise: given, dueAt: due }) => {
  const verdict = await verifyPromise(given, { vkeys: [vectors.vkey] })
  expect(verdict).toMatchObject({ ok: true, keyPinned: true, dueAt: due })
})

test.each(vectors.invalid)('refuses the vector: $name', async ({ promise: given, code }) => {
  expect(await verifyPromise(given)).toMatchObject({ ok: false, code })
})

test.each(keyVectors.valid)(
  'verifies where another key may sign: $name',
  async ({ promise: given, dueAt: due }) => {
    const verdict = await verifyPromise(given, { vkeys: [keyVectors.vkey] })
    expect(verdict).toMatchObject({ ok: true, keyPinned: true, dueAt: due })
  },
)

test.each(keyVectors.invalid)('refuses where another key signed: $name', async ({ promise: given, code }) => {
  expect(await verifyPromise(given)).toMatchObject({ ok: false, code })
})

test.each(vectors.checks)('holds against a promise: $name', async ({ promise: given, receipt, state }) => {
  expect(await checkPromise(given, { receipt }, { vkeys: [vectors.vkey] })).toMatchObject({ ok: true, state })
})

let log: TestLog
let promise: ActPromise
const dueAt = Date.parse('2026-11-20T00:00:01.000Z')

beforeEach(async () => {
  log = await TestLog.make('node.example/activity')
  log.append(intent)
  log.append(outcome)
  promise = log.promise([
    { kind: 'act.intent', index: 1, hash: log.hash(1) },
    { kind: 'act.outcome', index: 2, hash: log.hash(2) },
  ])
})

test('a promise holds by the key of its log alone', async () => {
  expect(await verifyPromise(promise)).toMatchObject({ ok: true, keyPinned: false, dueAt })
  expect(await verifyPromise(promise, { vkeys: [log.vkey] })).toMatchObject({ ok: true, keyPinned: true })
  expect(await verifyPromise(promise, { vkeys: [] })).toMatchObject({ code: 'promise.key-unknown' })
  expect(await promisedHash(utf8(log.entries[1]!))).toBe(log.hash(1))
})

test('no character of a promise can be changed', async () => {
  const text = JSON.stringify(promise)
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: text.length - 1 }),
      fc.string({ minLength: 1, maxLength: 1 }),
      async (at, other) => {
        fc.pre(text[at] !== other)
        const changed = parse(text.slice(0, at) + other + text.slice(at + 1))
        fc.pre(changed !== undefined && JSON.stringify(changed) !== text)
        expect((await verifyPromise(changed)).ok).toBe(false)
      },
    ),
    { numRuns: 300 },
  )
})

test('anything at all is judged, never thrown at', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (value) => {
      expect(await verifyPromise(value)).toMatchObject({ ok: false, code: 'promise.malformed' })
      expect(await checkPromise(promise, { receipt: value })).toMatchObject({ ok: true, state: 'unproven' })
    }),
  )
})

test('a promise longer than a second, or of two entries at one index, is none', async () => {
  const [first, second] = promise.leaves
  for (const changed of [
    { ...promise, mergeDelayMs: 1001 },
    { ...promise, mergeDelayMs: 0 },
    { ...promise, leaves: [] },
    { ...promise, leaves: [first, { ...second, index: first!.index }] },
  ]) {
    expect(await verifyPromise(changed)).toMatchObject({ ok: false, code: 'promise.malformed' })
  }
})

test('what a log signs as a promise is no note, so nobody gets a checkpoint signed by it', async () => {
  const { signature, ...said } = promise
  const message = promiseMessage(said)
  expect(parseNote(message)).toMatchObject({ ok: false })
  expect(parseNote(purposeMessage('promise', utf8(log.checkpoint())))).toMatchObject({ ok: false })
  const verifier = await parseVkey(log.vkey)
  if (!verifier.ok) throw new Error(verifier.reason)
  const key = await crypto.subtle.importKey('raw', verifier.verifier.publicKey, 'Ed25519', false, ['verify'])
  expect(await crypto.subtle.verify('Ed25519', key, base64Bytes(signature), message)).toBe(true)
})

test('a receipt shows that a promise was kept', async () => {
  const receipt = receiptOf(log)
  expect(await checkPromise(promise, { receipt })).toMatchObject({ ok: true, state: 'kept', size: 3 })
  const part = { ...receipt, leaves: [receipt.leaves[0]] }
  expect(await checkPromise(promise, { receipt: part })).toMatchObject({ state: 'unproven' })
  const foreign = await TestLog.make('node.example/activity')
  foreign.append(intent)
  foreign.append(outcome)
  expect(await checkPromise(promise, { receipt: receiptOf(foreign) })).toMatchObject({ state: 'unproven' })
})

test('a receipt with another entry at a promised index proves that the log broke its word', async () => {
  log.entries[2] = log.entries[2]!.replace('completed', 'failed')
  expect(await checkPromise(promise, { receipt: receiptOf(log) })).toMatchObject({
    ok: true,
    state: 'broken',
    index: 2,
    provable: true,
    checkpoint: log.checkpoint(),
  })
})

test('a proof file shows one promised entry, and never that a promise was broken', async () => {
  const one = log.promise([promise.leaves[1]!])
  const proof = { index: 2, hashes: log.path(2), checkpoint: log.checkpoint() }
  expect(await checkPromise(one, { proof })).toMatchObject({ state: 'kept', size: 3 })
  expect(await checkPromise(promise, { proof })).toMatchObject({ state: 'unproven' })
  expect(await checkPromise(one, { proof: { ...proof, hashes: [] } })).toMatchObject({ state: 'unproven' })
  expect(await checkPromise(one, { proof: { ...proof, index: 1 } })).toMatchObject({ state: 'unproven' })
})

test('the log itself keeps its promise, has time for it yet, or has broken it', async () => {
  const whole = sourceOf(log, 3)
  expect(await checkPromise(promise, { source: whole, now: dueAt })).toMatchObject({ state: 'kept' })
  const shorter = sourceOf(log, 2)
  expect(await checkPromise(promise, { source: shorter, now: dueAt - 1 })).toMatchObject({
    state: 'not-due',
    dueAt,
  })
  expect(await checkPromise(promise, { source: shorter, now: dueAt })).toMatchObject({
    state: 'broken',
    index: 2,
    provable: false,
  })
  log.entries[1] = log.entries[1]!.replace('echo', 'slow')
  expect(await checkPromise(promise, { source: sourceOf(log, 3), now: dueAt })).toMatchObject({
    state: 'broken',
    index: 1,
    provable: true,
  })
})

test('where the log cannot be read, nothing is said of its promise', async () => {
  const now = dueAt
  const gone: LogSource = { read: async () => undefined }
  await expect(checkPromise(promise, { source: gone, now })).rejects.toMatchObject({ code: 'ledger.missing' })
  const other = await TestLog.make('node.example/other')
  await expect(checkPromise(promise, { source: sourceOf(other, 1), now })).rejects.toMatchObject({
    code: 'ledger.damaged',
  })
  const damaged: LogSource = {
    read: async (path) =>
      path === 'checkpoint' ? utf8(log.checkpoint()) : new Uint8Array(await sizeOf(sourceOf(log, 3), path)),
  }
  await expect(checkPromise(promise, { source: damaged, now })).rejects.toMatchObject({
    code: 'ledger.damaged',
  })
})

async function sizeOf(source: LogSource, path: string): Promise<number> {
  return (await source.read(path))?.length ?? 0
}

function receiptOf(of: TestLog) {
  const leaves = [of.leaf(1), of.leaf(2)]
  return { v: 1, type: 'receipt', act, log: of.named, leaves, checkpoint: of.checkpoint() }
}

/** The log as it was at a size: one tile of hashes, and the checkpoint. */
function sourceOf(of: TestLog, size: number): LogSource {
  const hashes = of.entries.slice(0, size).map((_, at) => of.hash(at).slice('sha256:'.length))
  const files = new Map<string, Bytes>([
    ['checkpoint', utf8(of.checkpoint(size))],
    [`tile/0/000.p/${size}`, new Uint8Array(Buffer.from(hashes.join(''), 'hex'))],
  ])
  return { read: async (path) => files.get(path) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
