import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeTerminal } from '../../packages/cli/src/fake-node.ts'
import { runAmbit } from '../../packages/cli/src/program.ts'

/* `ambit scan` against a node that works, in a home folder in which clients keep their files. */

const secret = 'sk-live-4f9a8b7c6d5e4f3a2b1c'
const home = mkdtempSync(join(tmpdir(), 'ambit-scan-'))
const program = fileURLToPath(import.meta.resolve('@ambit/testkit/mcp-stdio-server'))

let node: TestNode
let known: TestMcpServer
let shadow: TestMcpServer
let agent: A2aAgent

beforeAll(async () => {
  node = await startTestNode()
  known = await startMcpServer()
  shadow = await startMcpServer({ authorization: `Bearer ${secret}` })
  agent = await startA2aAgent({ name: 'Stray' })
  await node.ambit.records.register({ url: known.url, slug: 'known' })
  put('.cursor/mcp.json', {
    mcpServers: {
      ours: { url: `${node.url}/mcp` },
      known: { url: known.url.replace('127.0.0.1', 'localhost') },
      shadow: { url: shadow.url, headers: { Authorization: `Bearer ${secret}` } },
      program: { command: 'node', args: [program], env: { API_KEY: secret } },
      leaky: { command: 'node', args: [program, `--key=${secret}`] },
      asleep: { command: 'never', args: [secret], disabled: true },
    },
  })
  put('project/.mcp.json', { mcpServers: { 'shadow too': { type: 'http', url: shadow.url } } })
})

afterAll(async () => {
  await node?.[Symbol.asyncDispose]()
  await known?.close()
  await shadow?.close()
  await agent?.close()
  rmSync(home, { recursive: true })
})

function put(path: string, document: unknown): void {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(document))
}

async function ambit(argv: readonly string[], answer?: string, token = node.session) {
  const environment = { HOME: home, AMBIT_URL: node.url, ...(token === '' ? {} : { AMBIT_TOKEN: token }) }
  const terminal = fakeTerminal(environment, answer === undefined ? {} : { answer })
  const exitCode = await runAmbit([...argv], terminal)
  return { exitCode, out: terminal.printed.join('\n'), err: terminal.errors.join('\n') }
}

const files = ['scan', '--project', join(home, 'project')] as const

interface Scanned {
  readonly files: readonly {
    readonly client: string
    readonly servers: readonly { readonly name: string; readonly state?: string; readonly slug?: string }[]
  }[]
}

test('says of each server how it is reached, and no secret', async () => {
  const json = await ambit([...files, '--json'])
  const { files: found } = JSON.parse(json.out) as Scanned
  expect(
    found.map(({ client, servers }) => [client, servers.map(({ name, state }) => [name, state])]),
  ).toEqual([
    ['Claude Code', [['shadow too', 'unregistered']]],
    [
      'Cursor',
      [
        ['ours', 'through'],
        ['known', 'registered'],
        ['shadow', 'unregistered'],
        ['program', 'unregistered'],
        ['leaky', 'unregistered'],
        ['asleep', 'unregistered'],
      ],
    ],
  ])
  expect(found[1]?.servers[1]?.slug).toBe('known')
  const text = await ambit(files)
  expect(text.out).toContain('past its record known')
  expect(text.out).toContain('API_KEY')
  expect(text.out).toContain('Servers: 7; not registered: 3; called past their record: 1.')
  for (const { out, err } of [json, text]) expect(out + err).not.toContain(secret)
})

test('without a session the files are shown all the same', async () => {
  const { exitCode, out, err } = await ambit(files, undefined, '')
  expect([exitCode, out.includes('shadow')]).toEqual([0, true])
  expect(err).toContain('ambit login')
  expect(out).not.toContain('not registered')
})

test('nothing is registered without a word, and nobody is asked twice about one server', async () => {
  const before = (await node.ambit.records.list()).records.length
  const nobody = await ambit([...files, '--register'])
  expect([nobody.exitCode, nobody.err.includes('--yes')]).toEqual([2, true])
  const no = await ambit([...files, '--register'], 'n')
  expect(no.exitCode).toBe(2)
  expect(no.err).toContain('of shadow too, program? The values')
  expect((await node.ambit.records.list()).records).toHaveLength(before)
})

test('what was said yes to is a draft, and known from then on', async () => {
  put('project/.mcp.json', { mcpServers: {} })
  const { out, err } = await ambit([...files, '--register'], 'y')
  expect(out).toMatch(/shadow +draft +shadow/)
  expect(out).toMatch(/program +draft +program/)
  expect(err).toContain('Left out: leaky.')
  expect(out + err).not.toContain(secret)
  expect((await node.ambit.records.get('shadow')).state).toBe('draft')
  const again = JSON.parse((await ambit([...files, '--json'])).out) as Scanned
  const states = again.files.find(({ client }) => client === 'Cursor')!.servers.map(({ state }) => state)
  expect(states).toEqual([
    'through',
    'registered',
    'registered',
    'registered',
    ...Array(2).fill('unregistered'),
  ])
})

test('has the node look through a network, and registers what it found', async () => {
  const port = new URL(agent.url).port
  const argv = ['scan', '--network', '127.0.0.1', '--port', port, '--port', String(known.port)]
  const found = await ambit(argv)
  expect(found.exitCode).toBe(0)
  expect(found.out).toMatch(/a2a +1\.0 +Stray +not registered/)
  expect(found.out).toContain('registered as known')
  expect(found.out).toContain('2 of 2 ports tried, 2 open, 1 not registered.')
  const made = await ambit([...argv, '--register', '--yes', '--json'])
  expect(JSON.parse(made.out)).toMatchObject({ registered: [{ ok: true, slug: 'stray' }] })
  expect((await ambit(argv)).out).toContain('registered as stray')
})

test('a foreign network, a token and a bad port are refused in words', async () => {
  const foreign = await ambit(['scan', '--network', '10.9.0.0/24'])
  expect([foreign.exitCode, foreign.err.includes('AMBIT_SCAN_NETWORKS')]).toEqual([1, true])
  const { token } = await node.ambit.people.createToken({ name: 'a program' })
  const program = await ambit(['scan', '--network', '127.0.0.1'], undefined, token)
  expect([program.exitCode, program.err.includes('API token')]).toEqual([2, true])
  expect((await ambit(['scan', '--port', '0'])).exitCode).toBe(2)
  expect((await ambit(['scan', '--cancel'])).err).toContain('no scan is under way')
})
