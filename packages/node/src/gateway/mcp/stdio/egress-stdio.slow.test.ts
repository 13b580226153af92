import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { mcpTarget, outboundOf, performed } from '@ambit/testkit/mcp-acts'
import { everythingCommand, fixtureCommand } from '@ambit/testkit/mcp-everything'
import { expect, test, vi } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { silentLog } from '../../../kernel/log.ts'
import type { Target } from '../../../registry/target.ts'
import { createStdioEgress } from './egress-stdio.ts'
import type { StdioEgress, StdioEgressOptions } from './egress-stdio.ts'

const environment = { PATH: process.env['PATH']!, HOME: '/', LANG: 'C' }
const tools = ['echo', 'add', 'slow', 'fail', 'x']

function stdioTarget(
  command: { program: string; args: readonly string[] },
  env: readonly string[] = [],
): Target {
  const { program, args } = command
  return mcpTarget(
    {
      version: '2025-11-25',
      url: 'stdio:',
      transport: 'stdio',
      command: { program, args: [...args], env: [...env] },
    },
    tools,
  )
}

function fixture(...switches: string[]) {
  return { program: fixtureCommand.program, args: [...fixtureCommand.args, ...switches] }
}

/** A program given as JavaScript text. */
function program(text: string) {
  return { program: process.execPath, args: ['-e', text] }
}

function egressWith(limits: StdioEgressOptions['limits'] = {}): StdioEgress {
  return createStdioEgress({ clock: systemClock, log: silentLog, environment, limits })
}

function running(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A number that the program wrote for people after the word. */
async function said(egress: StdioEgress, target: Target, word: string): Promise<number> {
  return await vi.waitFor(() => {
    const found = new RegExp(`^${word} (\\d+)$`, 'm').exec(egress.stderr(target.id) ?? '')
    expect(found).not.toBeNull()
    return Number(found![1])
  })
}

test('starts one program for each holder, calls it, and ends it with the node', async () => {
  const egress = egressWith()
  const target = stdioTarget(fixture())
  const first = await performed(egress, outboundOf(target, 'add', { a: 1, b: 2 })).outcome
  expect(first).toMatchObject({ status: 'completed', value: { structuredContent: { sum: 3 } } })
  const pid = await said(egress, target, 'pid')
  await performed(egress, outboundOf(target, 'echo', { text: 'a' })).outcome
  expect(await said(egress, target, 'pid')).toBe(pid)
  await performed(egress, outboundOf(target, 'echo', { text: 'a' }, { holder: 'did:key:other' })).outcome
  const other = await said(egress, target, 'pid')
  expect(other).not.toBe(pid)
  await egress.close()
  expect([running(pid), running(other)]).toEqual([false, false])
})

test('calls the official example server, and a program of 2026-07-28 alone', async () => {
  const egress = egressWith()
  const everything = stdioTarget(everythingCommand)
  expect(await performed(egress, outboundOf(everything, 'echo', { message: 'hi' })).outcome).toMatchObject({
    value: { content: [{ text: 'Echo: hi' }] },
  })
  const modern = { ...stdioTarget(fixture('modern')), id: 'aic-modern' }
  const slow = performed(egress, outboundOf(modern, 'slow', { steps: 2, ms: 1 }))
  expect(await slow.outcome).toMatchObject({ status: 'completed' })
  expect(slow.events).toHaveLength(2)
  await egress.close()
}, 20_000)

test('a cancellation reaches the program', async () => {
  const egress = egressWith()
  const target = stdioTarget(
    program(`process.stdin.on('data', (d) => { for (const line of String(d).trim().split('\\n')) {
      const m = JSON.parse(line)
      if (m.method === 'initialize') console.log(JSON.stringify({ jsonrpc: '2.0', id: m.id, result: { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: {} } }))
      if (m.method === 'tools/call') console.log(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: m.params._meta.progressToken, progress: 1 } }))
      if (m.method === 'notifications/cancelled') console.error('cancelled ' + m.params.requestId)
    } })`),
  )
  const call = performed(egress, outboundOf(target, 'slow', {}))
  await call.begun
  call.performance.cancel('enough')
  expect((await call.outcome).status).toBe('cancelled')
  expect(await said(egress, target, 'cancelled')).toBe(2)
  await egress.close()
})

test('gives the program nothing of the environment but what its record names', async () => {
  const egress = egressWith()
  const target = stdioTarget(fixture('env'), ['API_KEY'])
  const call = (headers: string[]) =>
    performed(egress, outboundOf(target, 'echo', { text: 'a' }, { headers })).outcome
  await call(['API_KEY', 'one', 'OTHER', 'two'])
  await vi.waitFor(() => expect(egress.stderr(target.id)).toMatch(/^env API_KEY HOME LANG PATH$/m))
  const pid = await said(egress, target, 'pid')
  await call(['API_KEY', 'another'])
  await vi.waitFor(() => expect(running(pid)).toBe(false))
  expect(await said(egress, target, 'pid')).not.toBe(pid)
  await egress.close()
})

test('runs programs as another user where the node may', async () => {
  if (process.getuid?.() !== 0) {
    console.log('skipped: only a node that runs as root can change the user of its programs')
    return
  }
  const user = { uid: 65_534, gid: 65_534 }
  const egress = createStdioEgress({ clock: systemClock, log: silentLog, environment, user })
  const target = stdioTarget({ program: '/bin/sh', args: ['-c', 'id -u >&2; id -G >&2'] })
  await performed(egress, outboundOf(target, 'echo', {})).outcome
  expect(egress.stderr(target.id)).toBe('65534\n65534\n')
  await egress.close()
})

test('starts a program again after it ended, with a growing pause, and says what it wrote last', async () => {
  const egress = egressWith({ backoffMs: 60_000 })
  const target = stdioTarget(program(`console.error('bad key'); process.exit(7)`))
  const call = async () => await performed(egress, outboundOf(target, 'echo', {})).outcome
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await call()).toMatchObject({
      status: 'failed',
      error: { code: 'upstream.unreachable', detail: 'the program ended (exit code 7)' },
    })
  }
  expect((await call()).error?.detail).toMatch(
    /ended again and again \(2 times, at last: .*exit code 7.*started again in \d+ s/,
  )
  expect(egress.stderr(target.id)).toBe('bad key\n')
  await egress.close()
})

test('a program killed in a call fails the call, and the next call starts it again', async () => {
  const egress = egressWith()
  const target = stdioTarget(fixture())
  const call = performed(egress, outboundOf(target, 'slow', { steps: 1000 }))
  await call.begun
  process.kill(await said(egress, target, 'pid'), 'SIGKILL')
  expect(await call.outcome).toMatchObject({
    status: 'failed',
    error: { code: 'upstream.unreachable', detail: 'the program ended (SIGKILL)' },
  })
  expect((await performed(egress, outboundOf(target, 'echo', { text: 'a' })).outcome).status).toBe(
    'completed',
  )
  await egress.close()
})

test('ends a program that nobody uses', async () => {
  const egress = egressWith({ idleMs: 50 })
  const target = stdioTarget(fixture())
  await performed(egress, outboundOf(target, 'echo', { text: 'a' })).outcome
  const pid = await said(egress, target, 'pid')
  await vi.waitFor(() => expect(running(pid)).toBe(false), { timeout: 5000 })
  await egress.close()
})

test('kills a program that will not end, and what it started', async () => {
  const egress = egressWith()
  const target = stdioTarget(fixture('stubborn', 'parent'))
  await performed(egress, outboundOf(target, 'echo', { text: 'a' })).outcome
  const pids = [await said(egress, target, 'pid'), await said(egress, target, 'child')]
  expect(pids.map(running)).toEqual([true, true])
  await egress.close()
  await vi.waitFor(() => expect(pids.map(running)).toEqual([false, false]))
}, 15_000)

const hostile: Readonly<Record<string, readonly [code: string, text: string]>> = {
  'says nothing': ['upstream.timeout', 'setInterval(() => {}, 1000)'],
  'writes a line without end': [
    'upstream.too-large',
    `const more = () => { while (process.stdout.write('x'.repeat(1 << 20))); process.stdout.once('drain', more) }; more()`,
  ],
  'writes lines that are no JSON without end': [
    'upstream.invalid',
    `const more = () => { while (process.stdout.write('hello\\n'.repeat(100))); process.stdout.once('drain', more) }; more()`,
  ],
  'closes its input': [
    'upstream.unreachable',
    `process.stdin.destroy(); setTimeout(() => process.exit(0), 200)`,
  ],
  'answers with a version nobody knows': [
    'upstream.invalid',
    `process.stdin.on('data', (d) => { const m = JSON.parse(String(d).split('\\n')[0]); console.log(JSON.stringify({ jsonrpc: '2.0', id: m.id, result: { protocolVersion: '1999-01-01' } })) })`,
  ],
}

test.each(Object.entries(hostile))('survives a program that %s', async (_name, [code, text]) => {
  const egress = egressWith({ startTimeoutMs: code === 'upstream.timeout' ? 300 : 10_000 })
  const act = performed(egress, outboundOf(stdioTarget(program(text)), 'echo', {}))
  expect(await act.outcome).toMatchObject({ status: 'failed', error: { code } })
  await egress.close()
})

test('runs no more programs than it may', async () => {
  const egress = egressWith({ sessionsMax: 1 })
  const target = stdioTarget(fixture())
  const held = performed(egress, outboundOf(target, 'slow', { steps: 1000 }))
  await held.begun
  const refused = performed(egress, outboundOf(target, 'echo', { text: 'a' }, { holder: 'did:key:other' }))
  expect(await refused.outcome).toMatchObject({ status: 'failed', error: { code: 'act.busy' } })
  held.performance.cancel('enough')
  await egress.close()
})

test('leaves no program behind when the node is killed without warning', async () => {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const script = `
    const { createStdioEgress } = await import(${url('./egress-stdio.ts')})
    const { systemClock } = await import(${url('../../../kernel/clock.ts')})
    const { silentLog } = await import(${url('../../../kernel/log.ts')})
    const { mcpTarget, outboundOf, performed } = await import('@ambit/testkit/mcp-acts')
    const command = ${JSON.stringify({ ...fixture('stubborn', 'parent'), env: [] })}
    const target = mcpTarget({ version: '2025-11-25', url: 'stdio:', transport: 'stdio', command }, ['echo'])
    const egress = createStdioEgress({ clock: systemClock, log: silentLog, environment: { PATH: process.env.PATH } })
    await performed(egress, outboundOf(target, 'echo', { text: 'a' })).outcome
    console.log(egress.stderr(target.id).match(/\\d+/g).join(' '))
    setInterval(() => {}, 1000)`
  const node = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  const [line] = (await once(createInterface(node.stdout), 'line')) as [string]
  const pids = line.split(' ').map(Number)
  expect(pids).toHaveLength(2)
  expect(pids.map(running)).toEqual([true, true])
  node.kill('SIGKILL')
  await vi.waitFor(() => expect(pids.map(running)).toEqual([false, false]), { timeout: 10_000 })
}, 20_000)
