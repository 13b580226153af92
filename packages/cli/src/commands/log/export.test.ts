import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tilePath, tilesOf } from '@ambit/core/log/tile'
import { formatVkey } from '@ambit/core/log/note'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../../node/src/kernel/clock.ts'
import { noteSigner, openFileGuard, openLedger } from '../../../../node/src/ledger/ledger.ts'
import type { Ledger } from '../../../../node/src/ledger/ledger.ts'
import { fakeTerminal, startFakeNode } from '../../fake-node.ts'
import { runAmbit } from '../../program.ts'
import { startFakeLog } from './fake-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-export-'))
afterAll(() => rmSync(folder, { recursive: true }))
let places = 0
const file = (content: string | Uint8Array): string => {
  const path = join(folder, String(places++))
  writeFileSync(path, content)
  return path
}

const origin = 'node.example/activity'
const { privateKey } = generateKeyPairSync('ed25519')
const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' })
let vkey: string
let files: ReadonlyMap<string, Uint8Array>

/** A log as a node writes it, and every file that it serves. */
beforeAll(async () => {
  const directory = join(folder, 'node')
  await using ledger = await openLedger({
    directory,
    origin,
    signer: noteSigner(origin, privateKey),
    guard: await openFileGuard(`${directory}-guard`),
    clock: systemClock,
    onFailure: (fault) => {
      throw fault
    },
  })
  await Promise.all(Array.from({ length: 700 }, (_, at) => ledger.write(`{"n":${at}}`)))
  await ledger.checkpoint(ledger.size)
  files = await publicFiles(ledger)
  vkey = ledger.vkey
})

async function publicFiles(ledger: Ledger): Promise<Map<string, Uint8Array>> {
  const tiles = tilesOf(ledger.size).flatMap(({ level, full, partial }) => {
    const fullTiles = Array.from({ length: full }, (_, index) => ({ level, index, width: 256 }))
    return partial === 0 ? fullTiles : [...fullTiles, { level, index: full, width: partial }]
  })
  const bundles = tiles
    .filter(({ level }) => level === 0)
    .map((tile) => ({ ...tile, level: 'entries' as const }))
  const paths = ['checkpoint', ...[...tiles, ...bundles].map((tile) => tilePath(tile))]
  const contents = new Map<string, Uint8Array>()
  for (const path of paths) contents.set(path, (await ledger.file(path))!.bytes)
  return contents
}

async function log(...argv: readonly string[]) {
  const terminal = fakeTerminal({})
  const exitCode = await runAmbit(['log', ...argv, '--json'], terminal)
  const answer = JSON.parse(terminal.printed.at(-1) ?? 'null') as Record<string, unknown>
  return { exitCode, answer, errors: terminal.errors.join('\n') }
}

test('finds the log of a node sound', async () => {
  await using served = await startFakeLog(files)
  expect(await log('fsck', served.url, '--vkey', vkey)).toMatchObject({
    exitCode: 0,
    answer: { ok: true, size: 701 },
  })
})

test.each(['proof', 'cose'])(
  'exports an entry as %s that verifies with the key of the log',
  async (format) => {
    await using served = await startFakeLog(files)
    const [out, signingKey, entry] = [join(folder, `300.${format}`), file(pem(privateKey)), file('{"n":299}')]
    const more = ['--format', format, '--signing-key', signingKey, '--vkey', vkey]
    expect(await log('export', '300', '--log', served.url, '--out', out, ...more)).toMatchObject({
      exitCode: 0,
    })
    const verify = async (key: string, of: string) => await log('verify', out, '--vkey', key, '--entry', of)
    expect(await verify(vkey, entry)).toMatchObject({
      exitCode: 0,
      answer: { ok: true, index: 300, size: 701 },
    })
    expect(await verify(vkey, file('{"n":298}'))).toMatchObject({ exitCode: 1, answer: { ok: false } })
    const other = createPublicKey(generateKeyPairSync('ed25519').privateKey)
    const raw = new Uint8Array(other.export({ type: 'spki', format: 'der' }).subarray(-32))
    expect(await verify(await formatVkey(origin, raw), entry)).toMatchObject({ exitCode: 1 })
    const cut = file(readFileSync(out).subarray(0, -1))
    expect(await log('verify', cut, '--vkey', vkey, '--entry', entry)).toMatchObject({ exitCode: 1 })
  },
)

test('signs a COSE receipt with an Ed25519 key only', async () => {
  await using served = await startFakeLog(files)
  const cose = async (...more: readonly string[]) =>
    await log('export', '3', '--log', served.url, '--out', join(folder, 'no'), '--format', 'cose', ...more)
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  expect((await cose('--signing-key', file(pem(p256)))).exitCode).toBe(2)
  expect((await cose('--signing-key', file('no key'))).exitCode).toBe(2)
  expect((await log('export', '3', '--out', join(folder, 'no'))).exitCode).toBe(2)
  expect((await log('export', '3', '--log', served.url, '--out', 'x', '--format', 'pdf')).exitCode).toBe(2)
})

test('has the node sign a COSE receipt, and takes nothing else for one', async () => {
  await using served = await startFakeLog(files)
  const path = `/api/logs/cose?origin=${encodeURIComponent(origin)}&index=3`
  const export3 = async (receipt: string) => {
    await using node = await startFakeNode({ [`GET ${path}`]: { receipt } })
    const terminal = fakeTerminal({ AMBIT_URL: node.url, AMBIT_TOKEN: 'amba_x' })
    const argv = [
      'log',
      'export',
      '3',
      '--log',
      served.url,
      '--out',
      join(folder, '3.cose'),
      '--format',
      'cose',
    ]
    return await runAmbit(argv, terminal)
  }
  const own = file(pem(privateKey))
  const made = join(folder, '3.own')
  await log('export', '3', '--log', served.url, '--out', made, '--format', 'cose', '--signing-key', own)
  expect(await export3(readFileSync(made).toString('base64'))).toBe(0)
  const verified = await log('verify', join(folder, '3.cose'), '--vkey', vkey, '--entry', file('{"n":2}'))
  expect(verified).toMatchObject({ exitCode: 0, answer: { ok: true, index: 3 } })
  expect(await export3('AAAA')).toBe(2)
  expect(await export3('not base64!')).toBe(2)
})

test('exports an entry of a receipt, and verifies receipts by key and by policy', async () => {
  const vectors = JSON.parse(
    readFileSync(new URL('../../../../../vectors/ledger/receipts.json', import.meta.url), 'utf8'),
  ) as {
    vkey: string
    valid: { receipt: { leaves: { index: number; entry: string }[] } }[]
    invalid: { receipt: unknown }[]
  }
  const { receipt } = vectors.valid[0]!
  const [path, out] = [file(JSON.stringify(receipt)), join(folder, 'receipt.tlog-proof')]
  expect(await log('export', path, '--out', out)).toMatchObject({ exitCode: 2 })
  const leaf = receipt.leaves[1]!
  expect(await log('export', path, '--out', out, '--index', String(leaf.index))).toMatchObject({
    exitCode: 0,
  })
  const entry = file(leaf.entry)
  expect(await log('verify', out, '--vkey', vectors.vkey, '--entry', entry)).toMatchObject({ exitCode: 0 })
  expect(await log('verify', path, '--vkey', vectors.vkey)).toMatchObject({ exitCode: 0 })
  expect(await log('verify', path, '--vkey', vkey)).toMatchObject({ exitCode: 1 })
  const policy = file(`log ${vectors.vkey}\nquorum none\n`)
  expect(await log('verify', path, '--policy', policy)).toMatchObject({ exitCode: 0 })
  const witness = await formatVkey('witness.example', new Uint8Array(32), 'cosignature')
  const strict = file(`log ${vectors.vkey}\nwitness w ${witness}\nquorum w\n`)
  expect(await log('verify', path, '--policy', strict)).toMatchObject({ exitCode: 1 })
  const bad = file(JSON.stringify(vectors.invalid[0]!.receipt))
  expect(await log('verify', bad, '--vkey', vectors.vkey)).toMatchObject({ exitCode: 1 })
})

test('refuses a receipt that lacks the witnesses which the policy asks for', async () => {
  const raw = new Uint8Array(
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32),
  )
  const witness = await formatVkey('witness.example', raw, 'cosignature')
  const policy = file(`log ${vkey}\nwitness w ${witness}\nquorum w\n`)
  await using served = await startFakeLog(files)
  const out = join(folder, 'unwitnessed')
  expect(await log('prove', '3', '--log', served.url, '--vkey', vkey, '--out', out)).toMatchObject({
    exitCode: 0,
  })
  const { exitCode, answer } = await log('verify', out, '--entry', file('{"n":2}'), '--policy', policy)
  expect([exitCode, answer['ok']]).toEqual([1, false])
  const look = await log('monitor', served.url, '--policy', policy, '--state', join(folder, 's'), '--once')
  expect(look).toMatchObject({ exitCode: 2, answer: { outcome: { kind: 'unwitnessed' } } })
})

test('shows how far the logs of a node are', async () => {
  const ledgers = [
    {
      origin,
      vkey,
      state: 'open',
      size: 9,
      publishedSize: 8,
      witnessing: { quorum: false, required: false, witnesses: [{ name: 'w1', state: 'failing', size: 7 }] },
    },
    { origin: 'node.example/registry', vkey, state: 'open', size: 2, publishedSize: 2 },
  ]
  await using node = await startFakeNode({ 'GET /api/status': { ledgers } })
  const status = async (...argv: readonly string[]) => {
    const terminal = fakeTerminal({ AMBIT_URL: node.url, AMBIT_TOKEN: 'ambs_x', HOME: folder })
    return {
      exitCode: await runAmbit(['log', 'status', ...argv], terminal),
      text: terminal.printed.join('\n'),
    }
  }
  expect((await status()).text.match(/^log /gm)).toHaveLength(2)
  const one = await status('activity')
  expect([one.exitCode, one.text]).toEqual([0, expect.stringContaining('in the checkpoint  8')])
  expect(one.text).toContain('w1 (failing, size 7); no quorum')
  expect(one.text).not.toContain('registry')
  expect((await status('elsewhere')).exitCode).toBe(2)
})
