import { connectAmbit } from '@ambit/sdk/client'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { answerJson, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Bad input from what is called: whatever an upstream does, the act ends with an error that names it, recorded as
 * failed, and the credentials of one person never serve another.
 */

let node: TestNode

beforeAll(async () => {
  node = await startTestNode({ env: { AMBIT_UPSTREAM_TIMEOUT_MS: '300' } })
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
})

const args = { text: 'hello' }

describe('upstreams', () => {
  const answers: readonly (readonly [string, Parameters<typeof startRawMcpServer>[0], string])[] = [
    ['stays silent', () => undefined, 'upstream.timeout'],
    ['hangs up', (_, response) => response.destroy(), 'upstream.unreachable'],
    [
      'answers something that is no JSON',
      (_, response) => void response.end('<html>hello</html>'),
      'upstream.invalid',
    ],
    ['answers nothing', (_, response) => void response.end(), 'upstream.invalid'],
    [
      'answers another call',
      (_, response) => answerJson(response, 'another', textResult('for someone else')),
      'upstream.invalid',
    ],
    [
      'answers neither a result nor an error',
      (message, response) => answerJson(response, message.id, undefined),
      'upstream.invalid',
    ],
    [
      'answers more than is passed on',
      ({ id }, response) => answerJson(response, id, textResult('x'.repeat(17 * 1024 * 1024))),
      'upstream.too-large',
    ],
    [
      'ends its stream without an answer',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(': nothing\n\n')
      },
      'upstream.invalid',
    ],
    [
      'sends one event that is larger than is passed on',
      ({ id }, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        const text = JSON.stringify({ jsonrpc: '2.0', id, result: textResult('x'.repeat(17 * 1024 * 1024)) })
        response.end(`data: ${text}\n\n`)
      },
      'upstream.too-large',
    ],
    [
      'sends the client elsewhere',
      (_, response) => {
        response.writeHead(307, { location: `http://127.0.0.1:${node.metricsPort}/metrics` })
        response.end()
      },
      'upstream.invalid',
    ],
  ]

  test.each(answers)('one that %s fails the act by name', async (what, respond, code) => {
    const slug = what.toLowerCase().replaceAll(' ', '-').slice(0, 40)
    await using raw = await startRawMcpServer(respond)
    await bringOnline(node.ambit, { url: raw.url }, slug)
    const own = await allow(node.ambit, [{ target: slug, capability: '*', decision: 'autonomous' }])
    const answer = await rawCall(node.port, { token: own.token, args })
    expect(answer.json()['result']).toBeUndefined()
    expect(answer.text).toContain(code)
    expect(answer.text).not.toContain('someone else')
    // The caller of the older eras hears the same.
    const client = await connectMcpClient(own.mcpUrl, { token: own.token })
    await expect(client.call('echo', args)).rejects.toThrow(code)
    await client.close()
    const { acts } = await node.ambit.acts.list({ limit: 2 })
    for (const act of acts) expect(act).toMatchObject({ target: { slug }, status: 'failed', error: code })
    expect(raw.calls).toBe(2)
    await until('nothing stays open', () => raw.open === 0)
    await node.ambit.records.retire(slug)
  })

  test('one that is not there fails the act by name', async () => {
    const away = await startMcpServer()
    await bringOnline(node.ambit, { url: away.url }, 'away')
    const own = await allow(node.ambit, [{ target: 'away', capability: '*', decision: 'autonomous' }])
    expect((await rawCall(node.port, { token: own.token, args })).text).toContain('hello')
    await away.close()
    expect((await rawCall(node.port, { token: own.token, args })).text).toContain('upstream.unreachable')
    const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
    expect(act).toMatchObject({ status: 'failed', error: 'upstream.unreachable' })
  })

  test("a server's own error is passed on as it is, and recorded", async () => {
    await using raw = await startRawMcpServer(({ id }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32050, message: 'out of paper' } }))
    })
    await bringOnline(node.ambit, { url: raw.url }, 'printer')
    const own = await allow(node.ambit, [{ target: 'printer', capability: '*', decision: 'autonomous' }])
    const answer = await rawCall(node.port, { token: own.token, args })
    expect(answer.json()).toMatchObject({ error: { code: -32050, message: 'out of paper' } })
    const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
    expect(act).toMatchObject({ status: 'failed', error: '-32050' })
  })
})

test('the credentials of one person are never used for another, however their calls mix', async () => {
  await using raw = await startRawMcpServer(({ id, params }, response, request) => {
    const who = request.headers.authorization ?? 'nobody'
    answerJson(response, id, textResult(`${(params.arguments as { text: string }).text} as ${who}`))
  })
  await bringOnline(
    node.ambit,
    { url: raw.url, secrets: [{ header: 'Authorization', value: 'Bearer of-the-owner' }] },
    'bank',
  )
  const people = await Promise.all(
    ['ada', 'bob'].map(async (name) => {
      const { signInLink } = await node.ambit.people.add({ name, roles: ['operator'] })
      const token = new URL(signInLink).searchParams.get('token') ?? ''
      const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
      const ambit = connectAmbit({ url: node.url, ...(session === undefined ? {} : { token: session }) })
      await ambit.records.putSecret('bank', {
        header: 'Authorization',
        value: `Bearer of-${name}`,
        for: 'me',
      })
      return { name, ...(await allow(ambit, [{ target: 'bank', capability: '*', decision: 'autonomous' }])) }
    }),
  )
  const { signInLink } = await node.ambit.people.add({ name: 'Without', roles: ['operator'] })
  const link = new URL(signInLink).searchParams.get('token') ?? ''
  const { session } = await connectAmbit({ url: node.url }).people.signIn(link, 'cli')
  const without = connectAmbit({ url: node.url, ...(session === undefined ? {} : { token: session }) })
  const bare = {
    name: 'nobody',
    ...(await allow(without, [{ target: 'bank', capability: '*', decision: 'autonomous' }])),
  }
  const callers = [...people, bare]
  const said = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const { token, name } = callers[at % callers.length]!
      const answer = await rawCall(node.port, { token, args: { text: `call ${at}` } })
      return { at, name, text: (answer.json()['result'] as { content: { text: string }[] }).content[0]?.text }
    }),
  )
  for (const { at, name, text } of said) {
    expect(text).toBe(`call ${at} as ${name === 'nobody' ? 'nobody' : `Bearer of-${name}`}`)
  }
})
