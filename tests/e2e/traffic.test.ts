import { startRawAgent } from '@ambit/testkit/a2a-raw'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { send } from '@ambit/testkit/raw-http'
import { answerJson, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { describe, expect, test } from 'vitest'

/*
 * Callers that ask for too much and upstreams that fail again and again: told so at once, in the words of their
 * protocol, and nobody else is the worse for it.
 */

const args = { text: 'hello' }
const everything = [{ target: '*', capability: '*', decision: 'autonomous' }] as const

function a2aBody(id: number): string {
  const message = { messageId: `m${id}`, role: 'ROLE_USER', parts: [{ text: 'hello' }] }
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'SendMessage', params: { message } })
}

async function a2aCall(node: TestNode, { token }: TestAccess, slug: string, rest = false) {
  const params = (JSON.parse(a2aBody(1)) as { params: unknown }).params
  return await send(node.port, {
    method: 'POST',
    path: `/a2a/${slug}${rest ? '/message:send' : ''}`,
    headers: {
      'content-type': rest ? 'application/a2a+json' : 'application/json',
      'a2a-version': '1.0',
      authorization: `Bearer ${token}`,
    },
    body: rest ? JSON.stringify(params) : a2aBody(1),
  })
}

async function metric(node: TestNode, name: string): Promise<number> {
  const { text } = await send(node.metricsPort, { path: '/metrics' })
  const found = new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)
  return found === null ? 0 : Number(found[1])
}

describe('a caller that is too fast', () => {
  test('is told when to try again in the words of its protocol, and another caller is served', async () => {
    await using upstream = await startRawMcpServer(({ id }, response) =>
      answerJson(response, id, textResult('here')),
    )
    await using agent = await startRawAgent(({ id }, response) => {
      const message = { messageId: 'a', role: 'ROLE_AGENT', parts: [{ text: 'here' }] }
      answerJson(response, id, { message })
    })
    await using node = await startTestNode({ env: { AMBIT_CALLER_RATE_MAX: '1' } })
    await bringOnline(node.ambit, { url: upstream.url }, 'desk')
    await bringOnline(node.ambit, { url: agent.url }, 'agent')
    const noisy = await allow(node.ambit, everything)
    const quiet = await allow(node.ambit, everything)
    const client = await connectMcpClient(noisy.mcpUrl, { token: noisy.token })
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => await rawCall(node.port, { token: noisy.token, args })),
    )
    const limited = answers.filter(({ status }) => status === 429)
    expect(limited.length).toBeGreaterThan(150)
    expect(answers.filter(({ status }) => status === 200).length + limited.length).toBe(200)
    expect(limited[0]!.headers['retry-after']).toBe('1')
    expect(limited[0]!.json()).toMatchObject({
      error: { data: { code: 'act.rate-limited', retryable: true, retryAfterMs: expect.any(Number) } },
    })
    const calls = await Promise.allSettled(
      Array.from({ length: 10 }, async () => await client.call('echo', args)),
    )
    expect(calls.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { data: { code: 'act.rate-limited', retryAfterMs: expect.any(Number) } },
    })
    for (const rest of [false, true]) {
      const told = await Promise.all(
        Array.from({ length: 10 }, async () => await a2aCall(node, noisy, 'agent', rest)),
      )
      const answer = told.find(({ status }) => status === 429)
      expect(answer?.headers['retry-after']).toBe('1')
      expect(answer?.text).toContain('act.rate-limited')
      expect(answer?.text).toContain('retryAfterMs')
    }
    // While all that went on, nothing was taken from another caller.
    expect((await rawCall(node.port, { token: quiet.token, args })).status).toBe(200)
    expect(
      await metric(node, 'ambit_acts_total{decision="refuse",status="act.rate-limited"}'),
    ).toBeGreaterThan(150)
    const { acts } = await node.ambit.acts.list({ limit: 200 })
    const refused = acts.filter(({ reasons }) => reasons?.[0]?.code === 'act.rate-limited')
    expect(refused.length).toBeGreaterThanOrEqual(1)
    expect(refused.length).toBeLessThan(20)
    expect(refused[0]!.reasons).toEqual([{ code: 'act.rate-limited', rule: 'AMBIT_CALLER_RATE_MAX' }])
    await client.close()
  })

  test('is served without such a limit', async () => {
    await using upstream = await startRawMcpServer(({ id }, response) =>
      answerJson(response, id, textResult('here')),
    )
    await using node = await startTestNode()
    await bringOnline(node.ambit, { url: upstream.url }, 'desk')
    const noisy = await allow(node.ambit, everything)
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => await rawCall(node.port, { token: noisy.token, args })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(200)
  })

  test('has only so many acts under way, and another caller still gets through', async () => {
    const held: (() => void)[] = []
    await using upstream = await startRawMcpServer(({ id }, response) => {
      held.push(() => answerJson(response, id, textResult('here')))
    })
    await using node = await startTestNode({ env: { AMBIT_CALLER_ACTS_MAX: '3' } })
    await bringOnline(node.ambit, { url: upstream.url }, 'desk')
    const noisy = await allow(node.ambit, everything)
    const quiet = await allow(node.ambit, everything)
    const first = Array.from(
      { length: 3 },
      async () => await rawCall(node.port, { token: noisy.token, args }),
    )
    await until('its acts are under way', () => held.length === 3)
    const refused = await rawCall(node.port, { token: noisy.token, args })
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
    expect(refused.text).toContain('act.busy')
    const other = rawCall(node.port, { token: quiet.token, args })
    await until('the other is under way', () => held.length === 4)
    for (const answer of held) answer()
    for (const answer of [...first, other]) expect((await answer).status).toBe(200)
  })
})

describe('an upstream that fails again and again', () => {
  const kinds = ['hangs up', 'answers 503 by what stands before it'] as const
  test.each(kinds)('and %s is given a rest, shown, and used again when it is back', async (kind) => {
    let isBroken = true
    await using upstream = await startRawMcpServer(({ id }, response) => {
      if (!isBroken) answerJson(response, id, textResult('here'))
      else if (kind === 'hangs up') response.destroy()
      else response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Service Unavailable</h1>')
    })
    await using node = await startTestNode()
    await bringOnline(node.ambit, { url: upstream.url }, 'desk')
    const { token } = await allow(node.ambit, everything)
    const call = async () => await rawCall(node.port, { token, args })
    for (let at = 0; at < 5; at++) expect((await call()).text).toContain('upstream.unreachable')
    expect(upstream.calls).toBe(5)
    const refused = await call()
    expect(refused.text).toMatch(/upstream.unreachable.*5 times in a row.*it is tried again in \d+ s/s)
    expect(refused.headers['retry-after']).toBe('1')
    expect(upstream.calls).toBe(5)
    expect((await node.ambit.status()).upstreams).toMatchObject([{ record: 'desk', failures: 5 }])
    expect(await metric(node, 'ambit_upstreams_open')).toBe(1)
    const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
    expect(act!.reasons).toEqual([{ code: 'upstream.unreachable', rule: 'breaker' }])
    isBroken = false
    await until('it is used again', async () => (await call()).text.includes('here'))
    expect((await node.ambit.status()).upstreams).toEqual([])
    expect(await metric(node, 'ambit_upstreams_open')).toBe(0)
  })

  test('with errors of its own protocol is never given a rest', async () => {
    await using upstream = await startRawMcpServer(({ id }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32603, message: 'broken' } }))
    })
    await using node = await startTestNode()
    await bringOnline(node.ambit, { url: upstream.url }, 'desk')
    const { token } = await allow(node.ambit, everything)
    for (let at = 0; at < 30; at++) await rawCall(node.port, { token, args })
    expect(upstream.calls).toBe(30)
  })
})
