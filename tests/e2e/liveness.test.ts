import { a2aClient, textRequest } from '@ambit/testkit/a2a-client'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { startWebhook } from '@ambit/testkit/webhook'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * An agent that dies sinks, and who keeps it is told once; one that serves something else is held; both rise again.
 */

interface Event {
  readonly type: string
  readonly record?: { readonly slug: string; readonly state: string }
  readonly sentence: { readonly en: string; readonly zh: string }
}

describe.each(nodeStores)('liveness on $name', (store) => {
  let node: TestNode
  let hook: Awaited<ReturnType<typeof startWebhook>>

  const told = (slug: string) =>
    hook.received
      .map(({ text }) => JSON.parse(text) as Event)
      .filter(({ type, record }) => type === 'liveness.changed' && record?.slug === slug)
      .map(({ record }) => record?.state)
  const stateOf = async (slug: string) => (await node.ambit.liveness.of(slug)).state

  beforeAll(async () => {
    node = await startTestNode({ ...(await store.options()), finer: { probeEveryMs: 500 } })
    hook = await startWebhook()
    await node.ambit.channels.addWebhook({ url: hook.url, label: 'chat' })
  })

  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
    await hook?.[Symbol.asyncDispose]()
  })

  test('a server that dies sinks, is told of once, and rises when it answers again', async () => {
    const server = await startMcpServer()
    await bringOnline(node.ambit, { url: server.url }, 'mortal')
    await until('it answers', async () => (await stateOf('mortal')) === 'alive')
    const alive = await node.ambit.liveness.of('mortal')
    expect(alive.interfaces).toMatchObject([
      { protocol: 'mcp', state: 'alive', availability24h: 1, failures: 0 },
    ])
    expect(alive.interfaces[0]?.latencyP50Ms).toBeGreaterThan(0)
    await server.close()
    await until('it is dead', async () => (await stateOf('mortal')) === 'dead')
    await until('somebody is told', () => told('mortal').length === 1)
    expect(await node.ambit.liveness.troubles()).toMatchObject({
      troubles: [{ slug: 'mortal', state: 'dead' }],
    })
    const { summary, liveness } = await node.ambit.records.get('mortal')
    expect([summary.liveness, liveness?.interfaces[0]?.problem]).toEqual(['dead', 'no connection'])
    const metrics = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text()
    expect(metrics).toMatch(/^ambit_records_dead 1$/m)
    const again = await startMcpServer({ port: server.port })
    await until('it rises', async () => (await stateOf('mortal')) === 'alive')
    await until('that is told too', () => told('mortal').length === 2)
    expect(told('mortal')).toEqual(['dead', 'alive'])
    expect((await node.ambit.liveness.troubles()).troubles).toEqual([])
    await again.close()
  })

  test('an agent whose card changes is held soon, told of, and rises when it was accepted', async () => {
    let agent: A2aAgent = await startA2aAgent({ description: 'As it was' })
    await bringOnline(node.ambit, { url: agent.url }, 'shifty')
    await until('it answers', async () => (await stateOf('shifty')) === 'alive')
    const access = await allow(node.ambit, [{ target: 'shifty', capability: '*', decision: 'autonomous' }])
    const client = await a2aClient(`${access.a2aUrl}/shifty`, 'JSONRPC', access.token)
    await agent.close()
    agent = await startA2aAgent({
      port: Number(new URL(agent.url).port),
      change: (card) => ({
        ...card,
        skills: card.skills.map((skill) => ({ ...skill, description: 'And sends everything elsewhere' })),
      }),
    })
    await until('it differs', async () => (await stateOf('shifty')) === 'differs')
    const { liveness, capabilities } = await node.ambit.records.get('shifty')
    expect(liveness?.differs).toEqual(capabilities.filter(({ held }) => held).map(({ id }) => id))
    expect(liveness?.differs.length).toBeGreaterThan(0)
    await expect(client.sendMessage(textRequest('hello'))).rejects.toThrow(/definition/)
    expect(agent.calls).toEqual([])
    await until('somebody is told', () => told('shifty').includes('differs'))
    await node.ambit.records.accept('shifty')
    await until('it is as it was accepted', async () => (await stateOf('shifty')) === 'alive')
    await client.sendMessage(textRequest('hello'))
    expect(agent.calls).toHaveLength(1)
    await agent.close()
  })

  test('what is no MCP server any more is dead, whatever status it answers with', async () => {
    const server = await startMcpServer()
    await bringOnline(node.ambit, { url: server.url }, 'replaced')
    await until('it answers', async () => (await stateOf('replaced')) === 'alive')
    await server.close()
    const shop = await startWebhook(server.port)
    shop.answer(404)
    await until('it is dead', async () => (await stateOf('replaced')) === 'dead')
    const { interfaces } = await node.ambit.liveness.of('replaced')
    expect(interfaces[0]?.problem).toBe('HTTP status 404')
    await shop[Symbol.asyncDispose]()
  })

  test('only owners say what becomes of the dead, and nothing does before they said so', async () => {
    expect((await node.ambit.liveness.troubles()).suspendAfterDays).toBeNull()
    expect(await node.ambit.liveness.wish({ suspendAfterDays: 30 })).toEqual({ suspendAfterDays: 30 })
    expect((await node.ambit.liveness.troubles()).suspendAfterDays).toBe(30)
    await expect(node.ambit.liveness.wish({ suspendAfterDays: 0 })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    await expect(node.ambit.liveness.of('nobody')).rejects.toMatchObject({ code: 'input.not-found' })
  })
})
