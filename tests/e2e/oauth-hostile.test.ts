import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectAmbit } from '@ambit/sdk/client'
import { agree } from '@ambit/testkit/consenting'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { ProofKey } from '@ambit/testkit/proof'
import { RawOAuthClient } from '@ambit/testkit/raw-oauth'
import { bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/* Each step of a login done wrong, by somebody who would like in. */

const onlyEcho = { allow: [{ target: 'desk', capability: 'echo', decision: 'autonomous' }] }
let node: TestNode
let server: TestMcpServer

beforeAll(async () => {
  server = await startMcpServer()
  node = await startTestNode()
  await bringOnline(node.ambit, { url: server.url }, 'desk')
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await server.close()
})

/** Where a request is sent on to, and what stands there. */
async function begin(address: string) {
  const answer = await fetch(address, { redirect: 'manual', headers: { accept: 'text/html' } })
  return { status: answer.status, location: answer.headers.get('location'), text: await answer.text() }
}

describe('metadata', () => {
  test('is found from the refusal of each face, under the name that was asked', async () => {
    for (const face of ['/mcp', '/mcp/desk', '/a2a/desk']) {
      for (const host of ['localhost', '127.0.0.1']) {
        const origin = `http://${host}:${node.port}`
        const refused = await fetch(`${origin}${face}`, { method: 'POST', body: '{}' })
        expect(refused.status).toBe(401)
        const challenge = refused.headers.get('www-authenticate') ?? ''
        expect(challenge).not.toContain('error=')
        expect(challenge).toContain('scope="acts"')
        const [, address = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
        expect(address).toBe(`${origin}/.well-known/oauth-protected-resource${face}`)
        const metadata = (await (await fetch(address)).json()) as Record<string, unknown>
        expect(metadata).toMatchObject({ resource: `${origin}${face}`, authorization_servers: [node.url] })
      }
    }
    const wrong = await fetch(`${node.url}/mcp`, {
      method: 'POST',
      headers: { authorization: 'Bearer ambm_x' },
    })
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect((await fetch(`${node.url}/.well-known/oauth-protected-resource/api`)).status).toBe(404)
  })

  test('of the authorization server is the same at every address clients try', async () => {
    const known = (await (
      await fetch(`${node.url}/.well-known/oauth-authorization-server`)
    ).json()) as Record<string, unknown>
    expect(known).toMatchObject({
      issuer: node.url,
      authorization_endpoint: `${node.url}/oauth/authorize`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
      scopes_supported: ['acts', 'offline_access'],
    })
    expect(known['grant_types_supported']).toContain('urn:ietf:params:oauth:grant-type:token-exchange')
    for (const address of [
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/mcp',
    ])
      expect(await (await fetch(`${node.url}${address}`)).json()).toEqual(known)
    // Whatever name the socket is reached by, the issuer has one name; a proxy's headers are nobody's to send.
    const other = await fetch(`http://127.0.0.1:${node.port}/.well-known/oauth-authorization-server`, {
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    })
    expect(await other.json()).toEqual(known)
  })
})

describe('a registration', () => {
  test.each([
    ['http://desk.example/cb', 'invalid_redirect_uri'],
    ['javascript:alert(1)', 'invalid_redirect_uri'],
    ['https://user:secret@desk.example/cb', 'invalid_redirect_uri'],
    ['https://desk.example/cb#there', 'invalid_redirect_uri'],
    ['not an address', 'invalid_redirect_uri'],
  ])('with the redirect address %s is refused', async (redirect, error) => {
    const answer = await new RawOAuthClient(node.url, redirect).register()
    expect([answer.status, answer.body['error']]).toEqual([400, error])
  })

  test('takes programs of their own scheme, and shows a deceptive name for what it is', async () => {
    const client = new RawOAuthClient(node.url, 'com.example.desk:/callback')
    expect((await client.register({ client_name: 'Trusted\u202egnihtemos <b>' })).status).toBe(201)
    const { consent } = await agree(node.url, node.session, client.request(), onlyEcho)
    expect(consent).toMatchObject({
      client: { name: 'Trusted⟨U+202E⟩gnihtemos <b>' },
      redirectHost: 'com.example.desk:',
    })
  })

  test('that is too large or no JSON is refused, and the node goes on', async () => {
    const large = await new RawOAuthClient(node.url).register({ client_name: 'x'.repeat(20_000) })
    expect(large.status).toBe(413)
    const odd = await fetch(`${node.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"redirect_uris":',
    })
    expect(odd.status).toBe(400)
    expect((await new RawOAuthClient(node.url).register()).status).toBe(201)
  })
})

describe('a request', () => {
  test('without proof of the client’s own making is refused (PKCE, S256 only)', async () => {
    const client = new RawOAuthClient(node.url)
    await client.register()
    for (const members of [{ code_challenge: undefined }, { code_challenge_method: 'plain' }]) {
      const { location } = await begin(client.request(members))
      expect(new URL(location ?? '').searchParams.get('error')).toBe('invalid_request')
    }
  })

  test('that would send the code elsewhere is not sent anywhere', async () => {
    const client = new RawOAuthClient(node.url)
    await client.register()
    for (const redirect of [
      'https://evil.example/cb',
      'http://127.0.0.1:33418/other',
      'http://127.0.0.1.evil.example/callback',
    ]) {
      const { status, location } = await begin(client.request({ redirect_uri: redirect }))
      expect([status, location]).toEqual([400, null])
    }
    // The same address at another port of the very machine is the client's own (RFC 8252).
    const { location } = await begin(client.request({ redirect_uri: 'http://127.0.0.1:5/callback' }))
    expect(location).toMatch(/^\/oauth\/consent\//)
  })

  test('for another resource is refused', async () => {
    const client = new RawOAuthClient(node.url)
    await client.register()
    for (const resource of ['https://other.example/mcp', `${node.url}/api`, 'nothing']) {
      const { location } = await begin(client.request({ resource }))
      expect(new URL(location ?? '').searchParams.get('error')).toBe('invalid_target')
    }
  })

  test('of a client nobody knows says so on a page, with its words as text', async () => {
    const client = new RawOAuthClient(node.url)
    client.id = '<script>alert(1)</script>'
    const { status, text, location } = await begin(client.request())
    expect([status, location]).toEqual([400, null])
    expect(text).toContain('cannot be let in')
    expect(text).not.toContain('<script>alert')
  })

  test('with wishes that are no mandate is refused', async () => {
    const client = new RawOAuthClient(node.url)
    await client.register()
    for (const details of ['{', '[{"type":"other"}]', '[{"type":"ambit_mandate","actions":[]}]']) {
      const { location } = await begin(client.request({ authorization_details: details }))
      expect(new URL(location ?? '').searchParams.get('error')).toBe('invalid_authorization_details')
    }
  })
})

describe('a client’s document', () => {
  test('is fetched over https only, from where this node may go, and must name itself', async () => {
    const client = new RawOAuthClient(node.url)
    const asked: string[] = []
    const web = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end('{}')
    })
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    const { port } = web.address() as AddressInfo
    for (const id of [
      `http://127.0.0.1:${port}/client.json`,
      'https://10.0.0.1/client.json',
      'https://169.254.169.254/latest/meta-data',
      'https://user@desk.example/client.json',
      'https://desk.example/a/../client.json',
    ]) {
      client.id = id
      const { status, location, text } = await begin(client.request())
      expect([status, location], id).toEqual([400, null])
      expect(text).toContain('invalid_client')
    }
    expect(asked).toEqual([])
    await new Promise<void>((resolve) => void web.close(() => resolve()))
  })
})

describe('a code', () => {
  test('is good once: used again, everything that came of it ends', async () => {
    const client = new RawOAuthClient(node.url)
    const { code } = await client.code(node.session, onlyEcho)
    const first = await client.exchangeCode(code)
    expect(first.status).toBe(200)
    expect(await client.calls(first.body['access_token'])).toBe(200)
    const again = await client.exchangeCode(code)
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant'])
    expect(await client.calls(first.body['access_token'])).toBe(401)
    expect((await client.refresh(first.body['refresh_token'])).body['error']).toBe('invalid_grant')
  })

  test('is good for whoever asked for it, as it asked for it', async () => {
    const client = new RawOAuthClient(node.url)
    const { code } = await client.code(node.session, onlyEcho)
    const other = new RawOAuthClient(node.url)
    await other.register()
    for (const answer of [
      await client.exchangeCode(code, { code_verifier: 'x'.repeat(43) }),
      await client.exchangeCode(code, { code_verifier: undefined }),
      await client.exchangeCode(code, { redirect_uri: 'http://127.0.0.1:1/callback' }),
      await other.exchangeCode(code, { code_verifier: client.verifier }),
    ])
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
    expect((await client.exchangeCode(code, { resource: 'https://other.example/mcp' })).body['error']).toBe(
      'invalid_target',
    )
  })

  test('that two requests bring at once is good for one of them at most', async () => {
    const client = new RawOAuthClient(node.url)
    const { code } = await client.code(node.session, onlyEcho)
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await client.exchangeCode(code)))
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
  })
})

describe('a refresh token', () => {
  test('that was stolen ends the access of thief and owner alike', async () => {
    const client = new RawOAuthClient(node.url)
    const { code } = await client.code(node.session, onlyEcho)
    const first = (await client.exchangeCode(code)).body
    const second = (await client.refresh(first['refresh_token'])).body
    expect(await client.calls(second['access_token'])).toBe(200)
    const stolen = await client.refresh(first['refresh_token'])
    expect([stolen.status, stolen.body['error']]).toEqual([400, 'invalid_grant'])
    expect(await client.calls(second['access_token'])).toBe(401)
    expect((await client.refresh(second['refresh_token'])).body['error']).toBe('invalid_grant')
    expect((await node.ambit.connections.list()).map(({ client: { id } }) => id)).not.toContain(client.id)
  })

  test('is given back by its client, and by no other', async () => {
    const client = new RawOAuthClient(node.url)
    const { code } = await client.code(node.session, onlyEcho)
    const { body } = await client.exchangeCode(code)
    const other = new RawOAuthClient(node.url)
    await other.register()
    const give = async ({ id }: RawOAuthClient) =>
      await client.post(
        '/oauth/revoke',
        new URLSearchParams({ token: String(body['refresh_token']), client_id: id }),
      )
    expect((await give(other)).status).toBe(200)
    expect(await client.calls(body['access_token'])).toBe(200)
    expect((await give(client)).status).toBe(200)
    expect(await client.calls(body['access_token'])).toBe(401)
  })

  test('is worth nothing once the person has no role any more', async () => {
    const { person, signInLink } = await node.ambit.people.add({ name: 'ida', roles: ['operator'] })
    const link = new URL(signInLink).searchParams.get('token') ?? ''
    const { session = '' } = await connectAmbit({ url: node.url }).people.signIn(link, 'cli')
    const client = new RawOAuthClient(node.url)
    const { code } = await client.code(session, onlyEcho)
    const { body } = await client.exchangeCode(code)
    expect(await client.calls(body['access_token'])).toBe(200)
    await node.ambit.people.change(person.id, { roles: [] })
    expect((await client.refresh(body['refresh_token'])).body['error']).toBe('invalid_grant')
    await expect.poll(async () => await client.calls(body['access_token'])).toBe(401)
    await node.ambit.people.change(person.id, { roles: ['operator'] })
    await expect.poll(async () => await client.calls(body['access_token'])).toBe(200)
  })
})

describe('a token that belongs to a key', () => {
  const url = () => `${node.url}/oauth/token`
  const mcp = () => `${node.url}/mcp`

  async function bound(key: ProofKey) {
    const client = new RawOAuthClient(node.url)
    const { code } = await client.code(node.session, onlyEcho)
    const { body } = await client.exchangeCode(code, {}, { dpop: key.proof('POST', url()) })
    return { client, token: String(body['access_token']), body }
  }

  test.each(['EdDSA', 'ES256'] as const)('counts with a fresh proof by that key only (%s)', async (alg) => {
    const key = new ProofKey(alg)
    const { client, token, body } = await bound(key)
    expect(body['token_type']).toBe('DPoP')
    const proof = key.proof('POST', mcp(), { token })
    expect(await client.calls(token, 'DPoP', { dpop: proof })).toBe(200)
    const wrong = [
      await client.calls(token),
      await client.calls(token, 'DPoP'),
      await client.calls(token, 'DPoP', { dpop: proof }),
      await client.calls(token, 'DPoP', { dpop: new ProofKey(alg).proof('POST', mcp(), { token }) }),
      await client.calls(token, 'DPoP', { dpop: key.proof('GET', mcp(), { token }) }),
      await client.calls(token, 'DPoP', { dpop: key.proof('POST', url(), { token }) }),
      await client.calls(token, 'DPoP', { dpop: key.proof('POST', mcp(), { token: 'ambm_other' }) }),
      await client.calls(token, 'DPoP', { dpop: key.proof('POST', mcp(), { token, payload: { iat: 1 } }) }),
      await client.calls(token, 'DPoP', {
        dpop: key.proof('POST', mcp(), { token, header: { alg: 'none' } }),
      }),
      await client.calls(token, 'DPoP', { dpop: `${key.proof('POST', mcp(), { token }).slice(0, -4)}AAAA` }),
      await client.calls(token, 'DPoP', { dpop: 'nonsense' }),
    ]
    expect(wrong).toEqual(wrong.map(() => 401))
    expect((await client.refresh(body['refresh_token'])).body['error']).toBe('invalid_grant')
    const renewed = await client.refresh(body['refresh_token'], {}, { dpop: key.proof('POST', url()) })
    expect(renewed.body['token_type']).toBe('DPoP')
  })
})

describe('a node that does not let clients log in', () => {
  test('says nothing of it, and has none of its addresses', async () => {
    await using closed = await startTestNode({ env: { AMBIT_OAUTH: 'off' } })
    const refused = await fetch(`${closed.url}/mcp`, { method: 'POST', body: '{}' })
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="ambit"')
    for (const path of ['/.well-known/oauth-protected-resource', '/oauth/jwks', '/api/oauth/connections'])
      expect((await fetch(`${closed.url}${path}`)).status).toBe(404)
  })
})

describe('many who only begin', () => {
  test('are slowed down, and told when to try again', async () => {
    await using busy = await startTestNode()
    const client = new RawOAuthClient(busy.url)
    const answers = await Promise.all(Array.from({ length: 90 }, async () => await client.registerOnce()))
    const late = answers.filter(({ status }) => status === 429)
    expect(late.length).toBeGreaterThan(0)
    expect(late[0]?.body).toMatchObject({ code: 'oauth.too-many' })
    // Those who are in go on meanwhile.
    expect(await client.calls('ambm_x')).toBe(401)
    expect((await fetch(`${busy.url}/oauth/jwks`)).status).toBe(200)
  })
})
