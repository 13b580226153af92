import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { a2aClient, a2aClient03 } from '@ambit/testkit/a2a-client'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import type { A2aNode } from '@ambit/testkit/a2a-node'
import { rawCard, startRawAgent } from '@ambit/testkit/a2a-raw'
import { afterAll, beforeAll, expect, test } from 'vitest'

let known: A2aAgent
let node: A2aNode
beforeAll(async () => {
  known = await startA2aAgent({
    legacy: 'also',
    change: (card) => ({ ...card, capabilities: { ...card.capabilities!, extendedAgentCard: true } }),
    extended: (card) => ({ ...card, description: 'Says more to those it knows.' }),
  })
  node = await startA2aNode({ agents: { known: known.url } })
})
afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await known.close()
})

const headers = { 'a2a-version': '1.0', 'content-type': 'application/json', authorization: 'Bearer ada' }

async function get(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { headers })
  return { status: response.status, body: await response.json() }
}

const bindings = ['JSONRPC', 'HTTP+JSON'] as const

test.each(bindings)(
  'gives a caller it knows the extended card over %s, rewritten and signed',
  async (binding) => {
    const client = await a2aClient(node.agentUrl('known'), binding, 'ada')
    const extended = await client.getAgentCard()
    expect(extended.description).toBe('Says more to those it knows.')
    expect(JSON.stringify(extended)).not.toContain(known.url)
    const former = await a2aClient03(node.agentUrl('known'), binding, 'ada').getExtendedAgentCard({
      tenant: '',
    })
    expect(former.description).toBe('Says more to those it knows.')
    expect(former.supportedInterfaces.map(({ url }) => url)).toContain(node.agentUrl('known'))
  },
)

test('an agent that declares an extended card and has none is told in its own error', async () => {
  const bare = await startA2aAgent({
    change: (card) => ({ ...card, capabilities: { ...card.capabilities!, extendedAgentCard: true } }),
  })
  await using own = await startA2aNode({ agents: { bare: bare.url } })
  const { body } = await get(`${own.agentUrl('bare')}/extendedAgentCard`)
  expect(body).toMatchObject({ error: { details: [{ reason: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED' }] } })
  await bare.close()
})

const oddCards: readonly (readonly [string, string])[] = [
  ['no card', '{"name":"Odd"}'],
  ['a list', '[]'],
  [
    'a number that JSON cannot say twice',
    JSON.stringify(rawCard('http://x')).replace('"Raw"', '"Raw","odd":1e400'),
  ],
  ['a lone surrogate', JSON.stringify(rawCard('http://x')).replace('Says what', '\\ud800')],
]

test.each(oddCards)("an extended card that is %s is the agent's fault", async (_, card) => {
  await using odd = await startRawAgent(
    ({ id }, response) =>
      response
        .setHeader('content-type', 'application/json')
        .end(id === undefined ? card : `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${card}}`),
    { capabilities: { extendedAgentCard: true } },
  )
  await using own = await startA2aNode({ agents: { odd: odd.url } })
  const rest = await get(`${own.agentUrl('odd')}/extendedAgentCard`)
  expect(rest).toMatchObject({
    status: 502,
    body: { error: { details: [{ reason: 'INVALID_AGENT_RESPONSE' }] } },
  })
  const asked = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetExtendedAgentCard', params: {} })
  const rpc = await fetch(own.agentUrl('odd'), { method: 'POST', headers, body: asked })
  expect(await rpc.json()).toMatchObject({ id: 1, error: { code: -32006 } })
})
