import { connectAmbit } from '@ambit/sdk/client'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { send, sendBytes } from '@ambit/testkit/raw-http'
import { modernCall, rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

/*
 * Bad input from callers: whatever comes, the answer names what was wrong, nothing reaches what is called, and the
 * node goes on.
 */

let node: TestNode
let server: TestMcpServer
let access: TestAccess

beforeAll(async () => {
  server = await startMcpServer()
  node = await startTestNode()
  await bringOnline(node.ambit, { url: server.url }, 'desk')
  access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
})

afterEach(() => {
  vi.useRealTimers()
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await server.close()
})

const args = { text: 'hello' }

/** The ordinary call still works, and only it reached the server. */
async function expectUnharmed(before: number): Promise<void> {
  expect(server.calls.length).toBe(before)
  const answer = await rawCall(node.port, { token: access.token, args })
  expect(answer.json()).toMatchObject({ result: { content: [{ text: 'hello' }] } })
  expect(server.calls.length).toBe(before + 1)
}

const codeIn = (answer: { json(): Record<string, unknown> }) => {
  const error = answer.json()['error'] as { code: number; message: string; data?: { code?: string } }
  return error.data?.code ?? error.code
}

describe('tokens', () => {
  const refusals: readonly (readonly [string, () => string | undefined, number, string])[] = [
    ['none', () => undefined, 401, 'auth.missing'],
    ['an empty one', () => '', 401, 'auth.missing'],
    ['nonsense', () => 'nonsense', 401, 'auth.unknown-token'],
    [
      'one with a character changed',
      () => `${access.token.slice(0, -1)}${access.token.endsWith('A') ? 'B' : 'A'}`,
      401,
      'auth.unknown-token',
    ],
    ['one that is too long', () => access.token + 'A'.repeat(5000), 401, 'auth.unknown-token'],
    ['that of a person', () => node.session, 401, 'auth.unknown-token'],
  ]
  test.each(refusals)('%s is refused, with the reason', async (_, token, status, code) => {
    const before = server.calls.length
    const given = token()
    for (const path of ['/mcp', '/a2a/desk']) {
      const { headers, body } = modernCall({ args })
      const authorization = given === undefined ? {} : { authorization: `Bearer ${given}` }
      const answer = await send(node.port, {
        method: 'POST',
        path,
        headers: { ...headers, ...authorization },
        body,
      })
      expect(answer.status, path).toBe(status)
      expect(answer.text, path).toContain(code)
      expect(answer.headers['www-authenticate']).toContain('Bearer')
      if (given !== undefined && given !== '') expect(answer.text).not.toContain(given)
    }
    await expectUnharmed(before)
  })

  test('a revoked, an expired and a foreign one each hear which they are', async () => {
    const before = server.calls.length
    const one = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    await node.ambit.mandates.disconnect(one.id)
    const revoked = await rawCall(node.port, { token: one.token, args })
    expect([revoked.status, codeIn(revoked)]).toEqual([401, 'auth.revoked'])

    const short = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }], {
      expires: new Date(Date.now() + 60_000).toISOString(),
    })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    const expired = await rawCall(node.port, { token: short.token, args })
    expect([expired.status, codeIn(expired)]).toEqual([401, 'auth.expired'])
    vi.useRealTimers()

    await using other = await startTestNode()
    const foreign = await rawCall(other.port, { token: access.token, args })
    expect([foreign.status, codeIn(foreign)]).toEqual([401, 'auth.unknown-token'])
    await expectUnharmed(before)
  })

  test('a mandate token opens nothing of the control API, and a session no act', async () => {
    const agent = connectAmbit({ url: node.url, token: access.token })
    for (const attempt of [
      agent.people.me(),
      agent.records.list(),
      agent.mandates.list(),
      agent.acts.list(),
    ]) {
      await expect(attempt).rejects.toMatchObject({ status: 401, code: 'auth.unknown-token' })
    }
    expect((await node.ambit.people.me()).by).toBe('session')
  })
})

describe('messages', () => {
  const post = async (change: { headers?: Record<string, string>; body?: string }) => {
    const call = modernCall({ token: access.token, args })
    return await send(node.port, {
      method: 'POST',
      path: '/mcp',
      headers: { ...call.headers, ...change.headers },
      body: change.body ?? call.body,
    })
  }

  test('a body over the limit is refused with 413', async () => {
    const before = server.calls.length
    const large = await rawCall(node.port, {
      token: access.token,
      args: { text: 'x'.repeat(4 * 1024 * 1024) },
    })
    expect([large.status, codeIn(large)]).toEqual([413, 'input.too-large'])
    expect(server.calls.length).toBe(before)
    const fits = await rawCall(node.port, {
      token: access.token,
      args: { text: 'x'.repeat(4 * 1024 * 1024 - 2000) },
    })
    expect(fits.status).toBe(200)
    await expectUnharmed(before + 1)
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '{"jsonrpc":'],
    ['an empty object', '{}'],
    ['a list', '[]'],
    ['a number', '7'],
    ['deep nesting', '['.repeat(100_000)],
    ['another version of JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"tools/call"}'],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":7}'],
    ['an answer to nothing', '{"jsonrpc":"2.0","id":1,"result":{}}'],
  ])('%s is no message', async (_, body) => {
    const before = server.calls.length
    const answer = await post({ body })
    expect(answer.status).toBe(400)
    expect((answer.json()['error'] as { code: number }).code).toBeLessThan(0)
    await expectUnharmed(before)
  })

  test.each([
    ['a version other than the body’s', { 'mcp-protocol-version': '2025-11-25' }],
    ['a method other than the body’s', { 'mcp-method': 'tools/list' }],
    ['a name other than the body’s', { 'mcp-name': 'add' }],
    ['a name that is no base64', { 'mcp-name': '=?base64?***?=' }],
  ])('%s in the headers is a mismatch', async (_, headers) => {
    const before = server.calls.length
    const answer = await post({ headers })
    expect([answer.status, codeIn(answer)]).toEqual([400, -32020])
    await expectUnharmed(before)
  })

  test('a header that must be there and is not, or is there twice, is a mismatch', async () => {
    const before = server.calls.length
    const { headers, body } = modernCall({ token: access.token, args })
    const raw = async (lines: readonly string[]) =>
      await sendBytes(
        node.port,
        [
          'POST /mcp HTTP/1.1',
          `host: localhost:${node.port}`,
          'connection: close',
          `content-length: ${Buffer.byteLength(body)}`,
          ...lines,
          '',
          body,
        ].join('\r\n'),
      )
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    for (const name of ['mcp-method', 'mcp-name']) {
      expect(await raw(lines.filter((line) => !line.startsWith(name))), name).toContain('-32020')
      expect(await raw([...lines, `${name}: add`]), name).toContain('-32020')
      expect(await raw([`${name}: add`, ...lines]), name).toContain('-32020')
    }
    const twice = await raw([...lines, `authorization: Bearer ${access.token.slice(0, -1)}x`])
    expect(twice).toMatch(/^HTTP\/1.1 40[01]/)
    expect(server.calls.length).toBe(before)
    expect(await raw(lines)).toContain('hello')
    await expectUnharmed(before + 1)
  })

  test('members that come twice say one thing to everyone', async () => {
    const { headers, body } = modernCall({ token: access.token, name: 'echo', args: { text: 'second' } })
    const twice = body.replace('"arguments":', '"arguments":{"text":"first"},"arguments":')
    expect(twice).not.toBe(body)
    const answer = await send(node.port, { method: 'POST', path: '/mcp', headers, body: twice })
    const said = (answer.json()['result'] as { content: { text: string }[] }).content[0]?.text
    expect(server.calls.at(-1)?.arguments).toEqual({ text: said })
  })

  test('Host and Origin of another place are refused', async () => {
    const before = server.calls.length
    const refused: readonly Record<string, string>[] = [
      { host: 'evil.example' },
      { host: `localhost.evil.example:${node.port}` },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    for (const headers of refused) {
      for (const path of ['/mcp', '/a2a/desk', '/api/records']) {
        const call = modernCall({ token: access.token, args })
        const all = { ...call.headers, ...headers }
        const answer = await send(node.port, { method: 'POST', path, headers: all, body: call.body })
        expect([answer.status, answer.json()['code']], `${path} ${JSON.stringify(headers)}`).toEqual([
          403,
          'request.host',
        ])
      }
    }
    expect((await post({ headers: { origin: node.url } })).status).toBe(200)
    await expectUnharmed(before + 1)
  })
})
