import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/* What users of other gateways complain of, each under its own words, against a node with real servers and clients. */

let node: TestNode
const servers: TestMcpServer[] = []
const open: Client[] = []

beforeAll(async () => {
  node = await startTestNode()
  servers.push(
    await startMcpServer({ extraTools: 200 }),
    await startMcpServer({ eras: 'modern' }),
    await startMcpServer({ eras: 'legacy' }),
    await startMcpServer(),
  )
  const slugs = ['many', 'first', 'second', 'shut']
  for (const [at, slug] of slugs.entries()) await bringOnline(node.ambit, { url: servers[at]!.url }, slug)
})

afterAll(async () => {
  await Promise.all(open.map(async (client) => await client.close()))
  await node[Symbol.asyncDispose]()
  await Promise.all(servers.map(async (server) => await server.close()))
})

type Era = 'modern' | 'legacy'
const eras: readonly Era[] = ['modern', 'legacy']

async function connect(era: Era, token: string, path = '/mcp'): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    era === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {},
  )
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${node.url}${path}`), { requestInit }))
  open.push(client)
  return client
}

async function tokenFor(...allowed: readonly (readonly [slug: string, capability: string])[]) {
  const entries = allowed.map(([target, capability]) => ({
    target,
    capability,
    decision: 'autonomous' as const,
  }))
  return (await allow(node.ambit, entries)).token
}

const namesOf = (tools: readonly { readonly name: string }[]) => tools.map((tool) => tool.name)

describe.each(eras)('%s client: «50+ tools consume 60–80%% of the context window»', (era) => {
  test('of two hundred tools a client reads three, and the one its mandate names', async () => {
    const token = await tokenFor(['many', '*'], ['many', 'echo'])
    const client = await connect(era, token)
    const { tools } = await client.listTools()
    expect(namesOf(tools)).toEqual(['find_tools', 'describe_tool', 'call_tool', 'echo'])
    const whole = await fetch(`${node.url}/api/records/many`, {
      headers: { authorization: `Bearer ${node.session}` },
    })
    // Less than a twentieth of what the definitions of all tools would take.
    expect(JSON.stringify(tools).length * 20).toBeLessThan((await whole.text()).length)
  })

  test('finds the tool by what it does, reads its schema, and calls it', async () => {
    const client = await connect(era, await tokenFor(['many', '*']))
    const found = await client.callTool({ name: 'find_tools', arguments: { query: 'add two numbers' } })
    const [best] = (found.structuredContent as { tools: { name: string }[] }).tools
    expect(best?.name).toBe('add')
    const described = await client.callTool({ name: 'describe_tool', arguments: { name: 'add' } })
    expect(described.structuredContent).toMatchObject({
      tool: { inputSchema: { required: ['a', 'b'] }, outputSchema: {} },
    })
    const called = await client.callTool({
      name: 'call_tool',
      arguments: { name: 'add', arguments: { a: 2, b: 3 } },
    })
    expect(called.structuredContent).toEqual({ sum: 5 })
  })

  test('what is called so is decided and recorded as the tool that it is', async () => {
    const client = await connect(era, await tokenFor(['many', 'tool-*']))
    expect(namesOf((await client.listTools()).tools)).toHaveLength(3)
    const called = await client.callTool({ name: 'call_tool', arguments: { name: 'tool-7' } })
    expect(called.content).toEqual([{ type: 'text', text: 'tool-7' }])
    const refused = await client.callTool({ name: 'call_tool', arguments: { name: 'fail', arguments: {} } })
    expect(refused.isError).toBe(true)
    expect(JSON.stringify(refused.content)).toContain('mandate.no-entry')
    const { acts } = await node.ambit.acts.list({ limit: 2 })
    expect(acts.map(({ capability, decision }) => [capability, decision])).toEqual([
      ['fail', 'refuse'],
      ['tool-7', 'allow'],
    ])
  })
})

describe.each(eras)('%s client: «silent empty tool list instead of a reason»', (era) => {
  test('an empty list says that the mandate names nothing of the server', async () => {
    const client = await connect(era, await tokenFor(['first', 'nothing']))
    const { tools, _meta } = await client.listTools()
    expect(tools).toEqual([])
    expect(_meta?.['ambit/left-out']).toMatchObject([
      { code: 'mandate.no-entry', what: expect.stringContaining('first') as string },
    ])
    expect(client.getInstructions()).toContain('The mandate names first, and none of its capabilities.')
  })

  test('a server that is not in use is named with its state, and its address says so', async () => {
    const token = await tokenFor(['shut', '*'], ['first', 'echo'])
    await node.ambit.records.suspend('shut')
    const client = await connect(era, token)
    const { tools, _meta } = await client.listTools()
    expect(namesOf(tools)).toEqual(['echo'])
    expect(_meta?.['ambit/left-out']).toMatchObject([{ code: 'record.suspended', evidence: 'suspended' }])
    const called = await client.callTool({ name: 'shut_echo', arguments: { text: 'x' } })
    expect(JSON.stringify(called.content)).toContain('record.suspended')
    const alone = connect('legacy', token, '/mcp/shut')
    await expect(alone).rejects.toThrow(/\/mcp\/shut shows nothing: shut is not in use: it is suspended/)
    await node.ambit.records.reinstate('shut')
    expect((await (await connect(era, token, '/mcp/shut')).listTools()).tools).not.toEqual([])
  })
})

describe.each(eras)('%s client: «multiplexing returns an empty list with a 2nd backend»', (era) => {
  test('the tools of both are there, and each can be called', async () => {
    const client = await connect(era, await tokenFor(['first', '*'], ['second', '*']))
    const names = namesOf((await client.listTools()).tools)
    expect(names.filter((name) => name.endsWith('_echo'))).toEqual(['first_echo', 'second_echo'])
    for (const name of ['first_echo', 'second_echo']) {
      const { content } = await client.callTool({ name, arguments: { text: name } })
      expect(content).toEqual([{ type: 'text', text: name }])
    }
  })

  test('a second server that comes while a client is connected takes nothing away from it', async () => {
    const slug = `late-${era}`
    const entries = ['first', slug].map((target) => [target, '*'] as const)
    const token = await tokenFor(...entries)
    const client = await connect(era, token)
    const before = namesOf((await client.listTools()).tools)
    expect(before).toContain('echo')
    const late = await startMcpServer()
    servers.push(late)
    await bringOnline(node.ambit, { url: late.url }, slug)
    // Another client of the same mandate: the first one may keep its list for as long as it was told.
    const after = namesOf((await (await connect(era, token)).listTools()).tools)
    for (const name of before) expect(after).toContain(`first_${name}`)
    expect(after).toHaveLength(2 * before.length)
    // The name it saw first still means the same tool.
    const reached = servers[1]!.calls.length
    await client.callTool({ name: 'echo', arguments: { text: 'x' } })
    expect(servers[1]!.calls).toHaveLength(reached + 1)
    expect(late.calls).toEqual([])
  })

  test('a server that is down is not in the way of the other one', async () => {
    const slug = `down-${era}`
    const down = await startMcpServer()
    await bringOnline(node.ambit, { url: down.url }, slug)
    await down.close()
    const client = await connect(era, await tokenFor(['first', '*'], [slug, '*']))
    expect(namesOf((await client.listTools()).tools)).toContain('first_echo')
    const { content } = await client.callTool({ name: 'first_echo', arguments: { text: 'x' } })
    expect(content).toEqual([{ type: 'text', text: 'x' }])
    await expect(client.callTool({ name: `${slug}_echo`, arguments: { text: 'x' } })).rejects.toThrow(
      'upstream.unreachable',
    )
  })
})
