import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { testAuthenticator } from '@ambit/testkit/authenticator'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { send } from '@ambit/testkit/raw-http'
import type { RawAnswer } from '@ambit/testkit/raw-http'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contracts } from '../../scripts/contracts.ts'

/*
 * Two organisations on one node: nothing of one is visible to the other. `main` has one of everything; the owner of
 * `north`, who may do most, looks for it on every route.
 */

/** What stands in `main` and nowhere in a request of `north`: an answer that holds any of it tells too much. */
const secret = 'zebra-7319'

/** A rule of a person that reaches nothing. */
const rule = { scope: 'mine', target: `none-${secret}`, capability: '*', decision: 'ask' }

/** Bodies with which a route comes to look for what its path names. */
const bodies: Readonly<Record<string, unknown>> = {
  'POST /api/approvals/{id}/approve': { digest: `sha256:${'0'.repeat(64)}` },
  'POST /api/approvals/{id}/challenge': { digest: `sha256:${'0'.repeat(64)}` },
  'POST /api/approvals/{id}/deny': {},
  'POST /api/approvals/{id}/edit': { digest: `sha256:${'0'.repeat(64)}`, values: [] },
  'POST /api/mandates/{id}/narrow': { purpose: 'mine now' },
  'POST /api/mandates/{id}/revoke': {},
  'POST /api/mandates/{id}/tokens': {},
  'POST /api/plans/{id}/approve': { digest: `sha256:${'0'.repeat(64)}` },
  'POST /api/plans/{id}/challenge': { digest: `sha256:${'0'.repeat(64)}` },
  'POST /api/oauth/consents/{uid}': { purpose: 'mine', allow: [{ target: '*', capability: '*' }] },
  'POST /api/oauth/consents/{uid}/deny': {},
  'PATCH /api/passkeys/{id}': { name: 'mine' },
  'PATCH /api/people/{id}': { name: 'mine' },
  'POST /api/people/{id}/erase': { ground: 'curious' },
  'POST /api/people/{id}/freeze': { ground: 'curious' },
  'PATCH /api/records/{slug}': { version: '9.9.9' },
  'POST /api/records/{slug}/accept': {},
  'POST /api/records/{slug}/activate': {},
  'POST /api/records/{slug}/comments': { text: 'mine' },
  'POST /api/records/{slug}/keys/recover': {},
  'POST /api/records/{slug}/keys/report': { key: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK' },
  'POST /api/records/{slug}/keys/rotate': {},
  'POST /api/agent-keys/recoveries/{id}/confirm': {},
  'POST /api/records/{slug}/rename': { slug: 'mine' },
  'POST /api/records/{slug}/transfer': { to: 'north' },
  'POST /api/takedowns/{record}/lift': { note: 'mine' },
  'POST /api/records/{slug}/recall': { note: 'gone' },
  'POST /api/records/{slug}/reinstate': { note: 'back' },
  'POST /api/records/{slug}/retire': {},
  'POST /api/records/{slug}/submit': {},
  'POST /api/records/{slug}/suspend': { note: 'gone' },
  'PUT /api/records/{slug}/secrets': { header: 'authorization', value: 'Bearer mine' },
  'PUT /api/records/{slug}/sign-in/client': { clientId: 'mine' },
  'PUT /api/records/{slug}/sign-in/identity': { idToken: 'a.b.c' },
}

interface Operation {
  readonly path: string
  readonly method: string
  readonly name: string
}

async function operations(): Promise<Operation[]> {
  const text = (await contracts())['contracts/openapi.json'] ?? ''
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((each) => {
      const method = each.toUpperCase()
      return { path, method, name: `${method} ${path}` }
    }),
  )
}

describe.each(nodeStores)('organisations on $name', (store) => {
  let node: TestNode
  let desk: TestMcpServer
  let main: Ambit
  let north: Ambit
  let northSession = ''
  let access: TestAccess
  /** What a path of `main` is filled with: by the first word behind /api/, then by the parameter. */
  const foreign: Record<string, readonly string[]> = {}

  beforeAll(async () => {
    desk = await startMcpServer()
    node = await startTestNode(await store.options())
    main = node.ambit
    const added = await main.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
    const owner = await signInOwner(node.url, added.signInLink)
    north = owner.ambit
    northSession = owner.session
    await fillMain()
  })

  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
    await desk?.close()
  })

  /** One of everything in `main`. */
  async function fillMain(): Promise<void> {
    const slug = `desk-${secret}`
    await bringOnline(main, { url: desk.url }, slug)
    access = await allow(
      main,
      [
        { target: slug, capability: 'add', decision: 'ask' },
        { target: slug, capability: 'echo', decision: 'autonomous' },
      ],
      { purpose: secret },
    )
    await rawCall(node.port, { token: access.token, name: 'echo', args: { text: secret } })
    await rawCall(node.port, { token: access.token, name: 'add', args: { a: 7319, b: 1 } })
    await rawCall(node.port, { token: access.token, name: 'fail', args: {} })
    foreign['rules'] = [await made('/api/rules', rule)]
    const other = await main.mandates.grant({ purpose: secret, allow: [{ target: '*', capability: '*' }] })
    foreign['stops'] = [await made('/api/stops', { what: 'mandate', subject: other.id })]
    const passkey = testAuthenticator().create(await main.passkeys.options(), { origin: node.url })
    foreign['passkeys'] = [(await main.passkeys.add(secret, passkey)).id]
    const person = await main.people.add({ name: secret, roles: ['owner'] })
    const token = await main.people.createToken({ name: secret })
    const me = await main.people.me()
    const records = (await main.records.list()).records
    const acts = (await main.acts.list()).acts.map(({ act }) => act)
    const approvals = (await main.approvals.list()).approvals.map(({ id }) => id)
    const { port } = new URL(desk.url)
    const webhook = { url: `http://127.0.0.1:${port}/hook-${secret}`, label: secret }
    foreign['channels'] = [(await main.channels.addWebhook(webhook)).id]
    foreign['records'] = [slug, (await main.records.get(slug)).record.id]
    foreign['mandates'] = [access.mandate]
    foreign['mandate-tokens'] = [access.id]
    foreign['acts'] = acts
    foreign['traces'] = acts
    foreign['approvals'] = approvals
    foreign['people'] = [person.person.id, me.person.id]
    foreign['tokens'] = [token.id]
    foreign['sessions'] = (await main.sessions.list()).map(({ id }) => id)
    expect(records).toHaveLength(1)
    expect(acts.length).toBeGreaterThanOrEqual(2)
    expect(approvals).toHaveLength(1)
  }

  /** The id of what a route of `main` makes. */
  async function made(path: string, body: unknown): Promise<string> {
    const headers = { authorization: `Bearer ${node.session}` }
    const answer = await send(node.port, { method: 'POST', path, headers, body: JSON.stringify(body) })
    expect(answer.status, answer.text).toBeLessThan(300)
    return String(/"id":"([^"]+)"/.exec(answer.text)?.[1])
  }

  async function ask(method: string, path: string, body: unknown): Promise<RawAnswer> {
    return await send(node.port, {
      method,
      path,
      headers: { authorization: `Bearer ${northSession}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** Everything of `main` that its owner sees, but for what time alone changes. */
  async function worldOfMain(): Promise<unknown> {
    const [record] = foreign['records']!
    return {
      record: await main.records.get(record!),
      mandates: await main.mandates.list(),
      approvals: await main.approvals.list(),
      acts: await main.acts.list(),
      people: await main.people.list(),
      tokens: await main.people.tokens(),
      sessions: (await main.sessions.list()).map(({ id }) => id),
      passkeys: await main.passkeys.list(),
      channels: (await main.channels.list()).webhooks.map(({ id }) => id),
      organizations: await main.organizations.list(),
    }
  }

  test('no route tells what is of another organisation from what is not there, and none changes it', async () => {
    const before = await worldOfMain()
    const looked: string[] = []
    for (const { method, path, name } of await operations()) {
      const noun = path.split('/')[2] ?? ''
      if (!path.includes('{') || noun === 'organizations' || noun === 'logs') continue
      // What describes an agent in force is for everyone: `formats.test.ts` looks at it.
      if (path.startsWith('/agents/')) continue
      const ids = foreign[noun] ?? [...new Set(Object.values(foreign).flat())]
      for (const id of ids) {
        const made = id.replaceAll(/[0-9]/g, '7')
        const fill = (text: string) => path.replaceAll(/\{\w+\}/g, encodeURIComponent(text))
        const theirs = await ask(method, fill(id), bodies[name])
        const nobodys = await ask(method, fill(made), bodies[name])
        const [left, right] = [theirs, nobodys].map(({ status, text }, at) => ({
          status,
          text: text.replaceAll(at === 0 ? id : made, '…'),
        }))
        expect.soft(left, `${name} ${id}`).toEqual(right)
        expect.soft(theirs.status, `${name} ${theirs.text}`).toBeGreaterThanOrEqual(400)
        expect.soft(theirs.text, name).not.toContain('request body')
        looked.push(name)
      }
    }
    expect(new Set(looked).size).toBeGreaterThan(40)
    expect(await worldOfMain()).toEqual(before)
  })

  test('no list holds anything of another organisation', async () => {
    for (const { method, path, name } of await operations()) {
      if (method !== 'GET' || path.includes('{') || path === '/api/events') continue
      if (path.startsWith('/.well-known/')) continue
      const noun = path.split('/')[2] ?? ''
      const { text } = await ask(method, path, undefined)
      expect(text, name).not.toContain(secret)
      for (const id of Object.values(foreign).flat()) {
        // The logs of the node are of all organisations: keys and sizes, no contents.
        if (noun !== 'logs') expect(text, `${name} ${id}`).not.toContain(id)
      }
    }
    const [record] = foreign['records']!
    const path = `/api/rulings?record=${record}`
    expect((await ask('GET', path, undefined)).status).toBe(404)
    expect((await north.acts.list()).acts).toEqual([])
    expect((await north.people.list()).map(({ name }) => name)).toEqual(['Ada'])
  })

  test('what concerns the whole node is for those who run it alone', async () => {
    const code = 'identity.node-operators'
    await expect(north.backups.list()).rejects.toMatchObject({ code })
    await expect(north.backups.begin()).rejects.toMatchObject({ code })
    await expect(north.organizations.list()).rejects.toMatchObject({ code })
    await expect(north.organizations.close('main')).rejects.toMatchObject({ code })
    const rotate = await ask('POST', '/api/logs/activity/rotate', { reason: 'curious' })
    expect(rotate.json()['code']).toBe(code)
    const command = { program: process.execPath, args: ['-e', ''] }
    await expect(north.records.register({ command, slug: 'shell' })).rejects.toMatchObject({ code })
    const [, id = ''] = foreign['records']!
    const { record } = await main.records.get(id)
    const { id: _, keys: _keys, organization: _organization, ...document } = record
    const [first] = document.interfaces
    const interfaces = [{ ...first!, url: 'stdio:', transport: 'stdio', command: { ...command, env: [] } }]
    const put = await ask('PUT', '/api/records', { ...document, slug: 'shell', interfaces })
    expect(put.json()['code']).toBe(code)
    expect((await ask('PUT', '/api/records', record)).json()['code']).toBe('record.invalid')
  })

  test('an agent of one organisation reaches nothing of another, though its mandate names everything', async () => {
    const own = await startMcpServer()
    await bringOnline(north, { url: own.url }, 'desk')
    const wide = await allow(north, [{ target: '*', capability: '*', decision: 'autonomous' }])
    const before = desk.calls.length
    const asks = ['echo', `desk-${secret}__echo`, `${foreign['records']![1]}__echo`]
    for (const name of asks) await rawCall(node.port, { token: wide.token, name, args: { text: 'hello' } })
    const client = await connectMcpClient(`${node.url}/mcp`, { token: wide.token })
    expect(JSON.stringify(await client.tools())).not.toContain(secret)
    await client.close()
    expect(desk.calls).toHaveLength(before)
    expect(own.calls.length).toBe(1)
    // An agent or target of another organisation cannot be named in a mandate either.
    const [, id = ''] = foreign['records']!
    const agent = north.mandates.grant({ purpose: 'x', allow: [{ target: '*', capability: '*' }], agent: id })
    await expect(agent).rejects.toMatchObject({ code: 'input.not-found' })
    expect((await main.acts.list()).acts.some(({ target }) => target?.slug === 'desk')).toBe(false)
    expect((await north.acts.list()).acts.every(({ target }) => target?.slug !== `desk-${secret}`)).toBe(true)
    await own.close()
  })

  test('no event of one organisation reaches another', async () => {
    const stop = new AbortController()
    const heard: string[] = []
    const listening = (async () => {
      for await (const event of north.events({ signal: stop.signal })) heard.push(JSON.stringify(event))
    })()
    // The stream is open before anything happens in `main`, and the last event is of the listener itself.
    await until('the stream is open', async () => {
      await north.mandates.grant({ purpose: 'mine', allow: [{ target: '*', capability: '*' }] })
      return heard.length > 0
    })
    const theirs = await main.mandates.grant({ purpose: 'x', allow: [{ target: '*', capability: '*' }] })
    await main.mandates.revoke(theirs.id)
    await rawCall(node.port, { token: access.token, name: 'add', args: { a: 2, b: 2 } })
    await main.records.suspend(foreign['records']![0]!, 'a test')
    await main.records.reinstate(foreign['records']![0]!, 'a test')
    const last = await north.mandates.grant({ purpose: 'last', allow: [{ target: '*', capability: '*' }] })
    await until('the last event came', async () => heard.join().includes(last.id))
    stop.abort()
    await listening.catch(() => undefined)
    const text = heard.join('\n')
    for (const id of [theirs.id, ...Object.values(foreign).flat()]) expect(text).not.toContain(id)
    // Of its own agents, its own server and its own feed alone.
    const own = ['"m_', '"desk"', '"event":"feed","data":{}']
    expect(heard.filter((each) => !own.some((part) => each.includes(part)))).toEqual([])
  })

  test('closing an organisation ends its access and its agents, also what is under way, until it is opened', async () => {
    const own = await startMcpServer()
    const south = await main.organizations.add({ id: 'south', name: 'South', owner: 'Bo' })
    const { ambit, session } = await signInOwner(node.url, south.signInLink)
    await bringOnline(ambit, { url: own.url }, 'desk')
    const agent = await allow(ambit, [{ target: '*', capability: '*', decision: 'autonomous' }])
    const call = async (name: string, args: object) =>
      await rawCall(node.port, { token: agent.token, name, args })
    expect((await call('echo', { text: 'open' })).text).toContain('open')
    const slow = call('slow', { steps: 10_000 })
    await until('the act is under way', async () => own.calls.some(({ tool }) => tool === 'slow'))

    await main.organizations.close('south')
    expect((await slow).text).not.toContain('"isError":false')
    await until('the call was cancelled', async () => own.calls.some(({ cancelled }) => cancelled === true))
    await expect(ambit.people.me()).rejects.toMatchObject({ code: 'auth.unknown-token' })
    const refused = await call('echo', { text: 'closed' })
    expect(refused.status).toBe(401)
    expect(refused.text).toContain('auth.revoked')
    expect(own.calls.filter(({ tool }) => tool === 'echo')).toHaveLength(1)

    await main.organizations.reopen('south')
    expect((await connectAmbit({ url: node.url, token: session }).people.me()).organization.id).toBe('south')
    expect((await call('echo', { text: 'again' })).text).toContain('again')
    await own.close()
  })
})
