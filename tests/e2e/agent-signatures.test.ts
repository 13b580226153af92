import { contentDigest } from '@ambit/core/wire/http-signature/content-digest'
import { signedFetch } from '@ambit/sdk/agent-fetch'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { createSignaturePeer } from '@ambit/testkit/http-signature-peer'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { ProofKey, didKeyOf } from '@ambit/testkit/proof'
import { allow, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { utf8 } from '@ambit/core/bytes'
import type { Signer } from '@ambit/core/signature'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Agents that sign their requests with a key of their own (RFC 9421): who sends is known without token and without
 * mutual TLS, and each thing that is wrong with a signature is refused by name.
 */

let node: TestNode
let server: TestMcpServer
let agent: A2aAgent
const key = new ProofKey()
const otherKey = new ProofKey('ES256')
const peer = createSignaturePeer('ed25519')
const peerDid = didKeyOf(peer.publicKey)

beforeAll(async () => {
  ;[server, agent] = await Promise.all([startMcpServer(), startA2aAgent()])
  node = await startTestNode({ env: { AMBIT_OAUTH: 'off' } })
  await node.ambit.records.register({ url: server.url, slug: 'desk', responsible: { name: 'Operations' } })
  await bring('desk')
  await register('helper', key.signer)
  await register('other', otherKey.signer)
  await give('helper')
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await server.close()
  await agent.close()
})

async function bring(slug: string): Promise<void> {
  await node.ambit.records.accept(slug)
  await node.ambit.records.submit(slug)
  await node.ambit.records.activate(slug)
}

/** Registers an agent that keeps its own key. */
async function register(slug: string, signer: Signer): Promise<void> {
  const { ambit } = node
  const proofs = [await ambit.agentKeys.prove(slug, signer)]
  const responsible = { name: 'Operations' }
  await ambit.records.register({ url: agent.url, slug, responsible, keys: [signer.key], proofs })
  await bring(slug)
}

const everything = [{ target: 'desk', capability: '*', decision: 'autonomous' as const }]

/** A mandate that names an agent; no token is made for it. */
async function give(agent: string): Promise<string> {
  return (await node.ambit.mandates.grant({ purpose: 'a test', allow: everything, agent })).id
}

async function aicOf(slug: string): Promise<string> {
  return (await node.ambit.records.get(slug)).record.id
}

const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
const plain = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
}

/** One request over MCP, made by a `fetch`; gives the status and the words of a refusal. */
async function call(send: typeof fetch, init: RequestInit = {}) {
  const answer = await send(`${node.url}/mcp`, { method: 'POST', headers: plain, body: list, ...init })
  return { status: answer.status, text: await answer.text() }
}

/** A `fetch` that signs, and then changes what goes out. */
function changed(change: (init: RequestInit & { headers: Headers }) => void): typeof fetch {
  return signedFetch(key.signer, {
    fetch: async (url, init) => {
      const out = { ...init, headers: new Headers(init?.headers) }
      change(out)
      return await fetch(url, out)
    },
  })
}

test('an agent calls a tool with a stock client that signs, under the mandate that names it', async () => {
  const id = await aicOf('helper')
  const mcp = await connectMcpClient(`${node.url}/mcp`, { fetch: signedFetch(key.signer, { agent: id }) })
  const echo = (await mcp.tools()).find(({ name }) => name.includes('echo'))!
  const result = await mcp.call(echo.name, { text: 'signed' })
  expect(JSON.stringify(result)).toContain('signed')
  await mcp.close()
  const [act] = (await node.ambit.acts.list()).acts
  expect(JSON.stringify(act)).toContain(id)
})

test('the signature of somebody else’s implementation counts as well', async () => {
  const signer = { alg: 'ed25519', key: peerDid, sign: peer.signBytes } as const
  await register('stranger', signer)
  await give('stranger')
  const headers = { ...plain, 'content-digest': await contentDigest(utf8(list)) }
  const request = { method: 'POST', url: `${node.url}/mcp`, headers }
  const covered = ['@method', '@authority', '@path', '@query', 'content-digest']
  const signed = await peer.sign(request, covered, { keyid: peerDid, nonce: 'one' })
  const { status, text } = await call(fetch, { headers: signed.headers })
  expect([status, text]).toEqual([200, expect.stringContaining('result')])
})

describe('is refused', () => {
  test('when the body was changed on its way', async () => {
    expect((await call(changed(() => undefined))).status).toBe(200)
    const { status, text } = await call(changed((init) => (init.body = list.replace('1', '2'))))
    expect([status, text]).toEqual([400, expect.stringContaining('request.digest')])
  })

  test('for another address, another mandate, or with other bytes', async () => {
    const changes: ((url: string, headers: Headers) => string)[] = [
      (url) => `${url}/desk`,
      (url, headers) => {
        headers.set('ambit-mandate', 'm_1')
        return url
      },
      (url, headers) => {
        headers.set('signature', String(headers.get('signature')).replace(/:[A-Za-z0-9+/]{4}/, ':AAAA'))
        return url
      },
    ]
    for (const change of changes) {
      const send = signedFetch(key.signer, {
        mandate: 'm_0',
        fetch: async (url, init) => {
          const headers = new Headers(init?.headers)
          return await fetch(change(new Request(url).url, headers), { ...init, headers })
        },
      })
      const { status, text } = await call(send)
      expect([status, text]).toEqual([401, expect.stringContaining('does not hold for this request')])
    }
  })

  test('when the same request is sent again', async () => {
    let kept: [Parameters<typeof fetch>[0], RequestInit | undefined] | undefined
    const keeping = signedFetch(key.signer, {
      fetch: async (url, init) => {
        kept = [url, init]
        return await fetch(url, init)
      },
    })
    expect((await call(keeping)).status).toBe(200)
    const again = await fetch(...kept!)
    expect([again.status, await again.text()]).toEqual([401, expect.stringContaining('used before')])
  })

  test('with a body that is not covered', async () => {
    const bare = signedFetch(key.signer, {
      fetch: async (url, init) => await fetch(url, { ...init, body: list }),
    })
    const { status, text } = await call(bare, { body: null })
    expect([status, text]).toEqual([401, expect.stringContaining('does not cover content-digest')])
  })

  test('by a key that is nobody’s, or another agent’s', async () => {
    const stranger = await call(signedFetch(new ProofKey().signer))
    expect([stranger.status, stranger.text]).toEqual([401, expect.stringContaining('no active key')])
    const agent = await aicOf('helper')
    const borrowed = await call(signedFetch(otherKey.signer, { agent }))
    expect([borrowed.status, borrowed.text]).toEqual([401, expect.stringContaining('another agent')])
  })

  test('by an agent without a mandate, who is told what to ask for', async () => {
    const { status, text } = await call(signedFetch(otherKey.signer))
    expect([status, text]).toEqual([401, expect.stringContaining('auth.mandate')])
  })

  test('with the token of a mandate of another agent; its own passes', async () => {
    const { ambit } = node
    const mine = await allow(ambit, everything)
    const { status } = await call(signedFetch(key.signer), {
      headers: { ...plain, authorization: `Bearer ${mine.token}` },
    })
    expect(status).toBe(200)
    // An agent whose key the node keeps gets a token.
    await ambit.records.register({ url: agent.url, slug: 'kept', responsible: { name: 'Operations' } })
    await bring('kept')
    const theirs = await allow(ambit, everything, { agent: 'kept' })
    const headers = { ...plain, authorization: `Bearer ${theirs.token}` }
    expect((await call(fetch, { headers })).status).toBe(200)
    const borrowed = await call(signedFetch(key.signer), { headers })
    expect([borrowed.status, borrowed.text]).toEqual([401, expect.stringContaining('auth.sender')])
  })

  test('by a key that was replaced, while its successor counts', async () => {
    const [old, next] = [new ProofKey(), new ProofKey()]
    await register('rotating', old.signer)
    await give('rotating')
    expect((await call(signedFetch(old.signer))).status).toBe(200)
    await node.ambit.agentKeys.rotate(await aicOf('rotating'), old.signer, {
      next: next.signer,
      overlapS: 0,
    })
    const retired = await call(signedFetch(old.signer))
    expect([retired.status, retired.text]).toEqual([401, expect.stringContaining('no active key')])
    // What the old key held went with it.
    await give('rotating')
    const renewed = await call(signedFetch(next.signer))
    expect([renewed.status, renewed.text]).toEqual([200, expect.stringContaining('result')])
  })
})

test('a signature for somebody else is none of this node’s business', async () => {
  const { token } = await allow(node.ambit, everything)
  const headers = { ...plain, authorization: `Bearer ${token}` }
  const foreign = {
    ...headers,
    'signature-input': 'sig=("@authority");created=1;keyid="https://elsewhere.example/key"',
    signature: 'sig=:AAAA:',
  }
  expect((await call(fetch, { headers: foreign })).status).toBe(200)
})
