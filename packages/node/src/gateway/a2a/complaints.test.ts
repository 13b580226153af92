import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { a2aClient, a2aClient03, answerText, textRequest } from '@ambit/testkit/a2a-client'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import { rawCard, startRawAgent } from '@ambit/testkit/a2a-raw'
import { expect, test } from 'vitest'

/* What users of other gateways and SDKs complained of, in their own words as far as that goes. */

const v1 = { 'a2a-version': '1.0' }

async function cardOf(url: string, headers: Record<string, string> = v1): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/.well-known/agent-card.json`, { headers })
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, unknown>
}

/** An agent whose card says these interfaces, and which says what reached it where. */
async function agentWith(
  interfaces: (url: string) => Record<string, unknown>,
): Promise<{ url: string; reached: string[] } & AsyncDisposable> {
  const reached: string[] = []
  const agent = await startRawAgent((request, response) => {
    reached.push(`${request.path} ${String(request.headers['a2a-version'])}`)
    const result = { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }] } }
    const rpc = { jsonrpc: '2.0', id: request.id, result }
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(request.path === '/v1' ? rpc : result))
  })
  // The raw agent serves its own card; this one is served beside it.
  const cards = createServer((_, response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ ...rawCard(agent.url), ...interfaces(agent.url) })),
  )
  await new Promise<void>((resolve) => cards.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(cards.address() as AddressInfo).port}/card.json`,
    reached,
    async [Symbol.asyncDispose]() {
      cards.closeAllConnections()
      await new Promise<void>((resolve) => {
        cards.close(() => resolve())
      })
      await agent[Symbol.asyncDispose]()
    },
  }
}

test("agentgateway #2981: the card's address is that of the gateway, without the agent's own path appended", async () => {
  const offered = (url: string) => ({
    supportedInterfaces: [{ url: `${url}/a2a/tock/`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  })
  await using agent = await agentWith(offered)
  await using node = await startA2aNode({ agents: { tick: agent.url } })
  const { supportedInterfaces } = await cardOf(node.agentUrl('tick'))
  const addresses = (supportedInterfaces as { url: string }[])
    .map(({ url }) => url)
    .filter((url) => url.startsWith('http'))
  expect(new Set(addresses)).toEqual(new Set([node.agentUrl('tick')]))
})

test('agentgateway #2251: a card of 1.0 has no top-level `url`, and is rewritten all the same', async () => {
  const agent = await startA2aAgent()
  await using node = await startA2aNode({ agents: { echo: agent.url } })
  expect(JSON.stringify(await cardOf(node.agentUrl('echo')))).not.toContain(agent.url)
  await agent.close()
})

test('spring-ai-ascend #241: no address of the agent is left in `additionalInterfaces`', async () => {
  const agent = await startA2aAgent({ legacy: 'only' })
  await using node = await startA2aNode({ agents: { old: agent.url } })
  const card = await cardOf(node.agentUrl('old'), {})
  expect(card['additionalInterfaces']).toBeDefined()
  expect(JSON.stringify(card)).not.toContain(new URL(agent.url).host)
  await agent.close()
})

test('agentgateway #3018: an agent whose card is at no well-known place is registered by the address of the card', async () => {
  await using agent = await agentWith((url) => ({
    supportedInterfaces: undefined,
    url: `${url}/v1`,
    protocolVersion: '0.3.0',
  }))
  await using node = await startA2aNode({ agents: { odd: agent.url } })
  expect(await cardOf(node.agentUrl('odd'), {})).toMatchObject({ url: node.agentUrl('odd') })
})

test('a2a-python #1111: the card of an agent that speaks 1.0 alone is given to every client, whichever version it asks for', async () => {
  const agent = await startA2aAgent()
  await using node = await startA2aNode({ agents: { echo: agent.url } })
  const url = node.agentUrl('echo')
  for (const headers of [{}, v1, { 'a2a-version': '0.3' }]) {
    const card = await cardOf(url, headers)
    expect(card).toMatchObject({ supportedInterfaces: [{ url, protocolVersion: '1.0' }, {}, {}, {}, {}] })
  }
  expect(await cardOf(url, { 'a2a-version': '0.3' })).toMatchObject({ url, protocolVersion: '0.3.0' })
  await agent.close()
})

const sendTo = async (url: string, body: unknown, headers: Record<string, string>): Promise<unknown> => {
  const init = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: 'Bearer ada', 'content-type': 'application/json', ...headers },
  }
  return await (await fetch(url, init)).json()
}

test('trpc-agent-go #2472: a 0.3 interface listed first does not get what is written in 1.0', async () => {
  const offered = (url: string) => ({
    supportedInterfaces: [
      { url: `${url}/v03`, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url: `${url}/rest`, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
    ],
  })
  await using agent = await agentWith(offered)
  await using node = await startA2aNode({ agents: { both: agent.url } })
  const params = { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] } }
  await sendTo(node.agentUrl('both'), { jsonrpc: '2.0', id: 1, method: 'SendMessage', params }, v1)
  expect(agent.reached).toEqual(['/rest/message:send 1.0'])
})

test('a2a-dotnet #331: the same address stands in the card once for each version, and each is used for what it is', async () => {
  const agent = await startA2aAgent({ legacy: 'also' })
  await using node = await startA2aNode({ agents: { both: agent.url } })
  const modern = await a2aClient(node.agentUrl('both'), 'JSONRPC', 'ada')
  const former = a2aClient03(node.agentUrl('both'), 'JSONRPC', 'ada')
  expect(answerText(await modern.sendMessage(textRequest('one')))).toBe('echo: one')
  expect(answerText(await former.sendMessage(textRequest('two')))).toBe('echo: two')
  expect(agent.bodies.slice(-2).map((body) => (JSON.parse(body) as { method: string }).method)).toEqual([
    'SendMessage',
    'message/send',
  ])
  await agent.close()
})

test('a2a-samples #599: an interface without a version is one of 0.3, as every SDK reads it', async () => {
  await using agent = await agentWith((url) => ({
    supportedInterfaces: [{ url: `${url}/v1`, protocolBinding: 'JSONRPC' }],
  }))
  await using node = await startA2aNode({ agents: { old: agent.url } })
  const params = { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] } }
  await sendTo(node.agentUrl('old'), { jsonrpc: '2.0', id: 1, method: 'SendMessage', params }, v1)
  expect(agent.reached).toEqual(['/v1 0.3'])
})
