import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { parseCoseReceipt, verifyCoseReceipt } from '@ambit/core/log/cose'
import { openCheckpoint } from '@ambit/core/log/checkpoint'
import { leafHash } from '@ambit/core/log/merkle'
import { keyIdOf, parseVkey } from '@ambit/core/log/note'
import { signPromise, verifyPromise } from '@ambit/core/promise'
import { handClock } from '@ambit/testkit/clock'
import { testToken } from '@ambit/testkit/token'
import type { TestToken } from '@ambit/testkit/token'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openSeries } from './ledger.ts'
import type { Series } from './ledger.ts'
import { allEntries, checkList, seriesIn, seriesName } from './series-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-token-log-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
let where: string
let token: TestToken
beforeEach(() => {
  where = join(root, String(folders++))
  token = testToken(join(where, 'token'))
})

/** Without a token keys lie in the folders of the logs. */
const options = async (place: 'token' | 'folder' = 'token') =>
  await seriesIn(where, handClock(Date.UTC(2026, 10, 1)), place === 'token' ? { token } : {})

async function checkpointHolds(checkpoint: string, vkey: string): Promise<boolean> {
  const key = await parseVkey(vkey)
  return key.ok && (await openCheckpoint(checkpoint, key.verifier)).ok
}

async function coseHolds(series: Series, position: number, vkey: string): Promise<boolean> {
  const parsed = parseCoseReceipt(await series.cose(position))
  const key = await parseVkey(vkey)
  if (!parsed.ok || !key.ok) throw new Error('neither a receipt nor a key')
  const leaf = await leafHash(Uint8Array.from(await series.read(position)))
  return (await verifyCoseReceipt(parsed.receipt, { leaf }, key.verifier)).ok
}

function promised(series: Series) {
  const said: Parameters<typeof signPromise>[0] = {
    v: 1,
    type: 'promise',
    act: 'a',
    log: { origin: series.origin, vkey: series.vkey },
    ...(series.promiseKey === undefined
      ? {}
      : { by: { vkey: series.promiseKey.vkey, signature: series.promiseKey.signature } }),
    leaves: [{ kind: 'x', index: 1, hash: `sha256:${'0'.repeat(64)}` }],
    at: '2026-11-20T00:00:00Z',
    mergeDelayMs: 1000,
  }
  return signPromise(said, (content) => series.sign('promise', content))
}

test('checkpoints are signed in the token, and promises by a key that it named once', async () => {
  const given = await options()
  await using series = await openSeries(given)
  await series.write('one')
  const checkpoint = await series.checkpoint(2)
  expect(await checkpointHolds(checkpoint, series.vkey)).toBe(true)
  expect(series.list.shards[0]!.vkeys[0]).toBe(series.vkey)
  expect(token.names()).toEqual([expect.stringMatching(/^activity-2026h2-[0-9a-f]{8}$/)])
  expect(series.state().token).toEqual({ token: 'test token', waitingMs: 0 })

  const before = token.signed.length
  for (let each = 0; each < 50; each++) {
    const promise = promised(series)
    expect(await verifyPromise(promise, { vkeys: [series.vkey] })).toMatchObject({
      ok: true,
      keyPinned: true,
    })
  }
  expect(token.signed.length).toBe(before)
  expect(token.atOnce).toBe(1)
  expect(given.failures).toEqual([])
})

test('a key that the log did not name signs no promise', async () => {
  await using series = await openSeries(await options())
  await series.rotate('a test')
  const old = series.list.shards[0]!
  const promise = promised(series)
  const { by } = promise
  for (const changed of [
    { ...promise, by: undefined },
    { ...promise, by: { ...by, vkey: series.vkey } },
    { ...promise, by: { ...by, signature: promise.signature } },
    { ...promise, log: { origin: old.origin, vkey: old.vkeys[0]! } },
  ])
    expect(await verifyPromise(JSON.parse(JSON.stringify(changed)))).toMatchObject({
      code: 'promise.signature',
    })
})

test('a token that is away holds back checkpoints alone: by name, told once, and it goes on by itself', async () => {
  const given = await options()
  await using series = await openSeries(given)
  token.fails = 'the token is away'
  await series.write('one')
  await expect(series.checkpoint(2)).rejects.toMatchObject({
    code: 'ledger.signer',
    detail: 'the token is away',
  })
  expect(series.state()).toMatchObject({
    state: 'open',
    size: 2,
    publishedSize: 1,
    token: { reason: 'the token is away' },
  })
  expect(() => promised(series)).toThrow(expect.objectContaining({ code: 'ledger.signer' }))
  await expect(series.rotate('a test')).rejects.toMatchObject({ code: 'ledger.signer' })
  const tries: string[] = []
  token.before = (what) => void tries.push(what)
  for (let second = 0; second < 120; second++) {
    await expect(series.checkpoint(2)).rejects.toMatchObject({ code: 'ledger.signer' })
    given.clock.advance(500)
  }
  expect(await series.write('two')).toBe(2)
  // It rests between tries, whoever asks; nothing but signatures is asked of it.
  expect(new Set(tries)).toEqual(new Set(['sign']))
  expect(tries.length).toBeLessThan(15)
  expect(given.failures.map(({ code }) => code)).toEqual(['ledger.signer'])

  token.fails = undefined
  await until('the log to be signed', () => {
    given.clock.advance(500)
    return series.state().publishedSize === 3
  })
  expect(series.state().token).toEqual({ token: 'test token', waitingMs: 0 })
  expect(await verifyPromise(promised(series))).toMatchObject({ ok: true })
  expect(await checkList(series)).toMatchObject({ ok: true })
})

test('one signature at a time: a slow token delays checkpoints, and the next covers all that came', async () => {
  const given = await options()
  await using series = await openSeries(given)
  const waiting: (() => void)[] = []
  token.before = async () => await new Promise<void>((resolve) => void waiting.push(resolve))
  await series.write('one')
  const first = series.checkpoint(2)
  await until('the token to be asked', () => waiting.length === 1)
  for (let each = 0; each < 100; each++) await series.write(`more ${each}`)
  const all = series.checkpoint(series.size)
  given.clock.advance(7000)
  expect(series.state()).toMatchObject({ size: 102, publishedSize: 1, token: { waitingMs: 7000 } })
  expect(series.state().unpublishedMs).toBe(7000)
  // What is served is what was published: nothing of the checkpoint that waits.
  expect(Buffer.from((await series.file('2026h2/checkpoint'))!.bytes).toString()).toContain('\n1\n')
  expect(waiting.length).toBe(1)
  waiting.shift()!()
  expect(await first).toContain('\n2\n')
  await until('the token to be asked again', () => waiting.length === 1)
  token.before = () => undefined
  waiting.shift()!()
  expect(await all).toContain('\n102\n')
  expect(token.atOnce).toBe(1)
  expect(given.failures).toEqual([])
})

test('a token that has another key, or none, is refused at the start by the id of the key', async () => {
  const opened = await openSeries(await options())
  const { vkey } = opened
  await opened.write('one')
  await opened[Symbol.asyncDispose]()
  const before = await readdir(where, { recursive: true })
  const other = testToken(join(where, 'other'))
  other.swap(token.names()[0]!)
  for (const [given, detail] of [
    [other, /has the id [0-9a-f]{8}; .* was begun with the key/],
    [testToken(join(where, 'empty')), /the token test token has no key called activity-2026h2-/],
    [undefined, /its key [0-9a-f]{8} is not in the folder/],
  ] as const) {
    const refused: unknown = await openSeries({ ...(await options()), token: given }).catch(
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({
      code: 'ledger.rolled-back',
      detail: expect.stringMatching(detail) as string,
    })
    expect(String(refused)).toContain(keyIdOf(vkey))
  }
  expect(other.signed).toEqual([])
  token.fails = 'the token is away'
  await expect(openSeries(await options())).rejects.toMatchObject({ code: 'ledger.signer' })
  token.fails = undefined
  await using again = await openSeries(await options())
  expect(again.vkey).toBe(vkey)
  expect(await again.write('two')).toBe(2)
  expect(await again.checkpoint(3)).toContain('\n3\n')
  const after = await readdir(where, { recursive: true })
  expect(after.filter((path) => !before.includes(path) && path.startsWith('log/2026h2-'))).toEqual([])
})

test('what the token signs with another key meanwhile is never published', async () => {
  const given = await options()
  await using series = await openSeries(given)
  const name = token.names()[0]!
  const kept = readFileSync(join(where, 'token', name))
  token.swap(name)
  await series.write('one')
  await expect(series.checkpoint(2)).rejects.toMatchObject({
    code: 'ledger.signer',
    detail: expect.stringContaining(`is not of the key ${keyIdOf(series.vkey)}`) as string,
  })
  expect(series.state().publishedSize).toBe(1)
  expect((await given.guard.read(series.origin))!.size).toBe(1)
  await writeFile(join(where, 'token', name), kept)
  await until('the log to be signed', () => {
    given.clock.advance(500)
    return series.state().publishedSize === 2
  })
})

test('a token that refuses the PIN is not asked a second time', async () => {
  const given = await options()
  await using series = await openSeries(given)
  token.fails = 'pkcs11-tool ended with exit code 1 (CKR_PIN_INCORRECT)'
  let tries = 0
  token.before = () => void tries++
  await series.write('one')
  for (let minute = 0; minute < 60; minute++) {
    await expect(series.checkpoint(2)).rejects.toMatchObject({ code: 'ledger.signer' })
    given.clock.advance(60_000)
  }
  expect(tries).toBe(1)
  expect(given.failures.map(({ code }) => code)).toEqual(['ledger.signer'])
})

test('a turn makes a new key in the token and deletes the old one, at once or at the next start', async () => {
  const given = await options()
  const series = await openSeries(given)
  const [first] = token.names()
  await series.write('one')
  await series.rotate('a test')
  const [second] = token.names()
  expect(token.names()).toHaveLength(1)
  expect(second).toMatch(/^activity-2026h2-2-/)
  expect(series.list.shards[0]!.vkeys[0]).not.toBe(series.vkey)
  expect(first).not.toBe(second)
  token.before = (what) => {
    if (what === 'remove') throw new Fault('ledger.signer', { detail: 'nothing is deleted' })
  }
  await series.rotate('another')
  expect(token.names()).toHaveLength(2)
  expect(given.failures.map(({ code }) => code)).toEqual(['ledger.signer'])
  await series.write('after')
  await series[Symbol.asyncDispose]()
  const told = await options()
  await (await openSeries(told))[Symbol.asyncDispose]()
  expect(told.failures.map(({ detail }) => detail)).toEqual(['nothing is deleted'])
  expect(token.names()).toHaveLength(2)
  token.before = () => undefined
  await using again = await openSeries(await options())
  expect(token.names()).toEqual([expect.stringMatching(/^activity-2026h2-3-/)])
  expect((await allEntries(again)).at(-1)![1]).toBe('after')
  // A receipt of a log whose key is gone takes the signature that was kept.
  expect(await coseHolds(again, 0, again.list.shards[1]!.vkeys[0]!)).toBe(false)
  const { first: start, vkeys } = again.list.shards[1]!
  expect(await coseHolds(again, start, vkeys[0]!)).toBe(true)
  expect(await checkList(again)).toMatchObject({ ok: true })
})

test('a log that began with a key in its folder keeps it until it turns; then its key lies in the token', async () => {
  const first = await openSeries(await options('folder'))
  const { vkey } = first
  await first.write('one')
  await first[Symbol.asyncDispose]()
  await using series = await openSeries(await options())
  expect(series.vkey).toBe(vkey)
  expect(series.state().token).toBeUndefined()
  expect(series.promiseKey).toBeUndefined()
  expect(token.names()).toEqual([])
  expect(await verifyPromise(promised(series), { vkeys: [vkey] })).toMatchObject({ ok: true })
  await series.rotate('into the token')
  expect(token.names()).toHaveLength(1)
  expect(series.state().token).toMatchObject({ token: 'test token' })
  expect(await readdir(join(where, 'log', '2026h2'))).not.toContain('key')
  expect(await checkList(series)).toMatchObject({ ok: true })
})

test('a node that begins anew under the same names has another key, though the old one is in the token', async () => {
  const first = await openSeries(await options())
  const { vkey, origin } = first
  await first[Symbol.asyncDispose]()
  rmSync(join(where, 'log'), { recursive: true })
  rmSync(join(where, 'guard'), { recursive: true })
  await using series = await openSeries(await options())
  expect(series.origin).toBe(origin)
  expect(series.vkey).not.toBe(vkey)
  expect(token.names()).toHaveLength(2)
})

test('a log whose token is lost ends as lost when a person says so, with all its entries', async () => {
  const first = await openSeries(await options())
  await first.write('one')
  await first[Symbol.asyncDispose]()
  token = testToken(join(where, 'new token'))
  await expect(openSeries(await options())).rejects.toMatchObject({ code: 'ledger.rolled-back' })
  await writeFile(join(where, 'log', 'begin-after-loss'), JSON.stringify({ reason: 'the token broke' }))
  await using series = await openSeries(await options())
  expect(series.list.shards.map(({ state }) => state)).toEqual(['lost', 'open'])
  expect((await allEntries(series)).map(([, text]) => text)).toContain('one')
  expect(series.origin).toBe(`${seriesName}/2026h2-2`)
  expect(await series.checkpoint(series.size)).toContain('\n2\n')
})

test('however many COSE receipts are asked for, the token signs one root', async () => {
  await using series = await openSeries(await options())
  for (let each = 0; each < 20; each++) await series.write(`entry ${each}`)
  await series.checkpoint(series.size)
  const before = token.signed.length
  await Promise.all(Array.from({ length: 20 }, async (_, at) => await series.cose(at)))
  expect(token.signed.length).toBe(before + 1)
  expect(await coseHolds(series, 3, series.vkey)).toBe(true)
})
