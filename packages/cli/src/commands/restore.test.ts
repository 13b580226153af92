import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { manifestName } from '@ambit/core/backup'
import { signCheckpoint } from '@ambit/core/log/checkpoint'
import { formatVkey } from '@ambit/core/log/note'
import { runAmbit } from '../program.ts'
import type { Terminal } from '../terminal.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const origin = 'node.example/activity/2026h2'
const vkey = await formatVkey(origin, publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))

function checkpoint(size: number): string {
  const root = createHash('sha256').update(String(size)).digest()
  return signCheckpoint(size, root, { name: origin, vkey, sign: (bytes) => sign(null, bytes, privateKey) })
}

/** A backup of 10 entries, made when the guard knew 8. */
function makeBackup(change: (files: Map<string, string>) => void = () => undefined) {
  const root = mkdtempSync(join(tmpdir(), 'ambit-restore-'))
  folders.push(root)
  const backup = join(root, 'backup')
  const files = new Map([
    ['guard/one.checkpoint', checkpoint(8)],
    ['data/keys/master.key', 'a key'],
    ['data/log/name', 'node.example\n'],
    ['data/log/activity/2026h2/checkpoint', checkpoint(8)],
  ])
  const manifest = {
    v: 1,
    type: 'ambit-backup',
    at: '2026-11-21T15:00:00.000Z',
    version: '0.1.0',
    store: 'sqlite',
    logs: [{ origin, size: 10 }],
    files: [...files].map(([path, text]) => ({
      path,
      bytes: Buffer.byteLength(text),
      digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    })),
  }
  change(files)
  for (const [path, text] of files) {
    mkdirSync(dirname(join(backup, path)), { recursive: true })
    writeFileSync(join(backup, path), text)
  }
  writeFileSync(join(backup, manifestName), JSON.stringify(manifest))
  const data = join(root, 'data')
  const guard = join(root, 'data-guard')
  return { root, backup, data, guard }
}

async function ambit(...argv: string[]) {
  const out: string[] = []
  const err: string[] = []
  const terminal: Terminal = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    ring: () => undefined,
    ask: async () => undefined,
    input: async () => '',
    now: () => 1_800_000_000_000,
    environment: {},
  }
  const code = await runAmbit(argv, terminal)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('puts a backup in place and gives an empty guard what it knew', async () => {
  const { backup, data, guard } = makeBackup()
  const done = await ambit('restore', backup, '--data', data)
  expect(done).toMatchObject({ code: 0 })
  expect(readFileSync(join(data, 'keys/master.key'), 'utf8')).toBe('a key')
  expect(readFileSync(join(guard, 'one.checkpoint'), 'utf8')).toBe(checkpoint(8))
})

test.each([
  [
    'a changed file',
    (files: Map<string, string>) => files.set('data/keys/master.key', 'b key'),
    'is not what was copied',
  ],
  [
    'a shortened file',
    (files: Map<string, string>) => files.set('data/log/name', 'node'),
    'has 4 bytes, not 13',
  ],
  ['a missing file', (files: Map<string, string>) => files.delete('data/log/name'), 'is missing'],
])('refuses %s by name and restores nothing', async (_, change, words) => {
  const { backup, data } = makeBackup(change)
  const refused = await ambit('restore', backup, '--data', data)
  expect(refused.code).toBe(2)
  expect(refused.err).toContain(words)
  expect(() => readFileSync(join(data, 'log/name'))).toThrow('ENOENT')
})

test('refuses paths that leave the backup', async () => {
  const { backup, data } = makeBackup()
  const path = join(backup, manifestName)
  writeFileSync(path, readFileSync(path, 'utf8').replace('data/log/name', 'data/../../x'))
  expect(await ambit('restore', backup, '--data', data)).toMatchObject({ code: 2 })
})

test('stops where more was signed than the backup holds, unless new logs may be begun', async () => {
  const { backup, data, guard } = makeBackup()
  mkdirSync(guard)
  writeFileSync(join(guard, 'one.checkpoint'), checkpoint(11))
  const stopped = await ambit('restore', backup, '--data', data, '--json')
  expect(stopped.code).toBe(1)
  expect(JSON.parse(stopped.out)).toEqual({ restored: false, losses: [{ origin, signed: 11, held: 10 }] })
  const done = await ambit('restore', backup, '--data', data, '--begin-after-loss')
  expect(done.code).toBe(0)
  expect(JSON.parse(readFileSync(join(data, 'log/activity/begin-after-loss'), 'utf8'))).toEqual({
    reason: 'restored from a backup of 2026-11-21T15:00:00.000Z with 10 of 11 signed entries',
  })
  // The guard is as it was: it is what keeps the node from a second history.
  expect(readFileSync(join(guard, 'one.checkpoint'), 'utf8')).toBe(checkpoint(11))
})

test('what was signed while the backup was made is no loss', async () => {
  const { backup, data, guard } = makeBackup()
  mkdirSync(guard)
  writeFileSync(join(guard, 'one.checkpoint'), checkpoint(10))
  expect(await ambit('restore', backup, '--data', data)).toMatchObject({ code: 0 })
})

test('never writes over a data folder: it is moved aside when asked', async () => {
  const { backup, data } = makeBackup()
  mkdirSync(data)
  writeFileSync(join(data, 'mine'), 'mine')
  expect((await ambit('restore', backup, '--data', data)).err).toContain('not empty')
  const done = await ambit('restore', backup, '--data', data, '--replace', '--json')
  expect(done.code).toBe(0)
  const { moved } = JSON.parse(done.out) as { moved: string }
  expect(readFileSync(join(moved, 'mine'), 'utf8')).toBe('mine')
})

test('takes nothing that the backup does not list, no link, and makes what it takes private', async () => {
  const { root, backup, data, guard } = makeBackup()
  writeFileSync(join(backup, 'data/keys/other.key'), 'not listed')
  writeFileSync(join(backup, 'guard/other.checkpoint'), checkpoint(9))
  symlinkSync(root, join(backup, 'data/elsewhere'))
  chmodSync(join(backup, 'data/keys/master.key'), 0o644)
  chmodSync(join(backup, 'data/keys'), 0o755)
  expect(await ambit('restore', backup, '--data', data)).toMatchObject({ code: 0 })
  expect(readdirSync(data).toSorted()).toEqual(['keys', 'log'])
  expect(readdirSync(join(data, 'keys'))).toEqual(['master.key'])
  expect(readdirSync(guard)).toEqual(['one.checkpoint'])
  expect(statSync(join(data, 'keys')).mode & 0o777).toBe(0o700)
  expect(statSync(join(data, 'keys/master.key')).mode & 0o777).toBe(0o600)
})

test('leaves the data folder where it is when the copy does not come about', async () => {
  const { backup, data } = makeBackup()
  mkdirSync(data)
  writeFileSync(join(data, 'mine'), 'mine')
  // A folder that cannot be made: a file stands in its way.
  writeFileSync(`${data}-guard`, 'no folder')
  const failed = await ambit('restore', backup, '--data', data, '--replace')
  expect(failed).toMatchObject({ code: 2, err: expect.stringContaining('could not be copied') as string })
  expect(readFileSync(join(data, 'mine'), 'utf8')).toBe('mine')
})
