import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startProtectedServer } from '@ambit/testkit/protected-server'
import type { ProtectedServer } from '@ambit/testkit/protected-server'
import { allow, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { afterEach, describe, expect, test } from 'vitest'

/*
 * Servers that want OAuth, behind a node: each person signs in for themselves, each call carries the token of its own
 * person, and whoever is not signed in is told where.
 */

const ends: AsyncDisposable[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end[Symbol.asyncDispose]()
})

interface Scene {
  readonly node: TestNode
  readonly server: ProtectedServer
}

interface Person {
  readonly ambit: Ambit
  readonly access: TestAccess
}

async function open(eras: 'both' | 'modern' | 'legacy' = 'both'): Promise<Scene> {
  const server = await startProtectedServer({ eras })
  ends.push(server)
  const node = await startTestNode()
  ends.push(node)
  return { node, server }
}

/** The address where one signs in, out of a refusal. */
function addressIn(error: unknown): string {
  if (!(error instanceof AmbitProblem)) throw error
  expect(error.code).toBe('record.sign-in')
  return (error.members['signIn'] as { url: string }).url
}

async function goThere({ server }: Scene, ambit: Ambit, address: string, user: string): Promise<void> {
  const answer = Object.fromEntries(await server.authorization.visit(address, user))
  await ambit.signIns.end(answer as { state: string; code: string })
}

async function signIn(scene: Scene, ambit: Ambit, user: string): Promise<void> {
  await goThere(scene, ambit, (await ambit.signIns.begin('files')).url, user)
}

/** As the owner does it: register, be told where to sign in, sign in, register again. */
async function register(scene: Scene): Promise<void> {
  const { node, server } = scene
  const registration = { url: server.mcp.url, slug: 'files', responsible: { name: 'Operations' } }
  const refusal: unknown = await node.ambit.records.register(registration).catch((error: unknown) => error)
  await goThere(scene, node.ambit, addressIn(refusal), 'owner')
  const { record } = await node.ambit.records.register(registration)
  expect(record.interfaces[0]?.security).toEqual([{ header: 'authorization', secret: 'oauth' }])
  expect(JSON.stringify(record)).not.toContain('at-owner')
  await node.ambit.records.accept('files')
  await node.ambit.records.submit('files')
  await node.ambit.records.activate('files')
}

async function join({ node }: Scene, name: string): Promise<Person> {
  const { signInLink } = await node.ambit.people.add({ name, roles: ['operator'] })
  const token = new URL(signInLink).searchParams.get('token') ?? ''
  const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
  const ambit = connectAmbit({ url: node.url, token: session! })
  return { ambit, access: await allow(ambit, [{ target: 'files', capability: '*', decision: 'autonomous' }]) }
}

function calls({ server }: Scene): readonly { user: string }[] {
  return server.admitted.filter(({ method }) => method === 'tools/call')
}

describe.each(['modern', 'legacy'] as const)('a %s server that wants a sign-in', (eras) => {
  test('is registered after one, and each call carries the token of its own person', async () => {
    const scene = await open(eras)
    await register(scene)
    const people = await Promise.all(['ada', 'bob'].map(async (name) => await join(scene, name)))
    await Promise.all(people.map(async ({ ambit }, at) => await signIn(scene, ambit, ['ada', 'bob'][at]!)))
    const clients = await Promise.all(
      people.map(async ({ access }) => await connectMcpClient(access.mcpUrl, { token: access.token })),
    )
    const rounds = Array.from({ length: 20 }, (_, at) => at)
    await Promise.all(
      rounds.map(async (at) => {
        const result = await clients[at % 2]!.call('echo', { text: `${at}` })
        expect(result['isError']).not.toBe(true)
      }),
    )
    const users = calls(scene).map(({ user }) => user)
    expect(users.filter((user) => user === 'ada').length).toBe(10)
    expect(users.filter((user) => user === 'bob').length).toBe(10)
    for (const client of clients) await client.close()
  })

  test('tells whoever is not signed in where, and lets the same call through afterwards', async () => {
    const scene = await open(eras)
    await register(scene)
    const { ambit, access } = await join(scene, 'ada')
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    const told = JSON.stringify(await client.call('echo', { text: 'x' }))
    expect(told).toContain(`${scene.node.url}/registry/files/sign-in`)
    expect(calls(scene)).toEqual([])
    expect((await ambit.signIns.status('files')).signedIn).toBe(false)
    await signIn(scene, ambit, 'ada')
    expect((await ambit.signIns.status('files')).signedIn).toBe(true)
    expect(JSON.stringify(await client.call('echo', { text: 'x' }))).toContain('"x"')
    await client.close()
    const [act] = (await ambit.acts.list({})).acts
    expect(act).toBeDefined()
  })

  test('asks for more where a call needs more, and says when that does not help', async () => {
    const scene = await open(eras)
    await register(scene)
    const { ambit, access } = await join(scene, 'ada')
    await signIn(scene, ambit, 'ada')
    scene.server.callScopes = ['mcp:write']
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    expect(JSON.stringify(await client.call('add', { a: 1, b: 2 }))).toContain('/registry/files/sign-in')
    const { url } = await ambit.signIns.begin('files')
    expect(new URL(url).searchParams.get('scope')).toBe('mcp:use mcp:write')
    await goThere(scene, ambit, url, 'ada')
    expect(JSON.stringify(await client.call('add', { a: 1, b: 2 }))).toContain('3')
    await client.close()
  })

  test('renews what ended, and asks again when that is not possible any more', async () => {
    const scene = await open(eras)
    await register(scene)
    const { ambit, access } = await join(scene, 'ada')
    scene.server.authorization.lifeS = 0
    await signIn(scene, ambit, 'ada')
    scene.server.authorization.lifeS = 3600
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    expect(JSON.stringify(await client.call('echo', { text: 'x' }))).toContain('"x"')
    const grants = scene.server.authorization.tokenRequests.map(({ grant }) => grant)
    expect(grants.filter((grant) => grant === 'refresh_token').length).toBe(1)
    scene.server.authorization.revoke('all')
    expect(JSON.stringify(await client.call('echo', { text: 'y' }))).toContain('/registry/files/sign-in')
    await client.close()
  })
})

describe('clients that open addresses', () => {
  test('of 2025-11-25 get the address as a URL elicitation', async () => {
    const scene = await open('legacy')
    await register(scene)
    const { access } = await join(scene, 'ada')
    const client = new Client(
      { name: 'opens', version: '1.0.0' },
      { capabilities: { elicitation: { url: {} } } },
    )
    await client.connect(transportTo(access))
    const error: unknown = await client
      .callTool({ name: 'echo', arguments: { text: 'x' } })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: -32_042,
      data: { elicitations: [{ mode: 'url', url: `${scene.node.url}/registry/files/sign-in` }] },
    })
    await client.close()
  })

  test('of 2026-07-28 get it as a question of the call, which goes through once the person signed in', async () => {
    const scene = await open('modern')
    await register(scene)
    const { ambit, access } = await join(scene, 'ada')
    const client = new Client(
      { name: 'opens', version: '1.0.0' },
      {
        capabilities: { elicitation: { url: {} } },
        versionNegotiation: { mode: { pin: '2026-07-28' } },
      },
    )
    const asked: unknown[] = []
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      asked.push(params)
      await signIn(scene, ambit, 'ada')
      return { action: 'accept' as const }
    })
    await client.connect(transportTo(access))
    const result = await client.callTool({ name: 'echo', arguments: { text: 'x' } })
    expect(result.content).toEqual([{ type: 'text', text: 'x' }])
    expect(asked).toMatchObject([{ mode: 'url', url: `${scene.node.url}/registry/files/sign-in` }])
    await client.close()
  })
})

describe('the end of a sign-in', () => {
  test('is for whoever began it, in a session', async () => {
    const scene = await open()
    await register(scene)
    const [ada, eve] = [await join(scene, 'ada'), await join(scene, 'eve')]
    const { url } = await ada.ambit.signIns.begin('files')
    await expect(goThere(scene, eve.ambit, url, 'eve')).rejects.toMatchObject({ code: 'sign-in.not-yours' })
    const { token } = await ada.ambit.people.createToken({ name: 'script' })
    const script = connectAmbit({ url: scene.node.url, token })
    await expect(goThere(scene, script, url, 'ada')).rejects.toMatchObject({ code: 'auth.session-only' })
    await expect(script.signIns.begin('files')).rejects.toMatchObject({ code: 'auth.session-only' })
  })

  test('says nothing in the words of the authorization server', async () => {
    const scene = await open()
    await register(scene)
    const { ambit } = await join(scene, 'ada')
    const { url } = await ambit.signIns.begin('files')
    const state = new URL(url).searchParams.get('state') ?? ''
    const answer = { state, code: 'wrong', iss: scene.server.authorization.issuer }
    const problem: unknown = await ambit.signIns.end(answer).catch((error: unknown) => error)
    expect(problem).toMatchObject({ code: 'sign-in.refused' })
    expect(JSON.stringify(problem)).not.toContain('words of a server')
  })
})

describe('a node that is let in by itself', () => {
  test('registers and calls with the token of its client, for everyone', async () => {
    const scene = await open()
    const { node, server } = scene
    await node.ambit.records.register({
      url: server.mcp.url,
      slug: 'files',
      client: { clientId: 'node', clientSecret: 's3cret', grant: 'client_credentials' },
    })
    await node.ambit.records.accept('files')
    await node.ambit.records.submit('files')
    await node.ambit.records.activate('files')
    const { access, ambit } = await join(scene, 'ada')
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    expect(JSON.stringify(await client.call('echo', { text: 'x' }))).toContain('"x"')
    expect(await ambit.signIns.status('files')).toMatchObject({ signedIn: true, forEveryone: true })
    await client.close()
  })
})

test('a node says what it is as a client, under the address by which it is known', async () => {
  const node = await startTestNode({
    env: { AMBIT_OAUTH_CLIENT_DOCUMENT: 'https://docs.example/ambit.json' },
  })
  ends.push(node)
  const response = await fetch(`${node.url}/oauth/client.json`)
  expect(await response.json()).toMatchObject({
    client_id: 'https://docs.example/ambit.json',
    redirect_uris: [`${node.url}/oauth/callback`],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  })
})

test('a server whose authorization server is away is not registered', async () => {
  const scene = await open()
  scene.server.metadata['authorization_servers'] = ['http://127.0.0.1:1']
  const refusal = scene.node.ambit.records.register({ url: scene.server.mcp.url, slug: 'files' })
  await expect(refusal).rejects.toMatchObject({ code: 'upstream.unreachable' })
})

function transportTo(access: TestAccess): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(access.mcpUrl), {
    requestInit: { headers: { authorization: `Bearer ${access.token}` } },
  })
}
