import type { AgentRecord } from '@ambit/core/record'
import type { Ambit } from '@ambit/sdk/client'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { startNameServer } from '@ambit/testkit/name-server'
import type { NameServer } from '@ambit/testkit/name-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Whose a domain is: proved by a TXT record that a real name server gives, and by nothing that anybody says of itself.
 */

const domain = 'tools.example'
const host = `mcp.${domain}`

function documentOf(slug: string, more: Partial<AgentRecord> = {}): object {
  return {
    v: 1,
    aliases: [],
    slug,
    kind: 'tool-server',
    version: '1.0.0',
    name: { en: slug },
    description: {},
    provider: { organization: 'Tools', domains: [domain] },
    responsible: { name: 'Operations' },
    interfaces: [
      {
        protocol: 'mcp',
        version: '2025-11-25',
        url: `https://${host}/mcp`,
        transport: 'streamable-http',
        security: [],
      },
    ],
    capabilities: [],
    places: [],
    scenarios: [],
    supplies: [],
    evidence: [],
    ...more,
  }
}

describe.each(nodeStores)('domains on $name', (store) => {
  let node: TestNode
  let names: NameServer
  let north: Ambit

  beforeAll(async () => {
    names = await startNameServer()
    node = await startTestNode({
      ...(await store.options()),
      env: { AMBIT_DNS: names.address, AMBIT_REQUIRE_DOMAINS: 'on' },
    })
    const added = await node.ambit.organizations.add({ id: 'north', name: 'North Bank', owner: 'Ada' })
    north = (await signInOwner(node.url, added.signInLink)).ambit
  })

  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
    await names?.[Symbol.asyncDispose]()
  })

  test('a record outside of proved domains comes into use only when its domain is proved', async () => {
    await north.records.apply(documentOf('tools'))
    await north.records.submit('tools')
    const claimed = await north.records.get('tools')
    expect(claimed.claims).toEqual([
      { domain: host, state: 'claimed' },
      { domain, state: 'claimed' },
    ])
    expect(claimed.warnings).toMatchObject([{ code: 'ownership.unproved' }])
    const required = { code: 'ownership.required' }
    await expect(north.records.activate('tools')).rejects.toMatchObject(required)
    const { token, state } = await north.domains.add(domain)
    expect(state).toBe('claimed')
    await expect(north.records.activate('tools')).rejects.toMatchObject(required)
    // The proof of somebody else proves nothing.
    const other = await node.ambit.domains.add(domain)
    names.zone.set(`_ambit.${domain}`, ['v=spf1 -all', other.token])
    expect(await north.domains.check(domain)).toMatchObject({ state: 'claimed' })
    await expect(north.records.activate('tools')).rejects.toMatchObject(required)
    names.zone.set(`_ambit.${domain}`, ['v=spf1 -all', token])
    expect(await north.domains.check(domain)).toMatchObject({ state: 'proved', way: 'dns' })
    expect(names.asked).toContain(`_ambit.${domain}`)
    expect((await north.records.activate('tools')).state).toBe('active')
    const proved = await north.records.get('tools')
    expect(proved.claims.map((each) => each.state)).toEqual(['proved', 'proved'])
    expect(proved.warnings).toEqual([])
    expect(proved.domains).toMatchObject([{ domain }])
    // It is proved for one organisation, and not for the next.
    await node.ambit.records.apply(documentOf('ours', { name: { en: 'Ours' } }))
    await node.ambit.records.submit('ours')
    await expect(node.ambit.records.activate('ours')).rejects.toMatchObject(required)
    expect((await north.domains.list()).map((each) => each.domain)).toEqual([domain])
  })

  test('the name of whoever proved a domain is nobody else’s', async () => {
    for (const borrowed of [
      documentOf('n0rth-bank', { name: { en: 'Elsewhere' } }),
      documentOf('bank', { name: { en: 'NORTH BANK' } }),
      documentOf('bank', { name: { en: 'A bank' }, provider: { organization: 'North  Bank', domains: [] } }),
    ])
      await expect(node.ambit.records.apply(borrowed)).rejects.toMatchObject({ code: 'record.name-reserved' })
    expect((await node.ambit.records.list()).records.map(({ slug }) => slug)).toEqual(['ours'])
  })

  test('a description signed by a key that the signer named itself proves no domain', async () => {
    const signed = {
      name: 'Signed guide',
      description: 'Says who it is.',
      version: '1.0.0',
      supportedInterfaces: [
        { url: 'https://guide.signed.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      ],
      provider: { organization: 'Signed', url: 'https://signed.example' },
      capabilities: {},
      defaultInputModes: ['text/plain'],
      defaultOutputModes: ['text/plain'],
      skills: [],
      signatures: [
        {
          protected: Buffer.from(
            JSON.stringify({ alg: 'ES256', jku: 'https://signed.example/keys.json', kid: '1' }),
          ).toString('base64url'),
          signature: 'AAAA',
        },
      ],
    }
    const { results } = await north.formats.import({ document: signed, slug: 'guide' })
    expect(results).toMatchObject([{ ok: true, slug: 'guide' }])
    const view = await north.records.get('guide')
    expect(view.claims.length).toBeGreaterThan(0)
    expect(view.claims.every(({ state }) => state === 'claimed')).toBe(true)
    await north.records.submit('guide')
    await expect(north.records.activate('guide')).rejects.toMatchObject({ code: 'ownership.required' })
  })

  test('what the operator let in on this machine needs no proof, and nobody can claim it', async () => {
    const desk = await startMcpServer()
    await bringOnline(north, { url: desk.url }, 'desk')
    expect((await north.records.get('desk')).claims).toEqual([])
    for (const none of ['localhost', '127.0.0.1', 'intranet'])
      await expect(north.domains.add(none)).rejects.toMatchObject({ code: 'ownership.domain' })
    await north.domains.remove(domain)
    await expect(north.domains.check(domain)).rejects.toMatchObject({ code: 'input.not-found' })
    expect((await north.records.get('tools')).claims[0]).toEqual({ domain: host, state: 'claimed' })
    await desk.close()
  })
})
