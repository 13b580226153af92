import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { TestBrowser } from '@ambit/testkit/browser'
import { selfSigned } from '@ambit/testkit/certificate'
import { agree, openRequest } from '@ambit/testkit/consenting'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import {
  beginLogin,
  connectFirstWithLogin,
  connectWithLogin,
  endFirstLogin,
  endLogin,
  TestOAuthProvider,
} from '@ambit/testkit/oauth-client'
import { bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

/*
 * A stock client logs in by itself: it finds the authorization server, says who it is, opens a browser, and a person
 * decides there what it may do. What they decide is a mandate, and the client works inside it.
 */

const callback = 'http://127.0.0.1:33418/callback'
const ends: (() => Promise<void>)[] = []
let node: TestNode
let server: TestMcpServer

beforeAll(async () => {
  server = await startMcpServer()
  node = await startTestNode()
  await bringOnline(node.ambit, { url: server.url }, 'desk')
})

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await server.close()
})

const onlyEcho = { allow: [{ target: 'desk', capability: 'echo', decision: 'autonomous' }] }

const open = async (address: string, session = node.session) => await openRequest(node.url, session, address)

async function logIn(provider = new TestOAuthProvider(callback), choice: object = onlyEcho) {
  const url = `${node.url}/mcp`
  const agreed = await agree(node.url, node.session, await beginLogin(url, provider), choice)
  await endLogin(url, provider, agreed.back.searchParams)
  const { client } = await connectWithLogin(url, provider)
  ends.push(async () => await client.close())
  return { ...agreed, client, provider }
}

/** As the page of the mandate lists them. */
async function tokensOf(mandate: string): Promise<readonly { client?: string; state: string }[]> {
  const answer = await fetch(`${node.url}/api/mandates/${mandate}`, {
    headers: { authorization: `Bearer ${node.session}` },
  })
  return ((await answer.json()) as { tokenList: { client?: string; state: string }[] }).tokenList
}

async function join(name: string): Promise<{ ambit: Ambit; session: string }> {
  const { signInLink } = await node.ambit.people.add({ name, roles: ['operator'] })
  const token = new URL(signInLink).searchParams.get('token') ?? ''
  const { session = '' } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
  return { ambit: connectAmbit({ url: node.url, token: session }), session }
}

describe('a stock client', () => {
  test('registers, is let in by a person, and works inside the mandate it was given', async () => {
    const { client, consent, mandate, provider, back } = await logIn()
    expect(consent).toMatchObject({
      client: { name: 'Desk client', known: 'registered' },
      redirectHost: '127.0.0.1:33418',
      suggested: [{ target: 'desk', capability: '*' }],
    })
    expect(consent.records[0]?.capabilities.map(({ id }) => id)).toContain('echo')
    expect(back.searchParams.get('iss')).toBe(node.url)
    expect(provider.saved).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
    expect(provider.saved?.access_token).toMatch(/^ambm_/)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([expect.stringContaining('echo')])
    const name = tools[0]!.name
    const result = await client.callTool({ name, arguments: { text: 'hello' } })
    expect(JSON.stringify(result)).toContain('hello')
    const before = server.calls.length
    const refused = await client
      .callTool({ name: name.replace('echo', 'add'), arguments: { a: 1, b: 2 } })
      .catch((error: unknown) => error)
    expect(JSON.stringify(refused)).not.toContain('"3"')
    expect(server.calls.length).toBe(before)
    const given = await node.ambit.mandates.get(mandate)
    expect(given.signed.body).toMatchObject({ purpose: 'Desk work', allow: onlyEcho.allow })
    expect((await tokensOf(mandate))[0]).toMatchObject({ client: 'Desk client', state: 'active' })
  })

  test('renews its access by itself, and is out at once when the mandate is revoked', async () => {
    const { client, provider, mandate } = await logIn()
    const first = provider.saved!
    // As after an hour: the client's token is refused, and it comes back with another one.
    provider.saved = { ...first, access_token: `${first.access_token.slice(0, -1)}_` }
    await client.listTools()
    expect(provider.saved.access_token).not.toBe(first.access_token)
    expect(provider.saved.refresh_token).not.toBe(first.refresh_token)
    await node.ambit.mandates.revoke(mandate)
    provider.authorization = undefined
    await expect(client.listTools()).rejects.toThrow()
    // Neither the access token nor the refresh token is good for anything: it would have to ask the person again.
    expect(provider.authorization).toBeDefined()
  })

  test('of the first SDK logs in just the same', async () => {
    const provider = new TestOAuthProvider(callback)
    const url = `${node.url}/mcp/desk`
    await expect(connectFirstWithLogin(url, provider)).rejects.toThrow()
    const { back } = await agree(node.url, node.session, provider.authorization?.href ?? '', onlyEcho)
    await endFirstLogin(url, provider, back.searchParams.get('code') ?? '')
    const client = await connectFirstWithLogin(url, provider)
    ends.push(async () => await client.close())
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo'])
  })

  test('is known by the address of its document, without registering', async () => {
    const { certificate, document } = await startDocument()
    const known = getCACertificates('default')
    setDefaultCACertificates([...known, certificate])
    ends.push(async () => setDefaultCACertificates(known))
    const { client, consent, provider } = await logIn(new TestOAuthProvider(callback, document.url))
    expect(provider.information?.client_id).toBe(document.url)
    expect(consent).toMatchObject({ client: { id: document.url, name: 'A known desk', known: 'document' } })
    expect((await client.listTools()).tools).toHaveLength(1)
    expect(document.asked).toBe(1)
  })

  test('is sent back with a refusal when the person refuses', async () => {
    const provider = new TestOAuthProvider(callback)
    const { browser, api } = await open(await beginLogin(`${node.url}/mcp`, provider))
    const answer = (await (await browser.post(`${api}/deny`, {})).json()) as { location: string }
    const back = new URL((await browser.get(answer.location)).headers.get('location') ?? '')
    expect([back.searchParams.get('error'), back.searchParams.get('state')]).toEqual([
      'access_denied',
      'a-state',
    ])
    expect((await browser.post(api, { purpose: 'x', ...onlyEcho })).status).toBe(410)
  })

  test('loses its access when the person ends it, and the mandate stays to be revoked', async () => {
    const { client, mandate, provider } = await logIn()
    const connections = await node.ambit.connections.list()
    const [connection] = connections
    expect(connection).toMatchObject({ client: { name: 'Desk client' }, mandate })
    expect(await node.ambit.connections.end(connection!.id)).toEqual({ ended: true, mandate })
    provider.authorization = undefined
    await expect(client.listTools()).rejects.toThrow()
    expect(provider.authorization).toBeDefined()
    expect((await node.ambit.mandates.get(mandate)).state).toBe('active')
  })

  test('says what it would like, and the person is asked about that', async () => {
    const provider = new TestOAuthProvider(callback)
    const address = new URL(await beginLogin(`${node.url}/mcp/desk`, provider))
    const wish = [
      { type: 'ambit_mandate', identifier: 'desk', actions: ['add', 'echo'], limits: { calls: 2 } },
    ]
    address.searchParams.set('authorization_details', JSON.stringify(wish))
    const { browser, api } = await open(address.href)
    expect(await (await browser.get(api)).json()).toMatchObject({
      suggested: [
        { target: 'desk', capability: 'add' },
        { target: 'desk', capability: 'echo' },
      ],
      limits: { calls: 2 },
      resource: `${node.url}/mcp/desk`,
    })
  })
})

describe('who decides', () => {
  test('is one person: not another one who got hold of the address', async () => {
    const { session } = await join('eve')
    const address = await beginLogin(`${node.url}/mcp`, new TestOAuthProvider(callback))
    const { browser, api } = await open(address)
    expect((await browser.get(api)).status).toBe(200)
    const other = new TestBrowser(node.url)
    other.signIn(session)
    for (const answer of [await other.get(api), await other.post(api, { purpose: 'x', ...onlyEcho })])
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        403,
        'oauth.not-yours',
      ])
  })

  test('decides for their own browser: what they allow lets nobody else in', async () => {
    const { session } = await join('mallory')
    const provider = new TestOAuthProvider(callback)
    // Mallory begins, and sends the address of the page to the owner, who says yes.
    const { browser, api } = await open(await beginLogin(`${node.url}/mcp`, provider), session)
    const owner = new TestBrowser(node.url)
    owner.signIn(node.session)
    const { location } = (await (await owner.post(api, { purpose: 'x', ...onlyEcho })).json()) as {
      location: string
    }
    const stolen = await browser.get(location)
    expect([stolen.status, ((await stolen.json()) as { code: string }).code]).toEqual([
      403,
      'oauth.not-yours',
    ])
    browser.signOut()
    expect((await browser.get(location)).status).toBe(403)
  })

  test('cannot be gone round by an address or a cookie that names the request otherwise', async () => {
    const address = await beginLogin(`${node.url}/mcp`, new TestOAuthProvider(callback))
    const begun = await fetch(address, { redirect: 'manual', headers: { accept: 'text/html' } })
    const uid = begun.headers.get('location')?.split('/').at(-1) ?? ''
    const own = begun.headers.getSetCookie().map((line) => line.split(';', 1)[0]!)
    const owner = new TestBrowser(node.url)
    owner.signIn(node.session)
    const api = `/api/oauth/consents/${uid}`
    expect((await owner.get(api)).status).toBe(200)
    expect((await owner.post(api, { purpose: 'x', ...onlyEcho })).status).toBe(200)
    const quoted = own.map((pair) => pair.replace(`=${uid}`, `="${uid}"`))
    const ways = [
      ['another', own],
      [`${uid}/`, own],
      [`%${uid.charCodeAt(0).toString(16)}${uid.slice(1)}`, own],
      ['another', quoted],
      ['another', [...own, 'ambit_oauth_resume=another']],
      [uid, own],
    ] as const
    for (const [place, cookies] of ways) {
      const cookie = cookies.join('; ')
      const stolen = await fetch(`${node.url}/oauth/authorize/${place}`, {
        redirect: 'manual',
        headers: { cookie, accept: 'text/html' },
      })
      expect([place, stolen.status, stolen.headers.get('location')]).toEqual([
        place,
        place === uid && cookies === own ? 403 : 410,
        null,
      ])
    }
  })

  test('is signed in: nobody is asked otherwise, and no token decides', async () => {
    const { browser, api } = await open(await beginLogin(`${node.url}/mcp`, new TestOAuthProvider(callback)))
    browser.signOut()
    expect((await browser.get(api)).status).toBe(401)
    expect((await browser.get(api.replace('/api/oauth/consents', '/oauth/consent'))).status).toBe(200)
    const { token } = await node.ambit.people.createToken({ name: 'a script' })
    const byToken = await fetch(`${node.url}${api}`, { headers: { authorization: `Bearer ${token}` } })
    expect(byToken.status).toBe(403)
  })

  test('sees it on a page of this node: no other page decides for them', async () => {
    const { browser, api } = await open(await beginLogin(`${node.url}/mcp`, new TestOAuthProvider(callback)))
    const forged = await browser.post(
      api,
      { purpose: 'x', ...onlyEcho },
      { origin: 'http://localhost:9', 'sec-fetch-site': 'same-site' },
    )
    expect([forged.status, ((await forged.json()) as { code: string }).code]).toEqual([
      403,
      'request.cross-site',
    ])
    expect((await browser.get(api)).status).toBe(200)
  })
})

/** A client's document on https, as its maker would publish it. */
async function startDocument() {
  const { cert, key } = selfSigned('localhost')
  const document = { url: '', asked: 0 }
  const web = createServer({ cert, key }, (_request, response) => {
    document.asked++
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=600' })
    response.end(
      JSON.stringify({
        client_id: document.url,
        client_name: 'A known desk',
        redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      }),
    )
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  document.url = `https://localhost:${(web.address() as AddressInfo).port}/client.json`
  ends.push(async () => {
    web.closeAllConnections()
    await new Promise<void>((resolve) => void web.close(() => resolve()))
  })
  return { certificate: cert, document }
}
