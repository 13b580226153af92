import type { ServerResponse } from 'node:http'
import type { NewMandate } from '@ambit/sdk/mandates'
import { readLog } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { startRawAgent } from '@ambit/testkit/a2a-raw'
import type { RawAgent, RawRequest } from '@ambit/testkit/a2a-raw'
import { send } from '@ambit/testkit/raw-http'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * user → A → B → C: the user lets A call agent B, and the tool server C only to echo two texts. A calls B and hands on
 * what it has; B, which has a mandate of its own for all of C, calls C with what it was handed.
 */

let node: TestNode
let c: TestMcpServer
let b: RawAgent
let a: TestAccess
/** A mandate that B has of its own. */
let own: TestAccess

const entries: NewMandate['allow'] = [
  { target: 'b', capability: '*', decision: 'autonomous' },
  {
    target: 'c',
    capability: 'echo',
    arguments: { text: { in: ['hello', 'again'] } },
    decision: 'autonomous',
  },
  { target: 'c', capability: 'slow', decision: 'autonomous' },
]

beforeAll(async () => {
  node = await startTestNode()
  c = await startMcpServer()
  b = await startRawAgent((request, response) => {
    void answer(request, response)
  })
  const other = await startRawAgent((_, response) => void response.end())
  await bringOnline(node.ambit, { url: c.url }, 'c')
  await bringOnline(node.ambit, { url: b.url }, 'b')
  await bringOnline(node.ambit, { url: other.url }, 'a')
  await other[Symbol.asyncDispose]()
  own = await allow(node.ambit, [{ target: 'c', capability: '*', decision: 'autonomous' }], { agent: 'b' })
  a = await grantA()
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await b[Symbol.asyncDispose]()
  await c.close()
})

async function grantA(): Promise<TestAccess> {
  return await allow(node.ambit, entries, { agent: 'a' })
}

async function answer(request: RawRequest, response: ServerResponse): Promise<void> {
  const text = await callC(request.text, request.headers)
  const message = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id: request.id, result: { message } }))
}

/** What B does: the words of its caller name a tool and a text. `own` has it use what it has itself. */
async function callC(body: string, headers: Readonly<Record<string, unknown>>): Promise<string> {
  const [tool = '', text = '', whose] = (/"text":"([^"]*)"/.exec(body)?.[1] ?? '').split(' ')
  const handed = headers['ambit-mandate']
  const token = whose === 'own' ? own.token : typeof handed === 'string' ? handed : ''
  const args = tool === 'slow' ? { steps: 500 } : tool === 'add' ? { a: 1, b: 2 } : { text }
  return (await rawCall(node.port, { token, name: tool, args })).text
}

async function callB(access: TestAccess, words: string, delegate?: unknown) {
  const message = {
    messageId: words,
    role: 'ROLE_USER',
    parts: [{ text: words }],
    ...(delegate === undefined ? {} : { metadata: { 'ambit/delegate': delegate, other: 'kept' } }),
  }
  return await send(node.port, {
    method: 'POST',
    path: '/a2a/b',
    headers: {
      'content-type': 'application/json',
      'a2a-version': '1.0',
      authorization: `Bearer ${access.token}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }),
  })
}

async function idOf(slug: string): Promise<string> {
  return (await node.ambit.records.get(slug)).record.id
}

test('what A was given, B can do with what it was handed, and the log names every caller and the act it came from', async () => {
  const answer = await callB(a, 'echo hello', {})
  expect(answer.text).toContain('hello')
  expect(c.calls.at(-1)).toMatchObject({ tool: 'echo', arguments: { text: 'hello' } })
  const { acts } = await node.ambit.acts.list({ limit: 2 })
  const ofB = acts.find((act) => act.target?.slug === 'c')
  const ofA = acts.find((act) => act.target?.slug === 'b')
  const person = ofA?.callers.at(-1)
  expect(ofA?.callers).toEqual([await idOf('a'), person])
  expect(ofB?.callers).toEqual([await idOf('b'), await idOf('a'), person])
  expect(ofB).toMatchObject({ decision: 'allow', status: 'completed' })
  const intent = await until('it is in the log', async () =>
    (await readLog(node.url, 'activity')).find((leaf) => leaf.kind === 'act.intent' && leaf.act === ofB?.act),
  )
  expect(intent).toMatchObject({ parent: ofA?.act, links: expect.arrayContaining([a.mandate]) })
})

test('the wish and the token are not in what the agent is told, and other metadata is', async () => {
  await callB(a, 'echo hello', { purpose: 'say hello' })
  const { text, headers } = b.requests.at(-1)!
  expect(text).toContain('kept')
  expect(text).not.toContain('ambit/delegate')
  expect(headers['ambit-mandate']).toMatch(/^ambm_/)
  expect(text).not.toContain(String(headers['ambit-mandate']))
  const contents = JSON.stringify(await readLog(node.url, 'activity'))
  expect(contents).not.toContain('ambm_')
})

test('what A was never given is refused, names the link that lacks it, and is recorded with all callers', async () => {
  const before = c.calls.length
  for (const [words, evidence] of [
    ['echo secret', 'arguments.text'],
    ['add 1', 'capability'],
  ]) {
    const answer = await callB(a, words!, {})
    expect(answer.text).toContain('mandate.no-entry')
    expect(answer.text).toContain(evidence)
    const { acts } = await node.ambit.acts.list({ limit: 2 })
    const refused = acts.find((act) => act.target?.slug === 'c')
    const reasons = [{ code: 'mandate.no-entry', rule: a.mandate }]
    expect(refused).toMatchObject({ decision: 'refuse', reasons })
    expect(refused?.callers.slice(0, 2)).toEqual([await idOf('b'), await idOf('a')])
  }
  expect(c.calls.length).toBe(before)
})

test('without the control it is different: with its own mandate B does what A was never given', async () => {
  const before = c.calls.length
  expect((await callB(a, 'echo secret own')).text).toContain('secret')
  expect(c.calls.length).toBe(before + 1)
  const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
  expect(act?.callers).not.toContain(await idOf('a'))
})

test('without delegation B has nothing of its caller', async () => {
  const answer = await callB(a, 'echo hello')
  expect(b.requests.at(-1)?.headers['ambit-mandate']).toBeUndefined()
  expect(answer.text).toContain('auth.')
})

test('only what is wished for is handed on', async () => {
  const wish = { allow: [{ target: 'c', capability: 'echo', arguments: { text: { eq: 'again' } } }] }
  expect((await callB(a, 'echo again', wish)).text).toContain('again')
  const answer = await callB(a, 'echo hello', wish)
  expect(answer.text).toContain('mandate.no-entry')
})

const refusals: readonly (readonly [string, unknown, string])[] = [
  ['a tool that the caller lacks', { allow: [{ target: 'c', capability: 'add' }] }, 'mandate.widened'],
  [
    'a bound taken off',
    { allow: [{ target: 'c', capability: 'echo', arguments: { text: { prefix: 'h' } } }] },
    'mandate.widened',
  ],
  ['a chain that nobody signed', { chain: [{ body: {}, signature: {} }] }, 'chain.form'],
]

test.each(refusals)(
  'a call that hands on %s is refused and recorded, and B hears nothing',
  async (_, wish, code) => {
    const before = b.requests.length
    const answer = await callB(a, 'echo hello', wish)
    expect(answer.text).toContain(code)
    expect(b.requests.length).toBe(before)
    const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
    expect(act).toMatchObject({
      target: { slug: 'b' },
      decision: 'refuse',
      reasons: [{ code, rule: a.mandate }],
    })
  },
)

test('a delegation that is none is said so', async () => {
  const answer = await callB(a, 'echo hello', { allow: 'everything' })
  expect(answer.text).toContain('ambit/delegate.allow')
})

test('a mandate that may not be handed on is not handed on', async () => {
  const last = await allow(node.ambit, entries, { agent: 'a', delegate: { depthMax: 1 } })
  const answer = await callB(last, 'echo hello', {})
  expect(answer.text).toContain('chain.depth')
  const named = await allow(node.ambit, entries, { agent: 'a', delegate: { depthMax: 3, to: [] } })
  expect((await callB(named, 'echo hello', {})).text).toContain('chain.delegate')
})

test('to a tool server nothing is handed on', async () => {
  const access = await grantA()
  const answer = await rawCall(node.port, {
    token: access.token,
    name: 'echo',
    args: { text: 'hello' },
    params: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1.0.0' },
        'ambit/delegate': {},
      },
    },
  })
  expect(answer.text).toContain('chain.callee')
})

test('what a person must allow first is handed on once they did', async () => {
  const asking = entries.map((entry) =>
    entry.target === 'b' ? { ...entry, decision: 'ask' as const } : entry,
  )
  const access = await allow(node.ambit, asking, { agent: 'a' })
  const before = b.requests.length
  await callB(access, 'echo again', { limits: { calls: 1 } })
  expect(b.requests.length).toBe(before)
  const { approvals } = await node.ambit.approvals.list()
  const { id } = approvals.find((each) => each.state === 'pending')!
  await node.ambit.approvals.approve(id, (await node.ambit.approvals.get(id)).digest)
  await until('B did it', async () => (await node.ambit.approvals.get(id)).state === 'done')
  expect(b.requests.at(-1)?.headers['ambit-mandate']).toMatch(/^ambm_/)
  expect(c.calls.at(-1)).toMatchObject({ tool: 'echo', arguments: { text: 'again' } })
})

test('revoking the mandate of A ends what B does under it, in flight', async () => {
  const access = await grantA()
  const before = c.calls.length
  const calling = callB(access, 'slow x', {})
  await until('B calls C', () => c.calls.length > before)
  const { revoked, stopped } = await node.ambit.mandates.revoke(access.mandate)
  expect(revoked.length).toBeGreaterThan(1)
  expect(stopped).toBe(2)
  const answer = await calling
  expect(answer.text).toContain('mandate.revoked')
  const call = c.calls[before]!
  await until('C was told', () => call.cancelled === true)
  const token = String(b.requests.at(-1)?.headers['ambit-mandate'])
  const late = await rawCall(node.port, { token, name: 'echo', args: { text: 'hello' } })
  expect(late.text).toContain('auth.revoked')
})
