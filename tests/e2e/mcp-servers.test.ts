import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { startConformanceMcp } from '@ambit/testkit/conformance-mcp-server'
import type { ConformanceMcpServer } from '@ambit/testkit/conformance-mcp-server'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Several servers at one address, as clients of the official SDK see them: one server speaks 2026-07-28, the other one
 * only the eras with sessions.
 */

let node: TestNode
let servers: ConformanceMcpServer[]
let token: string
const open: Client[] = []

beforeAll(async () => {
  servers = await Promise.all([
    startConformanceMcp({ eras: 'modern' }),
    startConformanceMcp({ eras: 'legacy' }),
  ])
  node = await startTestNode({ env: { AMBIT_MCP_TOOLS_LISTED_MAX: '200' } })
  await bringOnline(node.ambit, { url: servers[0]!.url }, 'new')
  await bringOnline(node.ambit, { url: servers[1]!.url }, 'old')
  ;({ token } = await allow(node.ambit, [
    { target: 'new', capability: '*', decision: 'autonomous' },
    { target: 'old', capability: '*', decision: 'autonomous' },
  ]))
})

afterAll(async () => {
  await Promise.all(open.map(async (client) => await client.close()))
  await node[Symbol.asyncDispose]()
  await Promise.all(servers.map(async (server) => await server.close()))
})

async function connect(era: 'modern' | 'legacy', path = '/mcp'): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    era === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {},
  )
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${node.url}${path}`), { requestInit }))
  open.push(client)
  return client
}

describe.each(['modern', 'legacy'] as const)('a %s client', (era) => {
  test('sees the tools, prompts, resources and templates of both, told apart by their names', async () => {
    const client = await connect(era)
    const tools = (await client.listTools()).tools.map((tool) => tool.name)
    const prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name)
    const resources = (await client.listResources()).resources.map((resource) => resource.uri)
    const templates = (await client.listResourceTemplates()).resourceTemplates.map((each) => each.uriTemplate)
    for (const slug of ['new', 'old']) {
      expect(tools).toContain(`${slug}_test_simple_text`)
      expect(prompts).toContain(`${slug}_test_simple_prompt`)
      expect(resources).toContain(`ambit.${slug}+test://static-text`)
      expect(templates).toContain(`ambit.${slug}+test://template/{id}/data`)
    }
    expect(new Set(tools).size).toBe(tools.length)
  })

  test('uses what it saw under the names it saw', async () => {
    const client = await connect(era)
    for (const slug of ['new', 'old']) {
      const called = await client.callTool({ name: `${slug}_test_simple_text`, arguments: {} })
      expect(called.isError ?? false).toBe(false)
      const uri = `ambit.${slug}+test://static-text`
      const { contents } = await client.readResource({ uri })
      expect(contents).toMatchObject([{ uri, text: 'This is the content of the static text resource.' }])
      const filled = `ambit.${slug}+test://template/7/data`
      expect((await client.readResource({ uri: filled })).contents[0]).toMatchObject({ uri: filled })
      const prompt = { name: `${slug}_test_prompt_with_arguments`, arguments: { arg1: 'a', arg2: 'b' } }
      const { messages } = await client.getPrompt(prompt)
      expect(JSON.stringify(messages)).toContain("arg1='a', arg2='b'")
      const ref = { type: 'ref/prompt' as const, name: `${slug}_test_prompt_with_arguments` }
      const completed = await client.complete({ ref, argument: { name: 'arg1', value: 'x' } })
      expect(completed.completion.values).toEqual([])
    }
  })

  test('can read the resources that a tool or a prompt names', async () => {
    const client = await connect(era)
    for (const slug of ['new', 'old']) {
      const { content } = await client.callTool({ name: `${slug}_test_embedded_resource`, arguments: {} })
      expect(JSON.stringify(content)).toContain(`"uri":"ambit.${slug}+test://`)
      const { messages } = await client.getPrompt({
        name: `${slug}_test_prompt_with_embedded_resource`,
        arguments: { resourceUri: 'test://static-text' },
      })
      const [first] = messages
      const uri = first?.content.type === 'resource' ? first.content.resource.uri : ''
      expect(uri).toBe(`ambit.${slug}+test://static-text`)
      expect((await client.readResource({ uri })).contents).toHaveLength(1)
    }
  })

  test('sees one server alone at its address, under its own names', async () => {
    const client = await connect(era, '/mcp/old')
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('test_simple_text')
    expect((await client.listResources()).resources.map((resource) => resource.uri)).toContain(
      'test://static-text',
    )
    const { contents } = await client.readResource({ uri: 'test://static-text' })
    expect(contents[0]?.uri).toBe('test://static-text')
    expect((await client.getPrompt({ name: 'test_simple_prompt' })).messages).toHaveLength(1)
    // The longer form, which `/mcp` shows, means the same tool.
    expect((await client.callTool({ name: 'old_test_simple_text', arguments: {} })).isError ?? false).toBe(
      false,
    )
  })

  test('is told that there is no such resource or prompt', async () => {
    const client = await connect(era)
    const missing = client.readResource({ uri: 'test://static-text' })
    await expect(missing).rejects.toThrow('no server here has that resource')
    await expect(client.getPrompt({ name: 'test_simple_prompt' })).rejects.toThrow('no such prompt')
  })

  test('hears when the list of one of them changes', async () => {
    const client = await connect(era)
    const told: string[] = []
    client.setNotificationHandler(
      'notifications/prompts/list_changed',
      ({ method }) => void told.push(method),
    )
    await client.listPrompts()
    if (era === 'modern') await client.listen({ promptsListChanged: true })
    // What a server told before it was listened to is heard by nobody.
    while (told.length === 0) await client.callTool({ name: 'new_test_trigger_prompt_change', arguments: {} })
  })
})

test('an address that names no server says so', async () => {
  const answer = await fetch(`${node.url}/mcp/nothing`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({
    error: { message: expect.stringContaining('no MCP server') as string, data: { slug: 'nothing' } },
  })
})
