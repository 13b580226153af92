import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { testLogs } from '@ambit/core/log/log-fixture'
import type { TestLogs } from '@ambit/core/log/log-fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeTerminal } from '../../fake-node.ts'
import { runAmbit } from '../../program.ts'
import { startFakeLog } from './fake-log.ts'
import type { FakeLog } from './fake-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-log-'))
afterAll(() => rmSync(folder, { recursive: true }))
let places = 0
const place = (): string => join(folder, String(places++))

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const entriesTo = (size: number): string[] => Array.from({ length: size }, (_, at) => `entry ${at}`)
let logs: TestLogs
let key: readonly string[]
beforeAll(async () => {
  logs = await testLogs('cli.example/log', sha256)
  key = ['--vkey', logs.verifier.vkey]
})

/** One command with `--json`: its exit code and answer, and what it said besides. */
async function log(...argv: readonly string[]) {
  const terminal = fakeTerminal({})
  const exitCode = await runAmbit(['log', ...argv, '--json'], terminal)
  const answer = JSON.parse(terminal.printed.at(-1) ?? 'null') as Record<string, unknown>
  return { exitCode, answer, errors: terminal.errors.join('\n') }
}
const one = ['--tries', '1'] as const

function flipped(files: ReadonlyMap<string, Uint8Array>, path: string): Map<string, Uint8Array> {
  const bytes = files.get(path)!.slice()
  bytes[bytes.length >> 1]! ^= 1
  return new Map(files).set(path, bytes)
}

test('fsck finds a sound log sound, and names a damaged file and entry', async () => {
  const files = await logs.files(entriesTo(600))
  await using served = await startFakeLog(files)
  expect(await log('fsck', served.url, ...key)).toMatchObject({
    exitCode: 0,
    answer: { ok: true, checked: 600 },
  })
  served.files = flipped(files, 'tile/0/001')
  expect(await log('fsck', served.url, ...key)).toMatchObject({
    exitCode: 1,
    answer: { ok: false, findings: [{ kind: 'damaged', file: 'tile/0/001', index: 384 }] },
  })
  served.files = new Map([...files].filter(([path]) => path !== 'tile/entries/000'))
  const hashesOnly = await log('fsck', served.url, ...key, '--hashes-only')
  expect(hashesOnly).toMatchObject({ exitCode: 0, answer: { checked: 600 } })
  const { exitCode, answer } = await log('fsck', served.url, ...key)
  expect([exitCode, answer['findings']]).toMatchObject([1, [{ kind: 'missing', file: 'tile/entries/000' }]])
})

test('fsck believes nobody but the key or policy that is named', async () => {
  const other = await testLogs('cli.example/log', sha256)
  await using served = await startFakeLog(await other.files(entriesTo(3)))
  expect(await log('fsck', served.url, ...key)).toMatchObject({
    exitCode: 1,
    answer: { findings: [{ kind: 'signature', file: 'checkpoint' }] },
  })
  expect(await log('fsck', served.url)).toMatchObject({ exitCode: 2 })
  const policy = place()
  writeFileSync(policy, `log ${other.verifier.vkey}\nquorum none\n`)
  expect(await log('fsck', served.url, '--policy', policy)).toMatchObject({ exitCode: 0 })
  writeFileSync(policy, `log ${other.verifier.vkey}\nquorum nobody\n`)
  const bad = await log('fsck', served.url, '--policy', policy)
  expect(bad).toMatchObject({ exitCode: 2, errors: expect.stringContaining('line 2') as string })
  expect(await log('fsck', served.url, ...key, '--policy', policy)).toMatchObject({ exitCode: 2 })
  expect(await log('fsck', served.url, '--vkey', 'nonsense')).toMatchObject({ exitCode: 2 })
})

test('fsck reads on from a checkpoint that was kept', async () => {
  const kept = place()
  writeFileSync(kept, (await logs.files(entriesTo(300))).get('checkpoint')!)
  await using served = await startFakeLog(await logs.files(entriesTo(700)))
  expect(await log('fsck', served.url, ...key, '--since', kept)).toMatchObject({
    exitCode: 0,
    answer: { checked: 400 },
  })
  served.files = await logs.files([...entriesTo(299), ...entriesTo(400)])
  expect(await log('fsck', served.url, ...key, '--since', kept)).toMatchObject({
    exitCode: 1,
    answer: { findings: [{ kind: 'inconsistent' }] },
  })
})

test('proves an entry from tiles and verifies the proof anywhere', async () => {
  await using served = await startFakeLog(await logs.files(entriesTo(300)))
  const [proof, entry] = [place(), place()]
  expect(await log('prove', '17', '--log', served.url, '--out', proof, '--entry-out', entry)).toMatchObject({
    exitCode: 0,
    answer: { index: 17, size: 300, checked: false },
  })
  expect(readFileSync(entry, 'utf8')).toBe('entry 17')
  expect(await log('verify', proof, '--entry', entry, ...key)).toMatchObject({
    exitCode: 0,
    answer: { ok: true, index: 17, size: 300, origin: 'cli.example/log' },
  })
  writeFileSync(entry, 'entry 18')
  expect(await log('verify', proof, '--entry', entry, ...key)).toMatchObject({
    exitCode: 1,
    answer: { ok: false },
  })
  expect(await log('verify', proof, ...key)).toMatchObject({ exitCode: 2 })
  expect(await log('verify', proof, '--entry', entry)).toMatchObject({ exitCode: 2 })
  expect(await log('verify', entry, '--entry', entry, ...key)).toMatchObject({ exitCode: 2 })
  expect(await log('prove', '300', '--log', served.url)).toMatchObject({ exitCode: 2 })
})

test('writes no entry that is not the one that was logged', async () => {
  await using served = await startFakeLog(flipped(await logs.files(entriesTo(300)), 'tile/entries/000'))
  const entry = place()
  const { exitCode, errors } = await log('prove', '0', '--log', served.url, '--entry-out', entry)
  expect([exitCode, errors]).toEqual([1, expect.stringContaining('ledger.damaged')])
  expect(existsSync(entry)).toBe(false)
})

test('makes no proof from a damaged tile', async () => {
  await using served = await startFakeLog(flipped(await logs.files(entriesTo(300)), 'tile/0/000'))
  const { exitCode, errors } = await log('prove', '17', '--log', served.url)
  expect([exitCode, errors]).toEqual([1, expect.stringContaining('ledger.damaged')])
})

async function monitored(served: FakeLog, state: string, ...more: readonly string[]) {
  return await log('monitor', served.url, ...key, ...one, '--state', state, '--once', ...more)
}

test('monitor follows a log and keeps both checkpoints of one that goes back or splits', async () => {
  const state = place()
  await using served = await startFakeLog(await logs.files(entriesTo(300)))
  expect(await monitored(served, state)).toMatchObject({
    exitCode: 0,
    answer: { outcome: { kind: 'grown', size: 300 } },
  })
  served.files = await logs.files(entriesTo(600))
  expect(await monitored(served, state)).toMatchObject({
    exitCode: 0,
    answer: { outcome: { kind: 'grown', from: 300 } },
  })
  expect(await monitored(served, state)).toMatchObject({ exitCode: 0, answer: { outcome: { kind: 'same' } } })

  const [before, after] = [served.files, await logs.files(entriesTo(300))]
  served.files = after
  const back = await monitored(served, state)
  expect(back).toMatchObject({ exitCode: 1, answer: { outcome: { kind: 'rollback' } } })
  const kept = back.answer['kept'] as string[]
  expect(kept.map((path) => readFileSync(path))).toEqual(
    [before, after].map((files) => Buffer.from(files.get('checkpoint')!)),
  )
  served.files = await logs.files([...entriesTo(599), 'another'])
  expect(await monitored(served, state)).toMatchObject({ exitCode: 1, answer: { outcome: { kind: 'fork' } } })
  served.files = await logs.files([...entriesTo(599), ...entriesTo(40)])
  const split = await monitored(served, state)
  expect(split).toMatchObject({ exitCode: 1, answer: { outcome: { kind: 'fork' } } })
  expect((split.answer['kept'] as string[]).every((path) => existsSync(path))).toBe(true)
})

test('monitor says which file is missing or damaged, and what the leaves hold that they must not', async () => {
  const state = place()
  const leaf = {
    v: 1,
    at: '2026-01-01T00:00:00Z',
    kind: 'act.outcome',
    act: 'a1',
    status: 'completed',
    durationMs: 1,
  }
  const files = await logs.files([...entriesTo(300), JSON.stringify(leaf)])
  await using served = await startFakeLog(new Map([...files].filter(([path]) => path !== 'tile/0/000')))
  expect(await monitored(served, state)).toMatchObject({
    exitCode: 1,
    answer: { outcome: { kind: 'missing', findings: [{ file: 'tile/0/000' }] } },
  })
  served.files = flipped(files, 'tile/entries/000')
  expect(await monitored(served, state)).toMatchObject({
    exitCode: 1,
    answer: { outcome: { kind: 'damaged' } },
  })
  served.files = files
  expect(await monitored(served, state)).toMatchObject({
    exitCode: 1,
    answer: {
      outcome: { kind: 'grown' },
      alarms: [{ code: 'outcome-without-intent', index: 300 }],
      unknown: { unreadable: 300 },
    },
  })
  expect(await monitored(served, state)).toMatchObject({ exitCode: 0, answer: { alarms: [] } })
})

test('monitor refuses a state that it did not write', async () => {
  const state = place()
  await using served = await startFakeLog(await logs.files(entriesTo(3)))
  const leaves = { open: [], approvals: [], stopped: [], unknown: {} }
  const head = { origin: 'cli.example/log', size: 1, root: 'AAAA', checkpoint: '' }
  const forged = { v: 1, freshAt: 0, lookedAt: 0, leaves, head }
  for (const text of ['', '{}', '[]', 'null', JSON.stringify(forged)]) {
    writeFileSync(state, text)
    expect(await monitored(served, state)).toMatchObject({ exitCode: 2 })
  }
})

test('tells a log that cannot be reached from one that is wrong', async () => {
  const files = await logs.files(entriesTo(300))
  await using served = await startFakeLog(files)
  const look = () => monitored(served, place(), '--timeout', '1')
  const unreachable = { exitCode: 2, answer: { outcome: { kind: 'unreachable' } } }
  served.behave = (_, response) => response.writeHead(503).end() !== undefined
  expect(await look()).toMatchObject(unreachable)
  served.behave = (_, response) => response.writeHead(403).end() !== undefined
  expect(await look()).toMatchObject(unreachable)
  served.behave = (_, response) => response.destroy() !== undefined
  expect(await look()).toMatchObject(unreachable)
  served.behave = () => true
  expect(await look()).toMatchObject(unreachable)
  served.behave = (path, response) => path === 'tile/0/000' && response.write('slow') !== undefined
  expect(await look()).toMatchObject(unreachable)
  expect(await log('fsck', 'http://127.0.0.1:1/log', ...key, ...one)).toMatchObject({ exitCode: 2 })
  expect(await log('fsck', place(), ...key)).toMatchObject({ exitCode: 2 })
})

test('asks a server in trouble again', async () => {
  await using served = await startFakeLog(await logs.files(entriesTo(3)))
  let troubles = 1
  served.behave = (_, response) => troubles-- > 0 && response.writeHead(500).end() !== undefined
  expect(await log('fsck', served.url, ...key, '--tries', '2')).toMatchObject({ exitCode: 0 })
  expect(served.asked.slice(0, 2)).toEqual(['checkpoint', 'checkpoint'])
})

test('cuts an endless body where no file of a log is longer', async () => {
  await using served = await startFakeLog(await logs.files(entriesTo(300)))
  let sent = 0
  served.behave = (path, response) => {
    if (path !== 'tile/0/000') return false
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
      sent += 65_536
    }
    response.on('drain', more)
    more()
    return true
  }
  expect(await log('fsck', served.url, ...key, ...one)).toMatchObject({
    exitCode: 1,
    answer: { findings: [{ kind: 'damaged', file: 'tile/0/000' }] },
  })
  expect(sent).toBeLessThan(64 * 1024 * 1024)
})

test('follows a redirect on the same server and none to another', async () => {
  const files = await logs.files(entriesTo(3))
  await using other = await startFakeLog(files)
  await using served = await startFakeLog(files)
  served.behave = (path, response) =>
    path === 'checkpoint' && response.writeHead(302, { location: '/log/moved' }).end() !== undefined
  served.files = new Map(files).set('moved', files.get('checkpoint')!)
  expect(await log('fsck', served.url, ...key, ...one)).toMatchObject({ exitCode: 0 })
  served.behave = (path, response) =>
    response.writeHead(302, { location: `${other.url}/${path}` }).end() !== undefined
  const { exitCode, errors } = await log('fsck', served.url, ...key, ...one)
  expect([exitCode, errors]).toEqual([2, expect.stringContaining('another origin')])
  expect(other.asked).toEqual([])
  served.behave = (_, response) => response.writeHead(302, { location: '/log/round' }).end() !== undefined
  expect(await log('fsck', served.url, ...key, ...one)).toMatchObject({ exitCode: 2 })
})

test('mirror keeps the public layout, goes on where it was, and is a log itself', async () => {
  const copy = place()
  const mirror = async () => await log('mirror', served.url, copy, ...key, ...one, '--once')
  const files = await logs.files(entriesTo(300))
  await using served = await startFakeLog(files)
  expect(await mirror()).toMatchObject({ exitCode: 0, answer: { outcome: { kind: 'grown', size: 300 } } })
  const inCopy = () => {
    const files = readdirSync(copy, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
    return files.map((each) => relative(copy, join(each.parentPath, each.name))).toSorted()
  }
  expect(inCopy()).toEqual([...files.keys()].toSorted())
  for (const [path, bytes] of files) expect(readFileSync(join(copy, path)).equals(bytes), path).toBe(true)

  served.asked.length = 0
  served.files = await logs.files(entriesTo(800))
  expect(await mirror()).toMatchObject({ exitCode: 0, answer: { outcome: { kind: 'grown', from: 300 } } })
  expect(served.asked).not.toContain('tile/entries/000')
  // A partial tile of a size that was published stays until its full tile is there.
  expect(inCopy()).toEqual([...served.files.keys(), 'tile/1/000.p/1'].toSorted())
  expect(await log('fsck', copy, ...key)).toMatchObject({ exitCode: 0, answer: { checked: 800 } })
  expect(await log('prove', '700', '--log', copy, ...key)).toMatchObject({
    exitCode: 0,
    answer: { checked: true },
  })
  expect(await mirror()).toMatchObject({ exitCode: 0, answer: { outcome: { kind: 'same' } } })
})

test('mirror writes nothing that was not checked, and mends what its own disk lost', async () => {
  const copy = place()
  const mirror = async () => await log('mirror', served.url, copy, ...key, ...one, '--once')
  const files = await logs.files(entriesTo(600))
  await using served = await startFakeLog(flipped(files, 'tile/entries/001'))
  expect(await mirror()).toMatchObject({ exitCode: 1, answer: { outcome: { kind: 'damaged' } } })
  expect([existsSync(join(copy, 'checkpoint')), existsSync(join(copy, 'tile/entries/001'))]).toEqual([
    false,
    false,
  ])
  writeFileSync(join(copy, 'tile/entries/000'), 'lost')
  served.files = files
  expect(await mirror()).toMatchObject({ exitCode: 0, answer: { outcome: { kind: 'grown', size: 600 } } })
  expect(await log('fsck', copy, ...key)).toMatchObject({ exitCode: 0 })
  served.files = await logs.files(entriesTo(500))
  expect(await mirror()).toMatchObject({ exitCode: 1, answer: { outcome: { kind: 'rollback' } } })
  expect(await log('fsck', copy, ...key)).toMatchObject({ exitCode: 0, answer: { size: 600 } })
})
