import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { startFakeNode } from './fake-node.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ambit-bin-'))
afterAll(() => rmSync(folder, { recursive: true }))

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/ledger/receipts.json', import.meta.url), 'utf8'),
) as { vkey: string; valid: { receipt: unknown }[]; invalid: { receipt: unknown }[] }

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

/** The real program in a process of its own, with no terminal. */
function ambit(argv: readonly string[], url = 'http://127.0.0.1:1') {
  const env = { PATH: process.env['PATH'], HOME: folder, AMBIT_URL: url, AMBIT_TOKEN: 'ambs_x' }
  return new Promise<{ exitCode: unknown; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [main, ...argv], { env }, (error, out, err) => {
      resolve({ exitCode: error === null ? 0 : error.code, out, err })
    })
    child.stdin?.end()
  })
}

test('runs as a program', async () => {
  await using node = await startFakeNode({ 'GET /api/records': { records: [] } })
  const { exitCode, out, err } = await ambit(['records'], node.url)
  expect({ exitCode, out, err }).toEqual({ exitCode: 0, out: 'Nothing yet.\n', err: '' })
  expect((await ambit(['grant', '--help'])).out).toContain('$ ambit grant --purpose')
})

test('verifies a receipt where no node answers', async () => {
  const good = file('good.json', vectors.valid[0]?.receipt)
  const pinned = await ambit(['verify', good, '--key', vectors.vkey])
  expect(pinned).toMatchObject({ exitCode: 0, err: '' })
  expect(pinned.out).toContain('by a key you named')
  expect(pinned.out).toContain('What was said is in the receipt')
  expect((await ambit(['verify', good])).out).toContain('by the key it carries')
  const closed = file('closed.json', vectors.valid[1]?.receipt)
  expect((await ambit(['verify', closed])).out).not.toContain('What was said')
  expect(JSON.parse((await ambit(['verify', good, '--json'])).out)).toMatchObject({
    ok: true,
    keyPinned: false,
  })
})

test('tells a receipt that does not hold from one that cannot be checked', async () => {
  const bad = file('bad.json', vectors.invalid[0]?.receipt)
  expect(await ambit(['verify', bad])).toMatchObject({ exitCode: 1 })
  const good = file('good.json', vectors.valid[0]?.receipt)
  expect(await ambit(['verify', good, '--key', 'elsewhere+00000000+AAAA'])).toMatchObject({ exitCode: 1 })
  expect(await ambit(['verify', join(folder, 'absent.json')])).toMatchObject({ exitCode: 2 })
})

test('help is quick: it reads nothing that only some commands need', async () => {
  const hook = `import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) {
      if (/node_modules\\/zod\\/|core\\/src\\/log\\//.test(url)) console.error(url)
      return next(url, context)
    } })`
  const env = { PATH: process.env['PATH'], HOME: folder }
  const argv = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, main]
  const run = async (...more: string[]) =>
    await new Promise<{ out: string; err: string }>((resolve) => {
      execFile(process.execPath, [...argv, ...more], { env }, (_, out, err) => resolve({ out, err }))
    })
  const { out, err } = await run('--help')
  expect(out).toContain('approvals')
  expect(err).toBe('')
  // And the hook sees what it is to see.
  expect((await run('log', '--help')).err).toContain('zod')
})

test('says nothing of its own about a log that is checked by its ML-DSA-44 key', async () => {
  const { keys, valid } = JSON.parse(
    readFileSync(new URL('../../../vectors/ledger/cosignatures.json', import.meta.url), 'utf8'),
  ) as { keys: { logPq: { vkey: string } }; valid: { note: string }[] }
  writeFileSync(join(folder, 'checkpoint'), valid[0]!.note)
  const { exitCode, out, err } = await ambit(['log', 'fsck', folder, '--vkey', keys.logPq.vkey])
  // The signature holds, or this Node cannot check it; the folder has no tiles in either case.
  expect([exitCode, err]).toEqual([1, ''])
  expect(out).toContain('checkpoint')
})

test('never approves where nobody can answer', async () => {
  const card = {
    id: 'p',
    state: 'pending',
    mode: 'act',
    digest: 'd',
    sentence: { en: 'e', zh: 'z' },
    arguments: [],
    hidden: 0,
    reasons: [],
    sections: [],
    obligations: [],
    alternatives: [],
  }
  const rest = {
    agent: { title: 'a', id: '1' },
    tool: { title: 't', target: 's', effect: 'pay', reversibility: 3 },
  }
  await using node = await startFakeNode({
    'GET /api/approvals/p': { ...card, ...rest, mandate: { id: 'm', purpose: 'p' }, expires: '' },
  })
  expect(await ambit(['approve', 'p'], node.url)).toMatchObject({ exitCode: 2 })
  expect(node.asked.map(({ line }) => line)).toEqual(['GET /api/approvals/p'])
})
