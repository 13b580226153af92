import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentCard } from '@a2a-js/sdk'
import { formats } from '@ambit/core/format'
import type { Ambit } from '@ambit/sdk/client'
import type { ExportedRecord } from '@ambit/sdk/formats'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { acsReference } from '@ambit/testkit/acs-schema'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { send } from '@ambit/testkit/raw-http'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Records leave as the formats of others and come in from them. What comes in is a draft: nothing of it can be called
 * before somebody looked at the agent itself.
 */

let node: TestNode
let desk: TestMcpServer
let agent: A2aAgent
let main: Ambit
let north: Ambit

beforeAll(async () => {
  desk = await startMcpServer()
  agent = await startA2aAgent()
  node = await startTestNode()
  main = node.ambit
  await bringOnline(main, { url: desk.url }, 'desk')
  await bringOnline(main, { url: agent.url }, 'agent')
  const added = await main.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
  north = (await signInOwner(node.url, added.signInLink)).ambit
})

afterAll(async () => {
  await node?.[Symbol.asyncDispose]()
  await desk?.close()
  await agent?.close()
})

/** Without what each registry says for itself: codes, states, times, and addresses of its own. */
function told({ document = {} }: ExportedRecord): unknown {
  const own = new Set(['aic', 'active', 'lastModifiedTime', 'updatedAt'])
  return JSON.parse(JSON.stringify(document), (name, value: unknown) => (own.has(name) ? undefined : value))
}

describe.each(['desk', 'agent'])('%s', (slug) => {
  test.each(formats)(
    'goes out as %s and comes into another organisation as a draft that says the same',
    async (format) => {
      const out = await main.formats.export(slug, { format })
      // What an entry points to is at this node's address: the same name from elsewhere is squatting, but by an owner's word.
      const asked = { document: out.document!, slug: `${slug}-${format}`, confirmName: true }
      const { results } = await north.formats.import(asked)
      expect(results).toMatchObject([{ ok: true, slug: `${slug}-${format}` }])
      const view = await north.records.get(`${slug}-${format}`)
      expect(view.state).toBe('draft')
      // Nobody looked at it: what it does is this node's proposal, and until that is accepted the strictest.
      for (const each of view.capabilities) {
        expect(each.accepted).toBe(false)
        expect(each.profile).toMatchObject({ effect: 'egress', reversibility: 3 })
      }
      expect(view.record.interfaces.every(({ security, command }) => security.length === 0 && !command)).toBe(
        true,
      )
      expect(told(await north.formats.export(`${slug}-${format}`, { format }))).toEqual(told(out))
      if (format === 'ard' || format === 'ai-catalog') await north.records.retire(`${slug}-${format}`)
    },
  )
})

test('a description alone lets nobody call anything; read live and activated by a person it does', async () => {
  const { document } = await main.formats.export('desk', { format: 'mcp' })
  await north.formats.import({ document: document!, slug: 'copy' })
  const access = await allow(north, [{ target: 'copy', capability: '*', decision: 'autonomous' }])
  const args = { text: 'hello' }
  const call = async () => (await rawCall(node.port, { token: access.token, name: 'echo', args })).text
  expect(await call()).not.toContain('"hello"')
  expect(desk.calls).toEqual([])
  expect((await north.records.get('copy')).capabilities).toEqual([])

  const { changes } = await north.records.probe('copy')
  expect(changes.every(({ change }) => change === 'added')).toBe(true)
  await north.records.accept('copy')
  expect(await call()).not.toContain('hello')
  await north.records.submit('copy')
  await north.records.activate('copy')
  expect(await call()).toContain('hello')
  expect(desk.calls).toHaveLength(1)
})

test('a card from its address is a draft of its skills, and read live an agent that takes messages', async () => {
  const url = `${agent.url.replace(/\/+$/, '')}/.well-known/agent-card.json`
  expect((await north.formats.import({ url, slug: 'helper' })).results).toMatchObject([{ ok: true }])
  const card = (await main.formats.export('agent', { format: 'a2a' })).document
  const skills = (await north.records.get('helper')).capabilities.map(({ id }) => id)
  expect(skills).toEqual(agentSkills(card))
  const told = (await north.formats.export('helper', { format: 'a2a' })).document
  expect(agentSkills(told)).toEqual(skills)

  const { changes } = await north.records.probe('helper')
  expect(changes.map(({ capability }) => capability)).toEqual(expect.arrayContaining([...skills, 'message']))
  await north.records.accept('helper')
  await north.records.submit('helper')
  const view = await north.records.activate('helper')
  expect(view.record.capabilities.map(({ id }) => id)).toContain('message')
  expect(agentSkills((await north.formats.export('helper', { format: 'a2a' })).document)).toEqual(skills)
})

test('what a format has no place for is said', async () => {
  const { losses } = await main.formats.export('desk', { format: 'mcp' })
  expect(losses).toContain('capabilities by id')
  expect(losses).toContain('effects and reversibility')
  expect(losses).not.toContain('interfaces of MCP')
})

describe('to the readers of others', () => {
  test("an exported card is one to the official SDK of A2A, with the agent's own skills", async () => {
    const { document } = await main.formats.export('agent', { format: 'a2a' })
    const read = AgentCard.fromJSON(document)
    expect(read.skills.map(({ id }) => id)).toEqual(agentSkills(document))
    expect(read.supportedInterfaces.length).toBeGreaterThan(0)
    // Whatever the SDK knows comes out of it again as it went in.
    expect(document).toMatchObject(AgentCard.toJSON(read) as object)
  })

  test.skipIf(acsReference() === undefined)(
    'an exported ACS is one to the schema of the reference registry',
    async () => {
      for (const slug of ['desk', 'agent']) {
        const { document } = await main.formats.export(slug, { format: 'acs' })
        expect(acsReference()!.problems(document)).toEqual([])
      }
      const acs = (await main.formats.export('agent', { format: 'acs' })).document
      const card = (await main.formats.export('agent', { format: 'a2a' })).document
      expect(agentSkills(acs)).toEqual(agentSkills(card))
    },
  )

  test('the object of GB/Z 185.4 has what that standard asks for', async () => {
    const { document } = await main.formats.export('agent', { format: 'gbz185' })
    const required = ['agentId', 'name', 'version', 'description', 'capabilities', 'defaultInputTypes']
    expect(Object.keys(document!)).toEqual(
      expect.arrayContaining([...required, 'defaultOutputTypes', 'skills']),
    )
    expect(document).toMatchObject({ agentId: (await main.records.get('agent')).record.id, available: true })
  })
})

function agentSkills(document: unknown): unknown[] {
  return (document as { skills: { id: unknown }[] }).skills.map(({ id }) => id)
}

describe('for everyone to read', () => {
  const get = async (path: string) => await send(node.port, { path })

  test('records in force are described where each format looks', async () => {
    const acs = await get('/agents/desk/.well-known/acs.json')
    expect(acs.json()).toMatchObject({ aic: (await main.records.get('desk')).record.id, active: true })
    const server = await get('/agents/desk/server.json')
    expect(server.headers['content-type']).toContain('application/mcp-server-card+json')
    // At this node's address, not at the upstream's.
    expect(server.json()['remotes']).toEqual([{ type: 'streamable-http', url: `${node.url}/mcp` }])
    const description = await get('/agents/desk/ad.json')
    expect(description.json()).toMatchObject({ type: 'AgentDescription', name: acs.json()['name'] })
    for (const { text } of [acs, server, description]) expect(text).not.toContain(desk.url)
  })

  test('the catalogs list them, and each address in them answers', async () => {
    const catalog = (await get('/.well-known/ai-catalog.json')).json()
    expect(catalog).toMatchObject({ specVersion: '1.0' })
    const entries = catalog['entries'] as { identifier: string; url: string }[]
    expect(entries.map(({ identifier }) => identifier)).toEqual([
      'urn:air:localhost:agent:agent',
      'urn:air:localhost:mcp:desk',
    ])
    for (const { url } of entries) expect((await get(new URL(url).pathname)).status).toBe(200)
    expect((await get('/.well-known/ard.json')).json()['entries']).toEqual(entries)
    // They are what this node itself reads.
    const { results } = await north.formats.import({ document: catalog, confirmName: true })
    expect(results).toMatchObject([{ ok: true }, { ok: true }])
    // What an entry points to was read: the drafts say where the agents are.
    for (const { slug } of results) {
      const { record, remarks } = await north.records.get(slug!)
      expect(record.interfaces.length, remarks.join()).toBeGreaterThan(0)
      for (const { url } of record.interfaces) if (url.startsWith('http')) expect(url).toContain(node.url)
      await north.records.retire(slug!)
    }
  })

  test('an entry whose description cannot be had is a draft that says so', async () => {
    const url = `${node.url}/agents/nobody/server.json`
    const entry = { identifier: 'urn:air:localhost:mcp:gone', type: 'application/mcp-server-card+json', url }
    const document = { specVersion: '1.0', entries: [{ ...entry, displayName: 'Gone' }] }
    const { results } = await north.formats.import({ document })
    expect(results).toMatchObject([{ ok: true, slug: 'gone' }])
    const { record, remarks } = await north.records.get('gone')
    expect(record.interfaces).toEqual([])
    expect(remarks.join()).toContain('could not be read')
    const round = {
      ...entry,
      identifier: 'urn:air:localhost:mcp:round',
      url: `${node.url}/.well-known/ai-catalog.json`,
      displayName: 'Round',
    }
    const again = await north.formats.import({ document: { specVersion: '1.0', entries: [round] } })
    expect((await north.records.get(again.results[0]!.slug!)).record.interfaces).toEqual([])
  })

  test('what nobody changed is not sent again, and is another organisation’s in no header', async () => {
    for (const path of [
      '/agents/desk/server.json',
      '/agents/desk/did.json',
      '/.well-known/ai-catalog.json',
    ]) {
      const first = await fetch(node.url + path)
      const tag = first.headers.get('etag')
      expect(tag, path).toMatch(/^"[0-9a-f]{32}"$/)
      expect(first.headers.get('cache-control')).toContain('public')
      for (const known of [tag!, `W/${tag!}`, `"other", ${tag!}`, '*']) {
        const again = await fetch(node.url + path, { headers: { 'if-none-match': known } })
        expect([again.status, await again.text()], path).toEqual([304, ''])
      }
      const other = await fetch(node.url + path, { headers: { 'if-none-match': '"other"' } })
      expect(other.status).toBe(200)
    }
    // What is not for everybody has no tag.
    const own = await fetch(`${node.url}/api/records`, {
      headers: { authorization: `Bearer ${node.session}` },
    })
    expect([own.status, own.headers.get('etag')]).toEqual([200, null])
    // Whatever host a request says, addresses in documents are the node's own.
    const forged = await send(node.port, {
      path: '/.well-known/ai-catalog.json',
      headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
    })
    expect(forged.text).not.toContain('evil.example')
  })

  test('drafts, suspended records and records of other organisations are not', async () => {
    await main.records.register({ url: desk.url, slug: 'unready' })
    for (const slug of ['unready', 'copy', 'nobody']) {
      expect((await get(`/agents/${slug}/server.json`)).status).toBe(404)
    }
    expect((await get('/agents/desk/server.json')).status).toBe(200)
    await main.records.suspend('desk', 'for now')
    expect((await get('/agents/desk/server.json')).status).toBe(404)
    expect(JSON.stringify((await get('/.well-known/ai-catalog.json')).json())).not.toContain('desk')
    await main.records.reinstate('desk', 'goes on')
    expect((await get('/agents/desk/server.json')).status).toBe(200)
  })
})

test('the asset register names each agent, who put it in force, and what is unknown', async () => {
  const { document } = await main.formats.assetRegister()
  const agents = (document as { agents: Record<string, { en: string; value: string | null }[]>[] }).agents
  expect(agents).toHaveLength((await main.records.list()).records.length)
  const found = agents.find(({ agent: fields }) => fields?.some(({ value }) => value === 'active'))
  const value = (group: string, field: string) => found?.[group]?.find(({ en }) => en === field)?.value
  expect(value('deployment', 'owner')).toBe('Operations')
  expect(value('deployment', 'deployed by')).toEqual(expect.any(String))
  expect(value('model', 'name')).toBeNull()
  const { csv } = await main.formats.export('desk', { format: 'tc260', as: 'csv' })
  expect(csv).toContain('责任人 owner: Operations')
  await expect(main.formats.export('desk', { format: 'acs', as: 'csv' })).rejects.toMatchObject({
    code: 'input.invalid',
  })
})

describe('bad documents', () => {
  const card = {
    name: 'Weather',
    description: '',
    version: '1.0.0',
    supportedInterfaces: [{ url: 'https://a.example', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {},
    skills: [],
  }
  let before: number

  beforeAll(async () => {
    before = (await north.records.list()).records.length
  })

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['no format', { hello: 'there' }, 'format.unknown'],
    ['a member of the wrong type', { ...card, skills: 'many' }, 'format.invalid'],
    ['many bytes', { ...card, description: 'x'.repeat(300_000) }, 'format.too-large'],
    [
      'many levels',
      { ...card, deep: JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) as unknown },
      'format.too-large',
    ],
    ['a script', { ...card, documentationUrl: 'javascript:alert(1)' }, 'format.address'],
    ['a private address', { ...card, iconUrl: 'http://10.1.2.3/i.png' }, 'format.address'],
    ['a catalog of nothing', { specVersion: '1.0', entries: [] }, 'format.invalid'],
    ['a catalog of another time', { specVersion: '7.0', entries: [card] }, 'format.invalid'],
    [
      'too many entries',
      { specVersion: '1.0', entries: Array.from({ length: 101 }, () => ({})) },
      'format.too-large',
    ],
    ['a name of nothing', { ...card, name: '\u{1F600}' }, 'record.invalid'],
  ])('of %s are refused by name', async (_what, document, code) => {
    await expect(north.formats.import({ document })).rejects.toMatchObject({ code })
  })

  test('that nest deeper than any body are refused before they are read', async () => {
    const deep = `{"document":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`
    const session = await signInOwner(
      node.url,
      (await main.organizations.add({ id: 'south', name: 'South', owner: 'Bo' })).signInLink,
    )
    const answer = await send(node.port, {
      method: 'POST',
      path: '/api/records/import',
      headers: { authorization: `Bearer ${session.session}`, 'content-type': 'application/json' },
      body: deep,
    })
    expect(answer.json()).toMatchObject({ code: 'input.invalid' })
  })

  test('in a catalog do not stop the good ones', async () => {
    const entry = { identifier: 'urn:air:a.example:agent:one', type: 'x/y', url: 'https://a.example/card' }
    const { results } = await north.formats.import({
      document: {
        specVersion: '1.0',
        entries: [{ ...entry, displayName: 'One' }, { ...entry, url: 'http://192.168.0.1/' }, { type: 'x' }],
      },
    })
    expect(results).toMatchObject([
      { ok: true, slug: 'one' },
      { ok: false, problem: { code: 'format.address' } },
      { ok: false, problem: { code: 'format.invalid' } },
    ])
    before += 1
  })

  test('of an address: no redirect is followed, and none into a private network', async () => {
    let inner = 0
    await using target = await serve((path) => {
      if (path === '/inner') inner += 1
      return { status: 200, body: JSON.stringify(card) }
    })
    await using outer = await serve((path) => {
      if (path === '/redirect') return { status: 302, location: `${target.url}/inner` }
      if (path === '/metadata') return { status: 307, location: 'http://169.254.169.254/' }
      if (path === '/page') return { status: 200, body: '<html>' }
      if (path === '/endless') return { status: 200, body: `"${'x'.repeat(3 * 1024 * 1024)}"` }
      return { status: 404 }
    })
    const refusal = async (url: string) =>
      await north.formats.import({ url }).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      )
    expect(await refusal(`${outer.url}/redirect`)).toBe('format.unreachable')
    expect(await refusal(`${outer.url}/metadata`)).toBe('format.unreachable')
    expect(await refusal(`${outer.url}/page`)).toBe('format.invalid')
    expect(await refusal(`${outer.url}/endless`)).toBe('upstream.too-large')
    expect(await refusal(`${outer.url}/none`)).toBe('format.unreachable')
    expect(await refusal('http://10.0.0.1/card.json')).toBe('address.refused')
    expect(await refusal('file:///etc/passwd')).toBe('format.address')
    expect(await refusal('https://user:secret@a.example/')).toBe('format.address')
    expect(inner).toBe(0)
    expect(await refusal(`${target.url}/card.json`)).toBe('taken')
    before += 1
  })

  test('leave nothing behind', async () => {
    expect((await north.records.list()).records).toHaveLength(before)
  })
})

interface Page {
  readonly status: number
  readonly location?: string
  readonly body?: string
}

async function serve(page: (path: string) => Page) {
  const server = createServer((request, response) => {
    const { status, location, body } = page(request.url ?? '')
    response.writeHead(status, location === undefined ? {} : { location }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
