import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { base64url, utf8 } from '@ambit/core/bytes'
import { buildDidDocument, readDidDocument } from '@ambit/core/id/did-document'
import { keyBytes } from '@ambit/core/id/did-key'
import { jwkOfKey } from '@ambit/core/id/public-jwk'
import { canonicalCard } from '@ambit/core/wire/a2a/card-form'
import type { Signer } from '@ambit/core/signature'
import { connectAmbit } from '@ambit/sdk/client'
import { rawCard } from '@ambit/testkit/a2a-raw'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { readLog } from '@ambit/testkit/log-reader'
import { nodeStores } from '@ambit/testkit/node-stores'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { memorySigner } from '@ambit/testkit/signers'
import { allow, bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Who an agent is: its keys are proved, named in documents that anybody reads, rotated and recovered, and a key that is
 * in the wrong hands ends everything that is done by it.
 */

const endless = { steps: 100_000, ms: 20 }

function documentOf(slug: string, change: object = {}) {
  return {
    v: 1,
    aliases: [],
    slug,
    kind: 'agent',
    version: '1.0.0',
    name: { en: slug },
    description: {},
    provider: { organization: 'Example', domains: [] },
    responsible: { name: 'Operations' },
    interfaces: [],
    capabilities: [],
    places: [],
    scenarios: [],
    supplies: [],
    evidence: [],
    ...change,
  }
}

/** A site that says of its agent what a test lets it say. */
async function startSite() {
  let answer: { status: number; body: string; headers?: Record<string, string> } = { status: 404, body: '' }
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.writeHead(answer.status, answer.headers ?? {}).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  const did = `did:web:localhost%3A${port}`
  return {
    did,
    asked: () => asked,
    says: (body: unknown, status = 200, headers: Record<string, string> = {}) => {
      answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body), headers }
    },
    names: (...keys: string[]) => {
      answer = { status: 200, body: JSON.stringify(buildDidDocument({ did, keys })) }
    },
    close: async () => await new Promise((resolve) => server.close(resolve)),
  }
}

describe.each(nodeStores)('keys of agents on $name', (store) => {
  let node: TestNode
  let desk: TestMcpServer
  let site: Awaited<ReturnType<typeof startSite>>

  beforeAll(async () => {
    desk = await startMcpServer()
    site = await startSite()
    node = await startTestNode(await store.options())
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
  })
  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await desk.close()
    await site.close()
  })

  async function apply(slug: string, signers: readonly Signer[], change: object = {}) {
    const proofs = await Promise.all(
      signers.map(async (signer) => await node.ambit.agentKeys.prove(slug, signer)),
    )
    const keys = signers.map(({ key }) => key)
    return await node.ambit.records.apply(documentOf(slug, { keys, proofs, ...change }))
  }
  async function bringIn(slug: string, signer: Signer): Promise<string> {
    await apply(slug, [signer])
    await node.ambit.records.submit(slug)
    return (await node.ambit.records.activate(slug)).record.id
  }
  const get = async (path: string) => await fetch(`${node.url}${path}`)
  const codeOf = async (run: Promise<unknown>) =>
    await run.then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    )

  test('a record names a key of its own only with its proof, and nobody else names it', async () => {
    const signer = memorySigner()
    expect(await codeOf(node.ambit.records.apply(documentOf('unproved', { keys: [signer.key] })))).toBe(
      'agent-key.proof',
    )
    const foreign = await node.ambit.agentKeys.prove('unproved', memorySigner())
    const forged = { ...foreign, body: { ...foreign.body, key: signer.key } }
    for (const proofs of [[forged], [await node.ambit.agentKeys.prove('other', signer)], ['x']])
      expect(
        await codeOf(node.ambit.records.apply(documentOf('unproved', { keys: [signer.key], proofs }))),
      ).toBe('agent-key.proof')
    expect(await codeOf(node.ambit.records.get('unproved'))).toBe('input.not-found')
    const applied = await apply('proved', [signer])
    expect('record' in applied && applied.record.keys).toEqual([signer.key])
    expect(await codeOf(apply('thief', [signer]))).toBe('agent-key.taken')
    // The draft goes, and with it the claim: the key never spoke for anyone.
    await node.ambit.records.retire('proved')
    await until('it may be named again', async () => (await codeOf(apply('thief', [signer]))) === undefined)
  })

  test('documents of the node and of agents in force are there for everyone, and no others', async () => {
    const own = (await (await get('/.well-known/did.json')).json()) as { id: string }
    expect(own.id).toBe(`did:web:localhost%3A${node.port}`)
    const signer = memorySigner()
    await apply('speaker', [signer])
    expect((await get('/agents/speaker/did.json')).status).toBe(404)
    await node.ambit.records.submit('speaker')
    await node.ambit.records.activate('speaker')
    const { dids } = await node.ambit.agentKeys.of('speaker')
    expect(dids).toHaveLength(2)
    for (const did of dids) {
      const path = did.split(':').slice(3).join('/')
      const answer = await get(`/${path}/did.json`)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=60')
      const reading = readDidDocument(await answer.text(), did)
      expect(reading.ok && reading.keys.map(({ key }) => key)).toEqual([signer.key])
      expect(reading.ok && reading.document.alsoKnownAs).toEqual(dids.filter((each) => each !== did))
    }
    await node.ambit.records.suspend('speaker')
    expect((await get('/agents/speaker/did.json')).status).toBe(404)
    for (const path of [
      '/agents/nobody/did.json',
      '/organizations/main/agents/x/did.json',
      '/agents/..%2f/did.json',
    ])
      expect((await get(path)).status, path).toBeGreaterThanOrEqual(400)
  })

  test('an alias of another domain is taken only when its document names a key of the record', async () => {
    const signer = memorySigner()
    const named = (alias = site.did) => apply('aliased', [signer], { aliases: [alias] })
    const otherKey = memorySigner().key
    for (const [says, detail] of [
      [() => site.says('', 404), 'HTTP status 404'],
      [() => site.says('', 302, { location: 'http://127.0.0.1/' }), 'redirect'],
      [() => site.says('{"id":'), 'not JSON'],
      [
        () =>
          site.says({
            ...buildDidDocument({ did: site.did, keys: [signer.key] }),
            id: 'did:web:other.example',
          }),
        'another DID',
      ],
      [() => site.says('['.repeat(60_000)), 'nested too deep'],
      [() => site.says({ id: site.did, x: 'a'.repeat(200_000) }), 'larger than'],
      [() => site.names(otherKey), 'names no key of the record'],
    ] as const) {
      says()
      await expect(named()).rejects.toMatchObject({
        code: 'alias.unproved',
        detail: expect.stringContaining(detail),
      })
    }
    const asked = site.asked()
    for (const alias of ['did:web:10.0.0.1', 'did:web:exаmple.com', 'did:web:localhost%3A1:..:x'])
      expect(await codeOf(named(alias)), alias).toBe('alias.invalid')
    expect(await codeOf(named('did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'))).toBe(
      'alias.unproved',
    )
    expect(site.asked()).toBe(asked)
    expect(await codeOf(node.ambit.records.get('aliased'))).toBe('input.not-found')
    site.names(signer.key)
    await named()
    expect((await node.ambit.agentKeys.of('aliased')).aliases).toEqual([site.did])
    // The alias is one agent's, whatever its document says later.
    const thief = memorySigner()
    site.names(thief.key)
    expect(await codeOf(apply('imitator', [thief], { aliases: [site.did] }))).toBe('alias.taken')
  })

  test('a key is rotated by its holder alone, and the old one is over after the overlap', async () => {
    const [old, next] = [memorySigner(), memorySigner()]
    const agent = await bringIn('rotating', old)
    // Nobody is signed in: the signature counts.
    const anybody = connectAmbit({ url: node.url })
    expect(await codeOf(anybody.agentKeys.rotate(agent, memorySigner(), { next }))).toBe('agent-key.state')
    const mandate = await node.ambit.mandates.grant({
      purpose: 'a test',
      allow: [{ target: 'desk', capability: '*', decision: 'autonomous' }],
      agent: 'rotating',
    })
    expect(mandate.signed.body.holder).toBe(old.key)
    await anybody.agentKeys.rotate(agent, old, { next, overlapS: 0 })
    const { keys } = await node.ambit.agentKeys.of('rotating')
    expect(keys.map(({ key, state, speaks }) => [key, state, speaks])).toEqual(
      expect.arrayContaining([
        [next.key, 'active', true],
        [old.key, 'retired', false],
      ]),
    )
    expect((await node.ambit.mandates.get(mandate.id)).state).toBe('revoked')
    expect(await codeOf(anybody.agentKeys.rotate(agent, old))).toBe('agent-key.state')
    const text = await (await get('/agents/rotating/did.json')).text()
    expect(text).toContain(next.key.slice('did:key:'.length))
    expect(text).not.toContain(old.key.slice('did:key:'.length))
    // What is granted to the agent from now on is the new key's.
    const again = await node.ambit.mandates.grant({
      purpose: 'a test',
      allow: mandate.signed.body.allow,
      agent: 'rotating',
    })
    expect(again.signed.body.holder).toBe(next.key)
    const leaves = await until('the log has it', async () => {
      const found = (await readLog(node.url, 'registry')).filter(
        (leaf) => leaf.kind === 'agent-key' && leaf.agent === agent,
      )
      return found.length >= 3 && found
    })
    expect(leaves).toMatchObject([
      { step: 'named' },
      { step: 'rotated', key: next.key },
      { step: 'retired', key: old.key },
    ])
  })

  test('a compromised key ends what is under way by it, and nothing more begins', async () => {
    await bringOnline(node.ambit, { url: desk.url }, 'caller')
    const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }], {
      agent: 'caller',
    })
    const other = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    const { key } = (await node.ambit.agentKeys.of('caller')).keys[0]!
    const running = rawCall(node.port, { token: access.token, name: 'slow', args: endless })
    await until('it is under way', async () => (await node.ambit.status()).inFlight === 1)
    expect(await node.ambit.agentKeys.report('caller', key)).toMatchObject({ key, mandates: 1 })
    expect((await running).text).toContain('compromised')
    const refused = await rawCall(node.port, { token: access.token, args: { text: 'again' } })
    expect(refused.status === 401 || refused.text.includes('revoked')).toBe(true)
    const goesOn = await rawCall(node.port, { token: other.token, args: { text: 'hello' } })
    expect(goesOn.text).toContain('hello')
    expect((await get('/agents/caller/did.json')).status).toBe(404)
    // People bring it back with another key.
    const recovered = await node.ambit.agentKeys.recover('caller', { note: 'stolen' })
    expect(recovered).toMatchObject({ state: 'recovered', retired: [], mandates: 0 })
    expect(keyBytes(recovered.key)?.alg).toBe('ed25519')
    expect((await get('/agents/caller/did.json')).status).toBe(200)
  })

  test('a key reports itself without anybody signed in, and is never taken again', async () => {
    const signer = memorySigner()
    const agent = await bringIn('victim', signer)
    const anybody = connectAmbit({ url: node.url })
    expect(await codeOf(anybody.agentKeys.reportBy(agent, memorySigner()))).toBe('input.not-found')
    expect(await anybody.agentKeys.reportBy(agent, signer)).toMatchObject({ agent, key: signer.key })
    expect(await codeOf(apply('heir', [signer]))).toBe('agent-key.compromised')
    expect(await codeOf(node.ambit.agentKeys.recover('victim', { signer }))).toBe('agent-key.compromised')
  })

  test('another organization sees and changes nothing; its own agents have documents below its path', async () => {
    await bringIn('private', memorySigner())
    const { signInLink } = await node.ambit.organizations.add({
      id: `north-${store.name}`,
      name: 'North',
      owner: 'Ada',
    })
    const north = (await signInOwner(node.url, signInLink)).ambit
    const { key } = (await node.ambit.agentKeys.of('private')).keys[0]!
    expect(await codeOf(north.agentKeys.of('private'))).toBe('input.not-found')
    expect(await codeOf(north.agentKeys.report('private', key))).toBe('input.not-found')
    expect(await codeOf(north.agentKeys.recover('private'))).toBe('input.not-found')
    await north.records.apply(documentOf('private'))
    await north.records.submit('private')
    await north.records.activate('private')
    const { dids } = await north.agentKeys.of('private')
    expect(dids[0]).toBe(`did:web:localhost%3A${node.port}:organizations:north-${store.name}:agents:private`)
    expect((await get(`/organizations/north-${store.name}/agents/private/did.json`)).status).toBe(200)
  })

  test('a token recovers nothing, and a second person is asked where the owner said so', async () => {
    await bringIn('guarded', memorySigner())
    const { token } = await node.ambit.people.createToken({ name: 'a program' })
    const program = connectAmbit({ url: node.url, token })
    expect(await codeOf(program.agentKeys.recover('guarded'))).toBe('auth.session-only')
    await node.ambit.agentKeys.setPeople(2)
    const asked = await node.ambit.agentKeys.recover('guarded')
    if (asked.state !== 'waiting') throw new Error('it did not wait')
    expect(await codeOf(node.ambit.agentKeys.confirm(asked.id))).toBe('agent-key.second-person')
    const { signInLink } = await node.ambit.people.add({ name: 'Ben', roles: ['operator'] })
    const ben = (await signInOwner(node.url, signInLink)).ambit
    expect(await codeOf(ben.agentKeys.setPeople(1))).toBe('auth.role')
    expect(await ben.agentKeys.confirm(asked.id)).toMatchObject({ state: 'recovered', key: asked.key })
    await node.ambit.agentKeys.setPeople(1)
  })

  test('a card signed by a key of a record says whose it is; one that brings its key along does not', async () => {
    const signer = memorySigner()
    const agent = await bringIn('author', signer)
    let card: Record<string, unknown> = {}
    const server = createServer((_request, response) => response.end(JSON.stringify(card)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const signed = async (by: Signer, head: object) => {
      const plain = rawCard(url)
      const text = base64url(utf8(JSON.stringify({ alg: 'EdDSA', ...head })))
      const value = await by.sign(utf8(`${text}.${base64url(utf8(canonicalCard(plain)))}`))
      return { ...plain, signatures: [{ protected: text, signature: base64url(value) }] }
    }
    card = await signed(signer, { kid: signer.key })
    const { remarks } = await node.ambit.records.register({ url, slug: 'carded' })
    expect(remarks).toContainEqual(expect.stringContaining(`signed by ${agent} with its key`))
    const stranger = memorySigner()
    card = await signed(stranger, { kid: stranger.key, jwk: jwkOfKey(stranger.key) })
    const forged = await node.ambit.records.register({ url, slug: 'forged' })
    expect(forged.remarks).toContainEqual(expect.stringContaining('no proof of who signed'))
    card = await signed(stranger, { kid: signer.key, jwk: jwkOfKey(stranger.key) })
    const borrowed = await node.ambit.records.register({ url, slug: 'borrowed' })
    expect(borrowed.remarks).toContainEqual(expect.stringContaining('card signature does not hold'))
    await new Promise((resolve) => server.close(resolve))
  })
})
