import { attenuate } from '@ambit/sdk/attenuate'
import type { Chain } from '@ambit/core/mandate'
import type { Signer } from '@ambit/core/signature'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { ProofKey } from '@ambit/testkit/proof'
import { RawOAuthClient } from '@ambit/testkit/raw-oauth'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Tokens for mandates (RFC 8693): who holds the end of a chain shows it with a proof by its key, and who has a token
 * gets one that allows less, for itself or for another.
 */

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const chainType = 'urn:ambit:mandate-chain'
const tokenType = 'urn:ietf:params:oauth:token-type:access_token'
let node: TestNode
let server: TestMcpServer
let client: RawOAuthClient

beforeAll(async () => {
  server = await startMcpServer()
  node = await startTestNode()
  client = new RawOAuthClient(node.url)
  await bringOnline(node.ambit, { url: server.url }, 'desk')
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await server.close()
})

function signerOf(key: ProofKey): Signer {
  const alg = key.alg === 'EdDSA' ? 'ed25519' : 'p256'
  return { alg, key: key.didKey, sign: async (bytes) => key.sign(bytes) }
}

/** A mandate whose holder keeps its own key. */
async function chainFor(key: ProofKey): Promise<Chain> {
  const { signed } = await node.ambit.mandates.grant({
    purpose: 'an agent of its own',
    allow: [{ target: 'desk', capability: '*', decision: 'autonomous' }],
    holder: key.didKey,
  })
  return [signed]
}

const text = (chain: unknown) => Buffer.from(JSON.stringify(chain)).toString('base64url')
const proofOf = (key: ProofKey) => key.proof('POST', `${node.url}/oauth/token`)

async function show(chain: unknown, proof: string | undefined) {
  const form = { grant_type: grantType, subject_token: text(chain), subject_token_type: chainType }
  return await client.token({ ...form, client_id: undefined }, proof === undefined ? {} : { dpop: proof })
}

async function tools(token: unknown, key?: ProofKey): Promise<string[]> {
  const access = key === undefined ? { token: String(token) } : { fetch: key.fetchWith(String(token)) }
  const mcp = await connectMcpClient(`${node.url}/mcp`, access)
  const names = (await mcp.tools()).map(({ name }) => name)
  await mcp.close()
  return names
}

describe('a chain of mandates', () => {
  test.each(['EdDSA', 'ES256'] as const)(
    'becomes a token for whoever proves its last key (%s)',
    async (alg) => {
      const [first, second] = [new ProofKey(alg), new ProofKey(alg)]
      const handed = await attenuate(await chainFor(first), signerOf(first), {
        holder: second.didKey,
        allow: [{ target: 'desk', capability: 'echo' }],
      })
      const { status, body } = await show(handed, proofOf(second))
      expect([status, body['issued_token_type'], body['token_type']]).toEqual([200, tokenType, 'DPoP'])
      expect(Number(body['expires_in'])).toBeLessThanOrEqual(900)
      const names = await tools(body['access_token'], second)
      expect(names).toHaveLength(1)
      expect(names[0]).toContain('echo')
      // It belongs to that key: alone, or with the proof of another one, it opens nothing.
      await expect(tools(body['access_token'])).rejects.toThrow()
      await expect(tools(body['access_token'], first)).rejects.toThrow()
    },
  )

  test('is worth nothing without that proof, with another’s, or with one used before', async () => {
    const [first, other] = [new ProofKey(), new ProofKey()]
    const chain = await chainFor(first)
    const proof = proofOf(first)
    expect((await show(chain, proof)).status).toBe(200)
    const refused = [
      [await show(chain, undefined), 'invalid_dpop_proof'],
      [await show(chain, proof), 'invalid_dpop_proof'],
      [await show(chain, first.proof('POST', `${node.url}/mcp`)), 'invalid_dpop_proof'],
      [await show(chain, proofOf(other)), 'invalid_grant'],
      [await show([], proofOf(first)), 'invalid_grant'],
      [await show({ not: 'a chain' }, proofOf(first)), 'invalid_grant'],
    ] as const
    for (const [{ status, body }, error] of refused) expect([status, body['error']]).toEqual([400, error])
  })

  test('ends with any of its links', async () => {
    const key = new ProofKey()
    const chain = await chainFor(key)
    const { body } = await show(chain, proofOf(key))
    expect(await tools(body['access_token'], key)).not.toEqual([])
    await node.ambit.mandates.revoke(chain[0]!.body.id)
    await expect(tools(body['access_token'], key)).rejects.toThrow()
    const again = await show(chain, proofOf(key))
    expect([again.status, again.body['code']]).toEqual([400, 'mandate.ended'])
  })
})

describe('a mandate token', () => {
  async function exchange(subject: string, members: Record<string, string>) {
    const form = { grant_type: grantType, subject_token: subject, subject_token_type: tokenType, ...members }
    return await client.token({ ...form, client_id: undefined })
  }
  const details = (entry: object) => JSON.stringify([{ type: 'ambit_mandate', ...entry }])

  test('becomes one that allows less, and never one that allows more', async () => {
    const { token, mandate } = await allow(node.ambit, [
      { target: 'desk', capability: 'echo', decision: 'autonomous' },
      { target: 'desk', capability: 'add', decision: 'autonomous' },
    ])
    const only = {
      authorization_details: details({ identifier: 'desk', actions: ['add'], limits: { calls: 3 } }),
    }
    const { status, body } = await exchange(token, only)
    expect(status).toBe(200)
    const names = await tools(body['access_token'])
    expect(names).toHaveLength(1)
    expect(names[0]).toContain('add')
    const wider = await exchange(String(body['access_token']), {
      authorization_details: details({ identifier: 'desk', actions: ['*'] }),
    })
    expect([wider.status, wider.body['code']]).toEqual([400, 'mandate.widened'])
    await node.ambit.mandates.revoke(mandate)
    expect(await client.calls(body['access_token'])).toBe(401)
  })

  test('leaves one mandate behind, however often it is exchanged for the same', async () => {
    const { token, mandate } = await allow(node.ambit, [
      { target: 'desk', capability: '*', decision: 'autonomous' },
    ])
    const children = async () => (await node.ambit.mandates.get(mandate)).children
    const echo = { authorization_details: details({ identifier: 'desk', actions: ['echo'] }) }
    const made = await Promise.all(Array.from({ length: 8 }, async () => await exchange(token, echo)))
    const tokens = made.map(({ status, body }) => (status === 200 ? body['access_token'] : body))
    expect(new Set(tokens).size).toBe(8)
    expect(await client.calls(tokens[7])).toBe(200)
    expect(await children()).toBe(1)
    // What has limits of its own is counted by itself.
    const limited = {
      authorization_details: details({ identifier: 'desk', actions: ['echo'], limits: { calls: 1 } }),
    }
    for (let n = 0; n < 2; n++) expect((await exchange(token, limited)).status).toBe(200)
    expect(await children()).toBe(3)
    await node.ambit.mandates.revoke(mandate)
    for (const each of tokens) expect(await client.calls(each)).toBe(401)
  })

  test('is not exchanged for nothing in particular, for elsewhere, or when it is none', async () => {
    const { token } = await allow(node.ambit, [{ target: 'desk', capability: 'echo' }])
    const echo = details({ identifier: 'desk', actions: ['echo'] })
    const refused = [
      [await exchange(token, {}), 'invalid_request'],
      [await exchange(token, { audience: 'nobody-here' }), 'invalid_grant'],
      [await exchange(token, { authorization_details: '[{"type":"x"}]' }), 'invalid_authorization_details'],
      [
        await exchange(token, { authorization_details: echo, resource: 'https://other.example/' }),
        'invalid_target',
      ],
      [await exchange('ambm_no', { authorization_details: echo }), 'invalid_grant'],
      [
        await exchange(token, { subject_token_type: 'urn:x', authorization_details: echo }),
        'invalid_request',
      ],
      [await exchange(token, { actor_token: token, authorization_details: echo }), 'invalid_request'],
    ] as const
    for (const [{ status, body }, error] of refused) expect([status, body['error']]).toEqual([400, error])
  })

  test('of a client that is let out takes with it what it was exchanged for', async () => {
    const login = new RawOAuthClient(node.url)
    const { code, mandate } = await login.code(node.session, {
      allow: [{ target: 'desk', capability: '*', decision: 'autonomous' }],
    })
    const { body } = await login.exchangeCode(code)
    const all = { authorization_details: details({ identifier: 'desk', actions: ['*'] }) }
    const made = await exchange(String(body['access_token']), all)
    expect(await client.calls(made.body['access_token'])).toBe(200)
    const { connections } = node.ambit
    const own = (await connections.list()).find((each) => each.mandate === mandate)
    await connections.end(own!.id)
    expect(await client.calls(body['access_token'])).toBe(401)
    expect(await client.calls(made.body['access_token'])).toBe(401)
    expect((await exchange(String(made.body['access_token']), all)).body['error']).toBe('invalid_grant')
  })

  test('that belongs to a key is exchanged with a proof by that key only', async () => {
    const key = new ProofKey()
    const login = new RawOAuthClient(node.url)
    const { code } = await login.code(node.session, {
      allow: [{ target: 'desk', capability: '*', decision: 'autonomous' }],
    })
    const { body } = await login.exchangeCode(code, {}, { dpop: proofOf(key) })
    const token = String(body['access_token'])
    const form = {
      grant_type: grantType,
      subject_token: token,
      subject_token_type: tokenType,
      authorization_details: details({ identifier: 'desk', actions: ['echo'] }),
    }
    const url = `${node.url}/oauth/token`
    expect((await client.token(form)).body['error']).toBe('invalid_dpop_proof')
    const other = new ProofKey().proof('POST', url, { token })
    expect((await client.token(form, { dpop: other })).body['error']).toBe('invalid_dpop_proof')
    const made = await client.token(form, { dpop: key.proof('POST', url, { token }) })
    expect([made.status, made.body['token_type']]).toEqual([200, 'DPoP'])
    // What is made with a proof belongs to that key as well.
    expect(await tools(made.body['access_token'], key)).toHaveLength(1)
    await expect(tools(made.body['access_token'])).rejects.toThrow()
    await expect(tools(made.body['access_token'], new ProofKey())).rejects.toThrow()
  })
})
