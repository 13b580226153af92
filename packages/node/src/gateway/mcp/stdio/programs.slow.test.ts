import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mcpTarget, outboundOf, performed } from '@ambit/testkit/mcp-acts'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { silentLog } from '../../../kernel/log.ts'
import type { Target } from '../../../registry/target.ts'
import { createStdioEgress } from './egress-stdio.ts'
import type { StdioEgress, StdioEgressOptions } from './egress-stdio.ts'
import { createHomes } from './homes.ts'
import { memoryOf } from './memory-watch.ts'
import { childUser } from './user.ts'

/*
 * What a supervised program may take, whom it runs as, where it keeps its files, and what is shown of it.
 */

const isRoot = process.getuid?.() === 0
const environment = { PATH: process.env['PATH']!, HOME: '/', LANG: 'C' }
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-programs-'))
  folders.push(folder)
  return folder
}

/** Answers `initialize` and every call, so that it lives on. */
const serves = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line)
    const result = method === 'initialize'
      ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
      : { content: [{ type: 'text', text: 'here' }] }
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
  });`

function programTarget(text: string, env: string[] = [], slug = 'program'): Target {
  const command = { program: process.execPath, args: ['-e', text], env }
  return mcpTarget({ version: '2025-11-25', url: 'stdio:', transport: 'stdio', command }, ['x'], slug)
}

function egressWith(options: Partial<StdioEgressOptions> = {}): StdioEgress {
  return createStdioEgress({ clock: systemClock, log: silentLog, environment, ...options })
}

async function call(egress: StdioEgress, target: Target, more: Parameters<typeof outboundOf>[3] = {}) {
  return await performed(egress, outboundOf(target, 'x', {}, more)).outcome
}

async function said(egress: StdioEgress, target: Target, form: RegExp): Promise<string> {
  return await vi.waitFor(() => {
    const found = form.exec(egress.stderr(target.id) ?? '')
    expect(found, egress.stderr(target.id)).not.toBeNull()
    return found![1]!
  })
}

const megabyte = 2 ** 20
const hoards = `const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * ${megabyte}, 1)), 20);`

test('ends a program that takes more memory than it may, by itself or through what it started', async () => {
  const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(hoards)}]);`
  for (const text of [hoards, parent]) {
    let failures = 0
    const egress = egressWith({ memoryBytesMax: 256 * megabyte, failed: () => void failures++ })
    // It never answers, so the call is under way until the program is ended.
    expect(await call(egress, programTarget(text))).toMatchObject({
      status: 'failed',
      error: {
        code: 'upstream.unreachable',
        detail: 'the program took more than 256 MB of memory and was ended',
      },
    })
    expect(failures).toBe(1)
    await egress.close()
  }
}, 20_000)

test('leaves a program alone that takes what it may', async () => {
  const egress = egressWith({ memoryBytesMax: 512 * megabyte })
  const target = programTarget(`${serves} console.error('pid ' + process.pid)`)
  expect(await call(egress, target)).toMatchObject({ status: 'completed' })
  const pid = Number(await said(egress, target, /pid (\d+)/))
  expect(memoryOf(pid)).toBeGreaterThan(10 * megabyte)
  expect(memoryOf(pid)).toBeLessThan(512 * megabyte)
  expect(egress.running).toBe(1)
  await egress.close()
  expect(memoryOf(pid)).toBe(0)
})

test('a program has a home and a folder for temporary files of its own, apart for each holder', async () => {
  const dataAt = dataFolder()
  const user = childUser(undefined)
  const egress = egressWith({
    user,
    homes: createHomes({ dataFolder: dataAt, user, clock: systemClock, log: silentLog }),
  })
  const target = programTarget(`${serves}
    const fs = require('node:fs'), path = require('node:path')
    const { HOME, TMPDIR } = process.env
    console.error('found ' + fs.readdirSync(HOME).join() + '|' + fs.readdirSync(TMPDIR).join() + '.')
    for (const folder of [HOME, TMPDIR]) fs.writeFileSync(path.join(folder, 'token'), 'x')
    console.error('home ' + HOME)`)
  await call(egress, target)
  const home = await said(egress, target, /home (\S+)/)
  expect(home.startsWith(join(dataAt, 'children'))).toBe(true)
  expect(statSync(home)).toMatchObject({ mode: expect.any(Number), uid: user?.uid ?? process.getuid!() })
  expect(statSync(home).mode & 0o777).toBe(0o700)
  expect(await said(egress, target, /found (\S+)\./)).toBe('|')
  await call(egress, target, { holder: 'did:key:other' })
  expect(await said(egress, target, /home (\S+)/)).not.toBe(home)
  expect(await said(egress, target, /found (\S+)\./)).toBe('|')
  await egress.close()
  const again = egressWith({
    user,
    homes: createHomes({ dataFolder: dataAt, user, clock: systemClock, log: silentLog }),
  })
  await call(again, target)
  // What it keeps stays with it; what is temporary does not.
  expect(await said(again, target, /found (\S+)\./)).toBe('token|')
  await again.close()
})

test('a home that was not used for a month is removed at the next start', async () => {
  const dataAt = dataFolder()
  const [old, recent] = ['old', 'recent'].map((name) => join(dataAt, 'children', name))
  for (const folder of [old!, recent!]) mkdirSync(join(folder, 'home'), { recursive: true })
  const before = new Date(systemClock.now() - 31 * 24 * 3_600_000)
  utimesSync(old!, before, before)
  await createHomes({ dataFolder: dataAt, user: undefined, clock: systemClock, log: silentLog }).of('new')
  expect(readdirSync(join(dataAt, 'children'))).toHaveLength(2)
  expect(readdirSync(join(dataAt, 'children'))).toContain('recent')
})

test('programs of a node that runs as root are nobody, and cannot read what the node keeps', async () => {
  if (!isRoot) {
    console.log('skipped: only a node that runs as root can change the user of its programs')
    return
  }
  expect(childUser(undefined)).toEqual({ uid: 65_534, gid: 65_534 })
  expect(childUser('12:34')).toEqual({ uid: 12, gid: 34 })
  expect(childUser('root')).toBeUndefined()
  expect(childUser('0:0')).toBeUndefined()
  expect(() => childUser('nobody-of-that-name')).toThrow(/no user of that name/)
  const dataAt = dataFolder()
  mkdirSync(join(dataAt, 'keys'), { mode: 0o700 })
  const user = childUser(undefined)
  const homes = createHomes({ dataFolder: dataAt, user, clock: systemClock, log: silentLog })
  const looks = `${serves}
    const fs = require('node:fs')
    for (const path of ${JSON.stringify([dataAt, join(dataAt, 'keys'), join(dataAt, 'children')])}) {
      try { fs.readdirSync(path); console.error('read ' + path) } catch (error) { console.error(error.code) }
    }
    console.error('user ' + process.getuid())`
  const target = programTarget(looks)
  const egress = egressWith({ user, homes })
  await call(egress, target)
  expect(await said(egress, target, /user (\d+)/)).toBe('65534')
  expect(egress.stderr(target.id)).toContain('EACCES\nEACCES\nEACCES\n')
  await egress.close()
  // As root it would have read all of them.
  const open = egressWith({
    homes: createHomes({ dataFolder: dataAt, user: undefined, clock: systemClock, log: silentLog }),
  })
  await call(open, target)
  await said(open, target, /user (0)/)
  expect(open.stderr(target.id)).not.toContain('EACCES')
  await open.close()
})

test('hides credentials in what a program wrote, also where the text was cut', async () => {
  const secret = 'sk-123456789'
  const headers = ['API_KEY', secret, 'REGION', 'eu']
  const egress = egressWith()
  const short = programTarget(
    `${serves} console.error('key ' + process.env.API_KEY + ' region ' + process.env.REGION)`,
    ['API_KEY', 'REGION'],
  )
  await call(egress, short, { headers })
  await vi.waitFor(() => expect(egress.stderr(short.id)).toBe('key [hidden] region eu\n'))
  const long = programTarget(
    `${serves} process.stderr.write((process.env.API_KEY + '\\n').repeat(4000)); console.error('end')`,
    ['API_KEY'],
    'long',
  )
  await call(egress, long, { headers })
  await said(egress, long, /(end)\n$/)
  const text = egress.stderr(long.id)!
  expect(text.length).toBeGreaterThan(10_000)
  for (let length = secret.length; length >= 4; length--) expect(text).not.toContain(secret.slice(-length))
  await egress.close()
})

test('a program that ends again and again is left alone with its reason, for its holder and credentials only', async () => {
  const egress = egressWith({ limits: { backoffMs: 60_000 } })
  const target = programTarget(
    `if (process.env.API_KEY === 'good') { ${serves} } else { console.error('bad key'); process.exit(3) }`,
    ['API_KEY'],
  )
  const bad = { headers: ['API_KEY', 'bad'] }
  for (let at = 0; at < 2; at++) await call(egress, target, bad)
  const refused = await call(egress, target, bad)
  expect(refused.error?.detail).toMatch(
    /2 times, at last: the program ended \(exit code 3\)\); it is started again in \d+ s/,
  )
  expect(await call(egress, target, { ...bad, holder: 'did:key:other' })).toMatchObject({
    error: { detail: 'the program ended (exit code 3)' },
  })
  // Its holder gave another key: that is a program that never failed.
  expect(await call(egress, target, { headers: ['API_KEY', 'good'] })).toMatchObject({ status: 'completed' })
  await egress.close()
})
