import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectAmbit } from '@ambit/sdk/client'
import { a2aClient, answerText, textRequest } from '@ambit/testkit/a2a-client'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { answerJson, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * A complaint about gateways: one user's call goes out with the credentials of another. Four people with a secret each
 * for the same upstreams call all at once, in every protocol; each upstream says which credential it was shown.
 */

const names = ['ada', 'bob', 'cho', 'dan'] as const
const callsEach = 60

interface Person {
  readonly name: string
  readonly access: TestAccess
}

interface Seen {
  readonly authorization: string
  readonly session: string | undefined
  readonly raw: string
}

let node: TestNode
const people: Person[] = []
const seen: Seen[] = []
const ends: AsyncDisposable[] = []

const program = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  const tool = { name: 'echo', description: 'Says who it is', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }
  const result = method === 'initialize'
    ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1.0.0' } }
    : method === 'tools/list' ? { tools: [tool] } : { content: [{ type: 'text', text: process.env.KEY ?? 'nobody' }] }
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
})`

beforeAll(async () => {
  node = await startTestNode()
  const modern = await startRawMcpServer(({ id }, response, request) => {
    answerJson(response, id, textResult(note(request)))
  })
  const sessions = await startSessionServer()
  const agent = await startRawAgent(({ id, headers, text }, response) => {
    seen.push({
      authorization: headers.authorization ?? 'nobody',
      session: undefined,
      raw: JSON.stringify(headers) + text,
    })
    const message = {
      messageId: randomUUID(),
      role: 'ROLE_AGENT',
      parts: [{ text: headers.authorization ?? 'nobody' }],
    }
    answerJson(response, id, { message })
  })
  ends.push(modern, sessions, agent)
  await bringOnline(node.ambit, { url: modern.url }, 'modern')
  await bringOnline(node.ambit, { url: sessions.url }, 'sessions')
  await bringOnline(node.ambit, { url: agent.url }, 'agent')
  const command = { program: process.execPath, args: ['-e', program], env: { KEY: 'of-the-owner' } }
  await bringOnline(node.ambit, { command }, 'program')
  for (const slug of ['modern', 'sessions', 'agent'])
    await node.ambit.records.putSecret(slug, {
      header: 'Authorization',
      value: 'Bearer of-the-owner',
      for: 'me',
    })
  for (const name of names) people.push({ name, access: await join(name) })
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  for (const end of ends) await end[Symbol.asyncDispose]()
})

async function join(name: string): Promise<TestAccess> {
  const { signInLink } = await node.ambit.people.add({ name, roles: ['operator'] })
  const token = new URL(signInLink).searchParams.get('token') ?? ''
  const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
  const ambit = connectAmbit({ url: node.url, token: session! })
  for (const slug of ['modern', 'sessions', 'agent'])
    await ambit.records.putSecret(slug, { header: 'Authorization', value: secretOf(name), for: 'me' })
  await ambit.records.putSecret('program', { header: 'KEY', value: secretOf(name), for: 'me' })
  return await allow(ambit, [{ target: '*', capability: '*', decision: 'autonomous' }])
}

function secretOf(name: string): string {
  return `Bearer of-${name}`
}

function note(request: IncomingMessage): string {
  const { authorization = 'nobody', 'mcp-session-id': session } = request.headers
  seen.push({
    authorization,
    session: typeof session === 'string' ? session : undefined,
    raw: JSON.stringify(request.rawHeaders),
  })
  return authorization
}

/** A server of 2025-11-25 that binds nothing to its sessions, so that a mixed one would be seen. */
async function startSessionServer(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => serveSession(request, response, Buffer.concat(chunks).toString()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

function serveSession(request: IncomingMessage, response: ServerResponse, text: string): void {
  if (request.method !== 'POST') {
    response.writeHead(405).end()
    return
  }
  const { id, method } = JSON.parse(text) as { id?: unknown; method: string }
  if (id === undefined) {
    response.writeHead(202).end()
  } else if (method === 'initialize') {
    response.setHeader('mcp-session-id', randomUUID())
    const serverInfo = { name: 'sessions', version: '1.0.0' }
    answerJson(response, id, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo })
  } else if (method === 'tools/list') {
    const inputSchema = { type: 'object' }
    const annotations = { readOnlyHint: true }
    answerJson(response, id, {
      tools: [{ name: 'echo', description: 'Who calls', inputSchema, annotations }],
    })
  } else if (method === 'tools/call') {
    answerJson(response, id, { content: [{ type: 'text', text: note(request) }] })
  } else {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } }))
  }
}

function textOf(result: unknown): string | undefined {
  return (result as { content?: { text: string }[] } | undefined)?.content?.[0]?.text
}

/** Every person makes as many calls as the others, all of them at once; gives what each was told. */
async function storm(call: (person: Person, at: number) => Promise<string | undefined>) {
  const callers = Array.from({ length: callsEach * people.length }, (_, at) => people[at % people.length]!)
  return await Promise.all(
    callers.map(async (person, at) => ({ expected: secretOf(person.name), said: await call(person, at) })),
  )
}

describe("User A's request may execute with User B's credentials", () => {
  test.each(['modern', 'sessions', 'program'])(
    'not over MCP: clients of both eras to %s at once, each with its own',
    async (slug) => {
      const clients = new Map(
        await Promise.all(
          people.map(
            async ({ name, access: { mcpUrl, token } }) =>
              [name, await connectMcpClient(mcpUrl, { token })] as const,
          ),
        ),
      )
      const answers = await storm(async ({ name, access }, at) => {
        if (at % 2 === 0) return textOf(await clients.get(name)!.call(`${slug}_echo`, { at }))
        const answer = await rawCall(node.port, { token: access.token, name: `${slug}_echo`, args: { at } })
        return textOf(answer.json()['result'])
      })
      expect(answers).toHaveLength(240)
      for (const { expected, said } of answers) expect(said).toBe(expected)
      for (const client of clients.values()) await client.close()
    },
  )

  test('not over A2A', async () => {
    const clients = new Map(
      await Promise.all(
        people.map(
          async ({ name, access: { a2aUrl, token } }) =>
            [name, await a2aClient(`${a2aUrl}/agent`, 'JSONRPC', token)] as const,
        ),
      ),
    )
    const answers = await storm(async ({ name }, at) =>
      answerText(await clients.get(name)!.sendMessage(textRequest(`call ${at}`))),
    )
    for (const { expected, said } of answers) expect(said).toContain(expected)
  })

  test('and no session with an upstream ever carried the credentials of two', () => {
    const holders = new Map<string, Set<string>>()
    for (const { session, authorization } of seen) {
      if (session !== undefined) holders.set(session, (holders.get(session) ?? new Set()).add(authorization))
    }
    const carried = [...holders.values()].map((each) => [...each].join())
    expect(carried.toSorted((left, right) => left.localeCompare(right))).toEqual(names.map(secretOf))
  })

  test("nor was a client's own token ever passed on, in any header or body", () => {
    expect(seen.length).toBeGreaterThan(3 * 200)
    for (const { raw } of seen)
      for (const { access } of people) expect(raw.includes(access.token)).toBe(false)
  })
})
