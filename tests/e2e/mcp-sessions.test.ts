import { startConformanceMcp } from '@ambit/testkit/conformance-mcp-server'
import type { ConformanceMcpServer } from '@ambit/testkit/conformance-mcp-server'
import { readLog } from '@ambit/testkit/log-reader'
import { askingCommand, connectAskable } from '@ambit/testkit/mcp-askable'
import type { AskableClient } from '@ambit/testkit/mcp-askable'
import { everythingCommand, startEverything } from '@ambit/testkit/mcp-everything'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * Clients of the eras with sessions, through a node, with servers of every era behind it: what servers ask, log and
 * announce reaches the client; a session survives restarts on either side.
 */

let node: TestNode
let servers: ConformanceMcpServer[]
let token: string

beforeAll(async () => {
  servers = [await startConformanceMcp({ eras: 'legacy' }), await startConformanceMcp({ eras: 'modern' })]
  node = await startTestNode()
  await bringOnline(node.ambit, { url: servers[0]!.url }, 'legacy')
  await bringOnline(node.ambit, { url: servers[1]!.url }, 'modern')
  await bringOnline(node.ambit, { command: askingCommand }, 'stdio')
  const { program, args } = everythingCommand
  await bringOnline(node.ambit, { command: { program, args: [...args], env: {} } }, 'everything')
  const entries = ['legacy', 'modern', 'stdio', 'everything'].map((target) => ({
    target,
    capability: '*',
    decision: 'autonomous' as const,
  }))
  token = (await allow(node.ambit, entries)).token
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await Promise.all(servers.map(async (server) => await server.close()))
})

async function connect(
  slug: string,
  more: { token?: string; capabilities?: object } = {},
): Promise<AskableClient> {
  return await connectAskable(`${node.url}/mcp/${slug}`, more.token ?? token, more.capabilities, 'legacy')
}

const elicitation = { asks: 'elicitation/create', says: 'my response' }
const sampling = { asks: 'sampling/createMessage', says: 'sampled' }
const questions = [
  ...['legacy', 'stdio'].flatMap((slug) => [
    { slug, ...elicitation, tool: 'test_elicitation', args: { message: 'Which?' } },
    { slug, ...sampling, tool: 'test_sampling', args: { prompt: 'Say it' } },
  ]),
  {
    slug: 'modern',
    ...elicitation,
    says: 'my name',
    tool: 'test_input_required_result_elicitation',
    args: {},
  },
  { slug: 'modern', ...sampling, tool: 'test_input_required_result_sampling', args: {} },
  {
    slug: 'modern',
    asks: 'roots/list',
    says: 'home',
    tool: 'test_input_required_result_list_roots',
    args: {},
  },
]

test.each(questions)(
  'elicitation passthrough: $asks of $slug reaches the client of a session',
  async (each) => {
    await using client = await connect(each.slug)
    expect(await client.say(each.tool, each.args)).toContain(each.says)
    expect(client.asked.map(({ method }) => method)).toEqual([each.asks])
  },
)

test('several rounds with one server of the newer era look like requests to the client', async () => {
  await using client = await connect('modern')
  expect(await client.say('test_input_required_result_multi_round')).toBe('my name likes my color')
})

test('rounds of a prompt: the server is found by its name where several are seen', async () => {
  await using client = await connectAskable(`${node.url}/mcp`, token, undefined, 'legacy')
  const { messages } = await client.client.getPrompt({ name: 'modern_test_input_required_result_prompt' })
  expect(JSON.stringify(messages)).toContain('my context')
  expect(client.asked.map(({ method }) => method)).toEqual(['elicitation/create'])
})

test('a client that declared nothing is asked nothing', async () => {
  await using client = await connect('legacy', { capabilities: {} })
  await client.say('test_elicitation', { message: 'Which?' }).catch(() => undefined)
  expect(client.asked).toEqual([])
})

test('a server whose mandate names only its tool may not turn to the client, and the refusal is in the log', async () => {
  const narrow = await allow(node.ambit, [
    { target: 'legacy', capability: 'test_elicitation', decision: 'autonomous' },
  ])
  await using client = await connect('legacy', { token: narrow.token })
  await client.say('test_elicitation', { message: 'Which?' }).catch(() => undefined)
  expect(client.asked).toEqual([])
  await until('the refusal of the question is in the log', async () =>
    (await readLog(node.url, 'activity')).some(
      (leaf) => leaf.kind === 'act.refused' && leaf.capability === 'elicitation/create',
    ),
  )
})

test('log messages of a call reach the client from the level it set', async () => {
  await using client = await connect('legacy')
  const heard: unknown[] = []
  client.client.setNotificationHandler('notifications/message', ({ params }) => void heard.push(params.data))
  await client.say('test_tool_with_logging')
  expect(heard).toHaveLength(3)
  await client.client.setLoggingLevel('error')
  await client.say('test_tool_with_logging')
  expect(heard).toHaveLength(3)
})

test('an answer that a server gives only to whoever comes back for it reaches the client', async () => {
  await using client = await connect('legacy')
  expect(await client.say('test_reconnection')).toContain('came back')
})

test('a client whose stream broke takes up the rest, and the act goes on meanwhile', async () => {
  await using client = await connect('legacy')
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'text/event-stream, application/json',
    'mcp-session-id': sessionOf(client),
    'mcp-protocol-version': '2025-11-25',
  }
  const call = {
    jsonrpc: '2.0',
    id: 'mine',
    method: 'tools/call',
    params: { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken: 'p' } },
  }
  const broken = new AbortController()
  const url = `${node.url}/mcp/legacy`
  const first = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(call),
    signal: broken.signal,
  })
  const begun = new TextDecoder().decode((await first.body!.getReader().read()).value)
  broken.abort()
  const last = /^id: (\S+)$/m.exec(begun)![1]!
  // Nobody else can take it up: not with another token, not from another session.
  const stranger = await connect('legacy')
  const foreign = new AbortController()
  const other = await fetch(url, {
    headers: { ...headers, 'mcp-session-id': sessionOf(stranger), 'last-event-id': last },
    signal: foreign.signal,
  })
  expect(other.status).toBe(200)
  const rest = await fetch(url, { headers: { ...headers, 'last-event-id': last } })
  const text = await rest.text()
  expect(text).toMatch(/"progress":100/)
  expect(text).toMatch(/"id":"mine","result"/)
  foreign.abort()
  await expect(other.text()).rejects.toThrow()
  await stranger[Symbol.asyncDispose]()
})

test('an answer to a question counts only from the session that was asked', async () => {
  await using client = await connect('legacy', { capabilities: {} })
  const forged = { jsonrpc: '2.0', id: 'f'.repeat(32), result: { action: 'accept' } }
  const answer = await fetch(`${node.url}/mcp/legacy`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': sessionOf(client),
    },
    body: JSON.stringify(forged),
  })
  expect(answer.status).toBe(202)
})

test('a client hears of a resource it subscribed to, from a server over pipes', async () => {
  await using client = await connect('everything')
  const updated: string[] = []
  client.client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void updated.push(params.uri),
  )
  const { resources } = await client.client.listResources()
  const uri = resources[0]!.uri
  await client.client.subscribeResource({ uri })
  await client.say('toggle-subscriber-updates')
  await until('an update arrives', () => updated.includes(uri))
  await client.client.unsubscribeResource({ uri })
  await client.say('toggle-subscriber-updates')
})

test('"the federated session is left half-alive": a server that was started again serves the same session', async () => {
  const server = await startEverything()
  await bringOnline(node.ambit, { url: server.url }, 'restarted')
  const own = await allow(node.ambit, [{ target: 'restarted', capability: '*', decision: 'autonomous' }])
  await using client = await connect('restarted', { token: own.token })
  expect(await client.say('echo', { message: 'before' })).toContain('before')
  await server.stop()
  const again = await startEverything(server.port)
  expect(await client.say('echo', { message: 'after' })).toContain('after')
  expect((await client.client.listPrompts()).prompts.length).toBeGreaterThan(0)
  await again.stop()
})

test('"restart strands every client": a session goes on when the node was started again', async () => {
  const server = await startEverything()
  const first = await startTestNode()
  await bringOnline(first.ambit, { url: server.url }, 'everything')
  const own = await allow(first.ambit, [{ target: 'everything', capability: '*', decision: 'autonomous' }])
  await using client = await connectAskable(`${first.url}/mcp`, own.token, undefined, 'legacy')
  expect(await client.say('echo', { message: 'before' })).toContain('before')
  const { port, data } = first
  await first.stop()
  await using second = await startTestNode({ data, env: { AMBIT_PORT: String(port) } })
  expect(await client.say('echo', { message: 'after' })).toContain('after')
  expect(second.port).toBe(port)
  await server.stop()
})

function sessionOf({ client }: AskableClient): string {
  return client.transport?.sessionId ?? ''
}
