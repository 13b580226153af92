import { startAuthorizationServer } from '@ambit/testkit/authorization-server'
import type { TestAuthorizationServer } from '@ambit/testkit/authorization-server'
import { handClock } from '@ambit/testkit/clock'
import { startProtectedServer } from '@ambit/testkit/protected-server'
import type { ProtectedServer } from '@ambit/testkit/protected-server'
import { storeEngines } from '@ambit/testkit/stores'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { createAddressGuard } from '../net/address.ts'
import { createUpstream } from '../net/upstream.ts'
import type { Store } from '../store/store.ts'
import { openVault } from '../vault/vault.ts'
import type { Vault } from '../vault/vault.ts'
import { openSignIns } from './signin.ts'
import type { SignIns } from './signin.ts'

const ada = { organization: 'main', person: 'p_ada' }
const bob = { organization: 'main', person: 'p_bob' }
const minuteMs = 60_000

let server: ProtectedServer
let authorization: TestAuthorizationServer
let signIns: SignIns
let vault: Vault
let clock: ReturnType<typeof handClock>
const ends: (() => unknown)[] = []

async function open(options: { origin?: string; document?: string; allowed?: readonly string[] } = {}) {
  const store: Store = await storeEngines[0]!.open()
  clock = handClock()
  const parts = {
    store,
    clock,
    bus: createLocalBus(silentLog),
    keyring: createKeyring(clock.random(32), clock),
  }
  vault = await openVault(parts)
  // Connections need the time that passes by itself.
  const upstream = createUpstream(createAddressGuard(options.allowed ?? ['127.0.0.0/8']))
  signIns = await openSignIns({
    ...parts,
    vault,
    upstream,
    origin: () => options.origin ?? 'http://localhost:7100',
    clientDocument: options.document,
  })
  ends.push(async () => {
    await upstream.close()
    await store[Symbol.asyncDispose]()
  })
}

beforeEach(async () => {
  server = await startProtectedServer()
  authorization = server.authorization
  await open()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  for (const end of ends.splice(0)) await end()
})

async function signIn(who = ada, user = 'ada'): Promise<void> {
  const { url } = await signIns.begin(who, server.mcp.url)
  await signIns.complete(who, await authorization.visit(url, user))
}

async function headerOf(who = ada): Promise<string | undefined> {
  return await signIns.authorization(who.organization, who.person, server.mcp.url)
}

async function problem(promise: Promise<unknown>): Promise<{ code: string; detail: string }> {
  const fault = await promise.then(
    () => ({ code: 'none', detail: '' }),
    (error: unknown) => error as { code: string; detail: string },
  )
  return { code: fault.code, detail: fault.detail }
}

describe('signing in', () => {
  test('gives a person a token of their own, bound to the server, and nobody else', async () => {
    await signIn(ada, 'ada')
    await signIn(bob, 'bob')
    expect(await headerOf(ada)).toMatch(/^Bearer at-ada-/)
    expect(await headerOf(bob)).toMatch(/^Bearer at-bob-/)
    expect(await headerOf({ organization: 'main', person: 'p_cho' })).toBeUndefined()
    expect(await headerOf({ organization: 'other', person: 'p_ada' })).toBeUndefined()
    expect(await signIns.authorization('main', 'p_ada', `${server.mcp.url}/other`)).toBeUndefined()
    for (const { parameters } of authorization.tokenRequests)
      expect(parameters.get('resource')).toBe(server.mcp.url)
    expect(authorization.authorizations[0]?.get('resource')).toBe(server.mcp.url)
    expect(signIns.peek('main', 'p_ada', server.mcp.url)).toBe(await headerOf(ada))
  })

  test('asks for the scopes of the refusal, else those the server publishes', async () => {
    const first = await signIns.begin(ada, server.mcp.url)
    expect(new URL(first.url).searchParams.get('scope')).toBe('mcp:use')
    const header = `Bearer scope="mcp:read", error="invalid_token"`
    expect(await signIns.refused(ada, server.mcp.url, { status: 401, header }, undefined)).toBe('sign-in')
    const { url } = await signIns.begin(bob, server.mcp.url)
    expect(new URL(url).searchParams.get('scope')).toBe('mcp:read')
  })

  test('asks for more on top of what was granted, and only once', async () => {
    await signIn()
    const header = `Bearer error="insufficient_scope", scope="mcp:write"`
    const refusal = { status: 403, header }
    expect(await signIns.refused(ada, server.mcp.url, refusal, await headerOf())).toBe('sign-in')
    const { url } = await signIns.begin(ada, server.mcp.url)
    expect(new URL(url).searchParams.get('scope')).toBe('mcp:use mcp:write')
    await signIns.complete(ada, await authorization.visit(url, 'ada'))
    expect(await signIns.refused(ada, server.mcp.url, refusal, await headerOf())).toBe('denied')
    // Another person is asked for what the server wants of everyone.
    const other = await signIns.begin(bob, server.mcp.url)
    expect(new URL(other.url).searchParams.get('scope')).toBe('mcp:use')
    const plain = { status: 403, header: undefined }
    expect(await signIns.refused(ada, server.mcp.url, plain, await headerOf())).toBeUndefined()
  })

  test('asks for offline access only where it is known', async () => {
    authorization.metadata['scopes_supported'] = ['mcp:use', 'offline_access']
    const { url } = await signIns.begin(ada, server.mcp.url)
    expect(new URL(url).searchParams.get('scope')).toBe('mcp:use offline_access')
  })

  test('ends once, by whoever began it, and in time', async () => {
    const { url } = await signIns.begin(ada, server.mcp.url)
    const answer = await authorization.visit(url, 'ada')
    expect((await problem(signIns.complete(bob, answer))).code).toBe('sign-in.not-yours')
    expect((await problem(signIns.complete({ organization: 'other', person: 'p_ada' }, answer))).code).toBe(
      'sign-in.unknown',
    )
    await signIns.complete(ada, answer)
    expect((await problem(signIns.complete(ada, answer))).code).toBe('sign-in.unknown')
    const late = await authorization.visit((await signIns.begin(ada, server.mcp.url)).url, 'ada')
    clock.advance(16 * minuteMs)
    expect((await problem(signIns.complete(ada, late))).code).toBe('sign-in.unknown')
    const foreign = new URLSearchParams({ code: 'code-1', state: 'x'.repeat(43) })
    expect((await problem(signIns.complete(ada, foreign))).code).toBe('sign-in.unknown')
  })

  test('refuses an answer of another issuer, and one that lacks its issuer', async () => {
    for (const iss of ['https://evil.example', `${authorization.issuer}/`, undefined]) {
      authorization.iss = iss
      const { url } = await signIns.begin(ada, server.mcp.url)
      const before = authorization.tokenRequests.length
      const { code } = await problem(signIns.complete(ada, await authorization.visit(url, 'ada')))
      expect(code).toBe('sign-in.unavailable')
      expect(authorization.tokenRequests.length).toBe(before)
    }
    expect(await headerOf()).toBeUndefined()
  })

  test('says that the server refused in the words of the protocol alone', async () => {
    const { url } = await signIns.begin(ada, server.mcp.url)
    const state = new URL(url).searchParams.get('state') ?? ''
    const answer = new URLSearchParams({ state, error: '<script>', iss: authorization.issuer })
    expect(await problem(signIns.complete(ada, answer))).toEqual({
      code: 'sign-in.refused',
      detail: 'its authorization server says: another reason',
    })
  })
})

describe('finding out where to sign in', () => {
  test('refuses metadata of another resource, of another issuer, and without protection of codes', async () => {
    server.metadata['resource'] = 'https://evil.example/mcp'
    expect((await problem(signIns.begin(ada, server.mcp.url))).detail).toContain('another server')
    delete server.metadata['resource']
    authorization.metadata['issuer'] = 'https://evil.example'
    expect((await problem(signIns.begin(ada, server.mcp.url))).detail).toContain('another issuer')
    delete authorization.metadata['issuer']
    authorization.metadata['code_challenge_methods_supported'] = null
    expect((await problem(signIns.begin(ada, server.mcp.url))).detail).toContain('PKCE')
    expect(authorization.registrations).toEqual([])
  })

  test('does not follow metadata to a private address', async () => {
    server.metadata['authorization_servers'] = ['https://10.0.0.1']
    expect((await problem(signIns.begin(ada, server.mcp.url))).code).toBe('address.refused')
    delete server.metadata['authorization_servers']
    authorization.metadata['token_endpoint'] = 'http://intranet.example/token'
    expect((await problem(signIns.begin(ada, server.mcp.url))).code).toBe('sign-in.unavailable')
    delete authorization.metadata['token_endpoint']
    authorization.metadata['authorization_endpoint'] = 'javascript:alert(1)'
    expect((await problem(signIns.begin(ada, server.mcp.url))).code).toBe('sign-in.unavailable')
    delete authorization.metadata['authorization_endpoint']
    const header = 'Bearer resource_metadata="https://169.254.169.254/latest"'
    await signIns.refused(ada, server.mcp.url, { status: 401, header }, undefined)
    expect((await problem(signIns.begin(ada, server.mcp.url))).code).toBe('address.refused')
  })

  test('reads metadata of an issuer with a path', async () => {
    await using tenant = await startAuthorizationServer({ path: '/tenant' })
    server.metadata['authorization_servers'] = [tenant.issuer]
    const { url } = await signIns.begin(ada, server.mcp.url)
    expect(url.startsWith(`${tenant.issuer}/authorize?`)).toBe(true)
  })
})

describe('being known as a client', () => {
  test('registers once for each issuer', async () => {
    await signIn(ada)
    await signIn(bob, 'bob')
    expect(authorization.registrations).toEqual([
      {
        client_name: 'Ambit',
        redirect_uris: ['http://localhost:7100/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ])
    await using other = await startAuthorizationServer()
    server.metadata['authorization_servers'] = [other.issuer]
    const { url } = await signIns.begin(ada, server.mcp.url)
    await signIns.complete(ada, await other.visit(url, 'ada'))
    expect(other.registrations.length).toBe(1)
  })

  test('uses the address of its document where that is known and the node has one', async () => {
    authorization.metadata['client_id_metadata_document_supported'] = true
    await signIns.begin(ada, server.mcp.url)
    expect(authorization.registrations.length).toBe(1)
    await open({ origin: 'https://ambit.example' })
    const { url } = await signIns.begin(ada, server.mcp.url)
    expect(new URL(url).searchParams.get('client_id')).toBe('https://ambit.example/oauth/client.json')
    await open({ document: 'https://docs.example/ambit.json' })
    const elsewhere = await signIns.begin(ada, server.mcp.url)
    expect(new URL(elsewhere.url).searchParams.get('client_id')).toBe('https://docs.example/ambit.json')
    expect(authorization.registrations.length).toBe(1)
  })

  test('uses a client that an operator registered, with its secret for its own issuer only', async () => {
    authorization.metadata['registration_endpoint'] = null
    expect((await problem(signIns.begin(ada, server.mcp.url))).detail).toContain('registers no clients')
    const settings = { clientId: 'by-hand', clientSecret: 's3cret', grant: 'authorization_code' } as const
    await signIns.setClient('main', server.mcp.url, settings)
    await signIn()
    const { authorization: proof } = authorization.tokenRequests[0]!
    expect(proof).toBe(`Basic ${Buffer.from('by-hand:s3cret').toString('base64')}`)
    await using other = await startAuthorizationServer()
    server.metadata['authorization_servers'] = [other.issuer]
    expect((await problem(signIns.begin(ada, server.mcp.url))).detail).toContain(
      'another authorization server',
    )
  })

  test('comes for itself with a secret or a key, for everyone', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
    const common = { clientId: 'node', grant: 'client_credentials' } as const
    await signIns.setClient('main', server.mcp.url, { ...common, clientSecret: 's3cret' })
    expect(await headerOf(ada)).toMatch(/^Bearer at-client-/)
    expect(await headerOf(bob)).toBe(await headerOf(ada))
    await signIns.setClient('main', server.mcp.url, { ...common, privateKey: pem })
    expect(await headerOf(ada)).toMatch(/^Bearer at-client-/)
    const { parameters } = authorization.tokenRequests.at(-1)!
    expect(parameters.get('client_assertion_type')).toContain('jwt-bearer')
    expect(parameters.get('resource')).toBe(server.mcp.url)
    expect((await problem(signIns.begin(ada, server.mcp.url))).code).toBe('sign-in.unavailable')
    const bad = signIns.setClient('main', server.mcp.url, { ...common, privateKey: 'no key' })
    expect((await problem(bad)).code).toBe('input.invalid')
  })
})

describe('people whom an identity provider vouches for', () => {
  test('are let in by their ID token, each with a token of their own, until it ends', async () => {
    const settings = {
      clientId: 'node',
      clientSecret: 's3cret',
      grant: 'jwt_bearer',
      identityProvider: { tokenEndpoint: `${authorization.issuer}/exchange`, clientId: 'at-the-idp' },
    } as const
    await signIns.setClient('main', server.mcp.url, settings)
    expect(await headerOf(ada)).toBeUndefined()
    await signIns.setIdentity(ada, server.mcp.url, 'x.ada.y')
    await signIns.setIdentity(bob, server.mcp.url, 'x.bob.y')
    expect(await headerOf(ada)).toMatch(/^Bearer at-ada-/)
    expect(await headerOf(bob)).toMatch(/^Bearer at-bob-/)
    const [exchange] = authorization.tokenRequests
    expect(exchange?.parameters.get('audience')).toBe(authorization.issuer)
    expect(exchange?.parameters.get('resource')).toBe(server.mcp.url)
    expect((await problem(signIns.begin(ada, server.mcp.url))).detail).toContain('ID token')
    authorization.left.add('ada')
    await signIns.setIdentity(ada, server.mcp.url, 'z.ada.z')
    expect(await headerOf(ada)).toBeUndefined()
    expect(await headerOf(bob)).toMatch(/^Bearer at-bob-/)
  })

  test('are refused settings that name no provider', async () => {
    const bad = signIns.setClient('main', server.mcp.url, { clientId: 'node', grant: 'jwt_bearer' })
    expect((await problem(bad)).code).toBe('input.invalid')
  })
})

describe('renewing', () => {
  test('renews what is about to end, once however many ask, and keeps the exchanged refresh token', async () => {
    await signIn()
    const first = await headerOf()
    clock.advance(59.9 * minuteMs)
    expect(signIns.peek('main', 'p_ada', server.mcp.url)).toBeUndefined()
    const renewed = await Promise.all(Array.from({ length: 10 }, async () => await headerOf()))
    expect(new Set(renewed).size).toBe(1)
    expect(renewed[0]).not.toBe(first)
    clock.advance(59.9 * minuteMs)
    const again = await headerOf()
    expect(again).toMatch(/^Bearer at-ada-/)
    expect(again).not.toBe(renewed[0])
    const refreshes = authorization.tokenRequests.filter(({ grant }) => grant === 'refresh_token')
    expect(refreshes.length).toBe(2)
    expect(refreshes[1]?.parameters.get('resource')).toBe(server.mcp.url)
  })

  test('forgets what cannot be renewed any more', async () => {
    await signIn()
    authorization.revoke('all')
    clock.advance(60 * minuteMs)
    expect(await headerOf()).toBeUndefined()
    expect((await signIns.status(ada, server.mcp.url)).signedIn).toBe(false)
  })

  test('keeps it when the authorization server is away, and says so', async () => {
    await signIn()
    clock.advance(60 * minuteMs)
    await authorization[Symbol.asyncDispose]()
    expect((await problem(headerOf())).code).toBe('upstream.unreachable')
    expect((await signIns.status(ada, server.mcp.url)).signedIn).toBe(true)
  })

  test('renews a token that the server refuses before its time, and does not do so again and again', async () => {
    await signIn()
    const used = await headerOf()
    clock.advance(minuteMs)
    authorization.revoke()
    const refusal = { status: 401, header: 'Bearer' }
    expect(await signIns.refused(ada, server.mcp.url, refusal, used)).toBe('renewed')
    expect(await headerOf()).not.toBe(used)
    // An answer to an older request says nothing of the newer token.
    expect(await signIns.refused(ada, server.mcp.url, refusal, used)).toBe('renewed')
    expect(await signIns.refused(ada, server.mcp.url, refusal, await headerOf())).toBe('sign-in')
    expect(await headerOf()).toBeUndefined()
  })

  test('keeps tokens sealed, and forgets them when told', async () => {
    await signIn()
    expect((await signIns.status(ada, server.mcp.url)).signedIn).toBe(true)
    await signIns.forget(ada, server.mcp.url)
    expect(await headerOf()).toBeUndefined()
    expect(await signIns.status(ada, server.mcp.url)).toEqual({
      signedIn: false,
      forEveryone: false,
      scopes: [],
    })
  })
})
