import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createSocketServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Scan } from '@ambit/sdk/scans'
import { connectAmbit } from '@ambit/sdk/client'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { selfSigned } from '@ambit/testkit/certificate'
import { readLog } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { startPlainServer } from '@ambit/testkit/plain-server'
import { bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

/*
 * A scan finds what speaks MCP and A2A on the machine of the node, tells what is registered, and gets through whatever
 * else listens there. It goes where the operator allowed it and nowhere else.
 */

let node: TestNode
const ends: (() => Promise<void> | void)[] = []

beforeAll(async () => {
  node = await startTestNode({ env: { AMBIT_SCAN_NETWORKS: '192.0.2.0/24' } })
})

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

afterAll(async () => {
  await node?.[Symbol.asyncDispose]()
})

function closing(...servers: readonly { close(): Promise<void> }[]): void {
  ends.push(...servers.map((server) => async () => await server.close()))
}

/** Scans these ports of 127.0.0.1 to the end. */
async function scan(...ports: readonly number[]): Promise<Scan> {
  const { id } = await node.ambit.scans.start({ networks: ['127.0.0.1'], ports })
  await until('the scan has ended', async () => (await node.ambit.scans.get(id)).state !== 'running')
  return await node.ambit.scans.get(id)
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  ends.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => void server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function answering(answer: Answer): Promise<number> {
  return await listening(createServer(answer))
}

const portOf = (url: string) => Number(new URL(url).port)

test('servers of every era and agents are found, and nothing of them is called', async () => {
  const modern = await startMcpServer({ eras: 'modern' })
  const legacy = await startMcpServer({ eras: 'legacy' })
  const agent = await startA2aAgent({ name: 'Wanderer' })
  const former = await startA2aAgent({ legacy: 'only' })
  closing(modern, legacy, agent, former)
  const stream = await answering((request, response) => {
    if (request.method !== 'GET' || request.url !== '/sse') response.writeHead(404).end()
    else {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: endpoint\ndata: /messages?session=1\n\n')
    }
  })
  const found = await scan(modern.port, legacy.port, portOf(agent.url), portOf(former.url), stream)
  expect(found).toMatchObject({ state: 'done', tried: 5, of: 5, open: 5, more: 0 })
  const at = (port: number) => found.findings.filter((each) => each.port === port)
  const shadow = { address: '127.0.0.1', standing: 'unregistered', callable: true }
  expect(at(modern.port)).toMatchObject([
    { ...shadow, protocol: 'mcp', url: modern.url, transport: 'streamable-http', version: '2026-07-28' },
  ])
  expect(at(legacy.port)).toMatchObject([
    { ...shadow, protocol: 'mcp', url: legacy.url, transport: 'streamable-http', version: '2025-11-25' },
  ])
  expect(at(portOf(agent.url))).toMatchObject([
    { ...shadow, protocol: 'a2a', url: new URL(agent.url).origin, name: 'Wanderer', version: '1.0' },
  ])
  expect(at(portOf(former.url))).toMatchObject([{ ...shadow, protocol: 'a2a' }])
  expect(at(stream)).toMatchObject([
    { ...shadow, protocol: 'mcp', url: `http://127.0.0.1:${stream}/sse`, transport: 'sse' },
  ])
  expect([modern.calls, legacy.calls, agent.calls]).toEqual([[], [], []])
  expect(legacy.sessions, 'the session of the greeting was ended').toBe(0)
})

test('what was found is registered as a draft, and known from then on', async () => {
  const server = await startMcpServer()
  const agent = await startA2aAgent({ name: 'Stray' })
  closing(server, agent)
  const [first] = (await scan(server.port)).findings
  await node.ambit.records.register({ url: first!.url!, slug: 'stray-tools' })
  expect((await node.ambit.records.get('stray-tools')).state).toBe('draft')
  await bringOnline(node.ambit, { url: agent.url }, 'stray')
  const { findings } = await scan(server.port, portOf(agent.url))
  expect(new Set(findings.map(({ standing, slug }) => `${standing} ${slug}`))).toEqual(
    new Set(['registered stray', 'registered stray-tools']),
  )
  const known = await node.ambit.scans.endpoints()
  expect(known.complete).toBe(true)
  expect(known.endpoints).toContainEqual({ slug: 'stray-tools', protocol: 'mcp', url: server.url })
})

test('of a record of another organisation is told that there is one, and not which', async () => {
  const server = await startMcpServer()
  closing(server)
  const added = await node.ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
  const north = await signInOwner(node.url, added.signInLink)
  await north.ambit.records.register({ url: server.url, slug: 'zebra-7319' })
  const result = await scan(server.port)
  expect(result.findings).toMatchObject([{ standing: 'registered' }])
  expect(JSON.stringify(result)).not.toContain('zebra-7319')
  expect((await node.ambit.scans.endpoints()).endpoints).not.toContainEqual(
    expect.objectContaining({ slug: 'zebra-7319' }),
  )
})

test('the node knows its own listeners and sends them nothing', async () => {
  const { findings } = await scan(node.port, node.metricsPort)
  expect(new Set(findings.map(({ port, protocol, standing }) => `${port} ${protocol} ${standing}`))).toEqual(
    new Set([`${node.port} ambit own`, `${node.metricsPort} ambit own`]),
  )
})

test('behind a certificate that nobody vouches for it is found too', async () => {
  const server = createTlsServer(selfSigned('shadow.example'), (request, response) => {
    const isGreeting = request.method === 'POST' && request.url === '/mcp'
    const result = { protocolVersion: '2025-06-18', serverInfo: { name: 'Cellar' } }
    response.writeHead(isGreeting ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }))
  })
  const port = await listening(server)
  expect((await scan(port)).findings).toMatchObject([
    { protocol: 'mcp', url: `https://127.0.0.1:${port}/mcp`, version: '2025-06-18', name: 'Cellar' },
  ])
})

test('a server that asks for credentials gets none, and is told of', async () => {
  const heard: string[] = []
  const port = await answering((request, response) => {
    heard.push(...Object.keys(request.headers))
    if (request.url !== '/mcp') response.writeHead(404).end()
    else response.writeHead(401, { 'www-authenticate': 'Bearer resource_metadata="http://x/"' }).end()
  })
  expect((await scan(port)).findings).toMatchObject([{ protocol: 'mcp', wantsCredentials: true }])
  expect(heard).not.toContain('authorization')
  expect(heard).not.toContain('cookie')
})

test('whatever is hostile costs its own turn only: the good one beside it is found', async () => {
  const good = await startMcpServer()
  const elsewhere = await startPlainServer()
  closing(good)
  ends.push(async () => await elsewhere[Symbol.asyncDispose]())
  const card = JSON.stringify({ name: 'x'.repeat(1000), supportedInterfaces: [] })
  const hostile: Readonly<Record<string, number>> = {
    endless: await answering((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    }),
    slow: await answering((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const timer = setInterval(() => response.write('d'), 100)
      response.on('close', () => clearInterval(timer))
    }),
    crumbs: await answering((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let at = 0; at < 60_000; at++) response.write('\n')
    }),
    redirect: await answering((_request, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/mcp` }).end()
    }),
    bomb: await answering((_request, response) => {
      const packed = gzipSync(Buffer.alloc(32 * 1024 * 1024, 32))
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed)
    }),
    headers: await listening(
      createSocketServer((socket) => {
        socket.on('error', () => undefined)
        socket.end(`HTTP/1.1 200 OK\r\n${`x-a: ${'y'.repeat(1000)}\r\n`.repeat(60)}\r\n${card}`)
      }),
    ),
    deep: await answering((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('['.repeat(60_000))
    }),
    silent: await listening(createSocketServer((socket) => void socket.on('error', () => undefined))),
    garbage: await listening(
      createSocketServer((socket) => {
        socket.on('error', () => undefined)
        socket.end(Buffer.alloc(4096, 7))
      }),
    ),
    echo: await answering((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      request.pipe(response)
    }),
  }
  const found = await scan(...Object.values(hostile), good.port)
  expect(found).toMatchObject({ state: 'done', open: Object.keys(hostile).length + 1 })
  expect(found.findings).toMatchObject([{ port: good.port, protocol: 'mcp' }])
  expect(elsewhere.heard).toEqual([])
})

test('what a stranger calls itself is cut, and its interfaces are not called', async () => {
  const elsewhere = await startPlainServer()
  ends.push(async () => await elsewhere[Symbol.asyncDispose]())
  const port = await answering((request, response) => {
    if (request.url !== '/.well-known/agent-card.json') {
      response.writeHead(404).end()
      return
    }
    const interfaces = [{ url: elsewhere.url, protocolBinding: 'JSONRPC', protocolVersion: '9'.repeat(900) }]
    response.end(JSON.stringify({ name: 'n'.repeat(5000), supportedInterfaces: interfaces }))
  })
  const [finding] = (await scan(port)).findings
  expect(finding).toMatchObject({ protocol: 'a2a', url: `http://127.0.0.1:${port}` })
  expect([finding!.name!.length, finding!.version!.length]).toEqual([200, 200])
  expect(elsewhere.heard).toEqual([])
})

test.each([
  [['10.0.0.0/24'], 'scan.network'],
  [['192.0.2.0/23'], 'scan.network'],
  [['8.8.8.8'], 'scan.network'],
  [['192.0.2.0/19'], 'scan.too-large'],
  [['example.org'], 'input.invalid'],
] as const)('%j is refused as %s', async (networks, code) => {
  await expect(node.ambit.scans.start({ networks, ports: [9] })).rejects.toMatchObject({ code })
  await expect(node.ambit.scans.start({ ports: [0] })).rejects.toMatchObject({ code: 'input.invalid' })
})

test('only a person who runs the node may scan, and no token of theirs', async () => {
  const { token } = await node.ambit.people.createToken({ name: 'a program' })
  const wish = { networks: ['127.0.0.1'], ports: [9] }
  const program = connectAmbit({ url: node.url, token })
  await expect(program.scans.start(wish)).rejects.toMatchObject({ code: 'auth.session-only' })
  await expect(program.scans.list()).rejects.toMatchObject({ code: 'auth.session-only' })
  const added = await node.ambit.organizations.add({ id: 'south', name: 'South', owner: 'Bo' })
  const south = await signInOwner(node.url, added.signInLink)
  await expect(south.ambit.scans.start(wish)).rejects.toMatchObject({ code: 'identity.node-operators' })
  const { signInLink } = await node.ambit.people.add({ name: 'Cy', roles: ['approver'] })
  const approver = await signInOwner(node.url, signInLink)
  await expect(approver.ambit.scans.start(wish)).rejects.toMatchObject({ code: 'auth.role' })
})

test('one at a time; it can be cancelled, and who scanned what stands in the log', async () => {
  // Addresses for documentation, where nobody answers: it takes its time.
  const begun = await node.ambit.scans.start({ networks: ['192.0.2.0/24'] })
  await expect(node.ambit.scans.start()).rejects.toMatchObject({ code: 'scan.running' })
  const ended = await node.ambit.scans.cancel(begun.id)
  expect(ended.state).toBe('cancelled')
  expect(ended.tried).toBeLessThan(ended.of)
  const { scans, networks } = await node.ambit.scans.list()
  expect(scans[0]).toEqual(ended)
  expect(networks).toEqual(['127.0.0.0/8', '::1', '192.0.2.0/24'])
  await expect(node.ambit.scans.get('scan_none')).rejects.toMatchObject({ code: 'input.not-found' })
  const me = await node.ambit.people.me()
  const written = async () =>
    (await readLog(node.url, 'activity')).filter((leaf) => leaf.kind === 'scan' && leaf.scan === begun.id)
  await until('the log is published', async () => (await written()).length === 2)
  expect(await written()).toMatchObject([
    { step: 'began', person: me.person.id, organization: 'main', networks: ['192.0.2.0/24'], addresses: 254 },
    { step: 'cancelled', found: 0 },
  ])
})
