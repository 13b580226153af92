import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { everythingCommand, fixtureCommand, startEverything } from '@ambit/testkit/mcp-everything'
import { startConformanceMcp } from '@ambit/testkit/conformance-mcp-server'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { isProtocolCapability } from '@ambit/core/wire/mcp/operation'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { digestValue } from '../../kernel/digest.ts'
import { createAddressGuard } from '../../net/address.ts'
import { createUpstream } from '../../net/upstream.ts'
import { compare } from '../../registry/registry.ts'
import { protocolCapabilities } from './capabilities.ts'
import { createMcpDescribe } from './describe.ts'

const upstream = createUpstream(createAddressGuard(['127.0.0.0/8']))
const environment = { PATH: process.env['PATH']!, HOME: '/' }
const limits = { answerTimeoutMs: 3000, probeTimeoutMs: 500 }
const describer = createMcpDescribe({ upstream, clock: systemClock, environment, limits })
const describe = async (...asked: Parameters<typeof describer.describe>) => await describer.describe(...asked)
afterAll(async () => await upstream.close())

const patience = () => AbortSignal.timeout(20_000)

test('reads a server of both eras as one of 2026-07-28, with titles, schemas and hints', async () => {
  const server = await startMcpServer()
  const described = await describe({ url: server.url }, {}, patience())
  await server.close()
  expect(described).toMatchObject({ kind: 'tool-server', name: 'Fixture', version: '1.2.3', remarks: [] })
  expect(described.interfaces).toEqual([
    { protocol: 'mcp', version: '2026-07-28', url: server.url, transport: 'streamable-http', security: [] },
  ])
  const byId = new Map(described.capabilities.map((capability) => [capability.id, capability]))
  expect([...byId.keys()].sort()).toEqual(['add', 'big', 'echo', 'fail', 'image', 'slow'])
  expect(byId.get('add')).toMatchObject({ name: 'Add', outputSchema: { type: 'object' }, hints: {} })
  expect(byId.get('echo')).toMatchObject({
    description: 'Says the text again',
    hints: { readOnly: true, openWorld: false },
  })
  expect(byId.get('fail')?.hints).toEqual({ destructive: true })
  expect(byId.get('echo')?.served['annotations']).toEqual({ readOnlyHint: true, openWorldHint: false })
})

test('reads a server of the older eras through a session, and closes the session', async () => {
  const server = await startMcpServer({ eras: 'legacy', extraTools: 300 })
  const described = await describe({ url: server.url }, {}, patience())
  expect(described.interfaces[0]?.version).toBe('2025-11-25')
  expect(described.capabilities).toHaveLength(306)
  expect(described.description).toBe('Tools for tests.')
  expect(server.sessions).toBe(0)
  await server.close()
})

test('sees the definition that a server serves now', async () => {
  const server = await startMcpServer()
  server.describe('echo', 'Sends the text to everyone')
  const described = await describe({ url: server.url }, {}, patience())
  await server.close()
  expect(described.capabilities.find((each) => each.id === 'echo')?.description).toBe(
    'Sends the text to everyone',
  )
})

test('sends the credential given, and says so when one is missing', async () => {
  const server = await startMcpServer({ authorization: 'Bearer key' })
  const described = await describe({ url: server.url }, { authorization: 'Bearer key' }, patience())
  expect(described.capabilities.length).toBeGreaterThan(0)
  await expect(describe({ url: server.url }, {}, patience())).rejects.toMatchObject({
    code: 'record.unreachable',
    detail: expect.stringContaining('401') as string,
    remedy: expect.stringContaining('credential') as string,
  })
  await server.close()
})

test('reads the official example server over HTTP and over stdio', async () => {
  const everything = await startEverything()
  const overHttp = await describe({ url: everything.url }, {}, patience())
  await everything.stop()
  const command = { ...everythingCommand, env: { EXTRA: 'secret' } }
  const overStdio = await describe({ command }, {}, patience())
  const ids = overHttp.capabilities.map((capability) => capability.id)
  expect(ids).toContain('echo')
  expect(overStdio.capabilities.map((capability) => capability.id)).toEqual(ids)
  expect(overStdio.interfaces).toEqual([
    {
      protocol: 'mcp',
      version: '2025-11-25',
      url: 'stdio:',
      transport: 'stdio',
      command: { ...everythingCommand, env: ['EXTRA'] },
      security: [],
    },
  ])
}, 30_000)

test('reads a program that speaks 2026-07-28 only, and one that prints before it serves', async () => {
  for (const [flag, version] of [
    ['modern', '2026-07-28'],
    ['chatty', '2025-11-25'],
  ] as const) {
    const command = { ...fixtureCommand, args: [...fixtureCommand.args, flag], env: {} }
    const described = await describe({ command }, {}, patience())
    expect(described.interfaces[0]?.version).toBe(version)
    expect(described.capabilities).toHaveLength(6)
  }
}, 20_000)

test('says why a program is none', async () => {
  const missing = { program: '/nowhere/program', args: [], env: {} }
  await expect(describe({ command: missing }, {}, patience())).rejects.toMatchObject({
    code: 'record.unreachable',
    detail: expect.stringContaining('ENOENT') as string,
  })
  const ends = { program: process.execPath, args: ['-e', 'process.exit(3)'], env: {} }
  await expect(describe({ command: ends }, {}, patience())).rejects.toThrow(/exit code 3/)
})

const hostile: Readonly<Record<string, RequestListener>> = {
  'not JSON': (_request, response) => response.setHeader('content-type', 'application/json').end('<html>'),
  'another id': (_request, response) =>
    response.setHeader('content-type', 'application/json').end('{"jsonrpc":"2.0","id":99,"result":{}}'),
  'no answer at all': () => undefined,
  'an error page': (_request, response) => response.writeHead(500).end('broken'),
  'a redirect': (_request, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
  'a socket that is cut': (request) => request.socket.destroy(),
}

test.each(Object.entries(hostile))('refuses a server that gives %s', async (_name, listener) => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const short = createMcpDescribe({
    upstream,
    clock: systemClock,
    environment,
    limits: { answerTimeoutMs: 300, probeTimeoutMs: 200 },
  })
  await expect(short.describe({ url }, {}, patience())).rejects.toMatchObject({ code: 'record.unreachable' })
  server.close()
  server.closeAllConnections()
})

test('stops reading a list that never ends, and tools that are none', async () => {
  let page = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; method: string }
      const tool = (name: unknown) => ({ name, inputSchema: { type: 'object' } })
      const result =
        method === 'server/discover'
          ? { supportedVersions: ['2026-07-28'], capabilities: {} }
          : {
              tools: [tool(`t${page}`), tool(''), tool(7), null, tool(`t${page}`)],
              nextCursor: String(page++),
            }
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const described = await describe({ url }, {}, patience())
  server.close()
  expect(page).toBe(100)
  expect(described.capabilities).toHaveLength(100)
  expect(described.remarks.join(' ')).toMatch(
    /without a proper name.*two tools have one name.*first 100 pages/,
  )
})

test('refuses addresses that this node may not call', async () => {
  await expect(describe({ url: 'http://169.254.169.254/mcp' }, {}, patience())).rejects.toMatchObject({
    code: 'address.refused',
  })
  await expect(describe({ url: 'no address' }, {}, patience())).rejects.toMatchObject({
    code: 'record.unreachable',
  })
})

test('gives up when it is told to', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  await expect(describe({ url }, {}, AbortSignal.timeout(50))).rejects.toThrow(/given up/)
  server.close()
  server.closeAllConnections()
})

test('the parts of the protocol that a server declares are capabilities with the profile of the protocol', async () => {
  const server = await startConformanceMcp()
  const described = await describe({ url: server.url }, {}, patience())
  await server.close()
  const parts = described.capabilities.filter((capability) => isProtocolCapability(capability.id))
  expect(parts.slice(0, 5).map((part) => part.id)).toEqual([
    'resources/list',
    'resources/read',
    'prompts/list',
    'prompts/get',
    'completion/complete',
  ])
  for (const part of parts) {
    expect(part).toMatchObject({ hints: {}, profile: { effect: 'read', reversibility: 0 } })
    expect(part.inputSchema).toBeUndefined()
  }
  expect(parts[1]?.profile?.roles).toMatchObject({ uri: 'selector' })
  expect(parts[1]?.served['_meta']).toEqual({ 'ambit/declared': { subscribe: true, listChanged: true } })
})

test('whether a server notifies is no part of the definition that an operator accepts', () => {
  const [, , list] = protocolCapabilities({ resources: {}, prompts: { listChanged: true } })
  const [, , other] = protocolCapabilities({ resources: {}, prompts: {} })
  expect(list?.id).toBe('prompts/list')
  expect(list?.served).not.toEqual(other?.served)
  expect(
    compare(
      { capabilities: [{ id: list!.id, definition: definitionOf(list!.served) }] },
      { capabilities: [other!] },
    ),
  ).toEqual([])
})

test('parts that a server declares in a form of its own are left out', () => {
  const odd = {
    resources: true,
    prompts: [],
    completions: null,
    extensions: 'all',
    'io.modelcontextprotocol/tasks': {},
  }
  expect(protocolCapabilities(odd)).toEqual([])
  const tasks = protocolCapabilities({ extensions: { 'io.modelcontextprotocol/tasks': {} } })
  expect(tasks.map((part) => part.id)).toEqual(['tasks'])
})

/** As the registry pins it: without `_meta`. */
function definitionOf({ _meta, ...served }: Readonly<Record<string, unknown>>) {
  return digestValue(served)
}
