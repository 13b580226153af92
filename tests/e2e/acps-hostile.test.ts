import { named, numbered, openAcpsRoom, refusal, specification } from '@ambit/testkit/acps-room'
import type { AcpsRoom } from '@ambit/testkit/acps-room'
import { acsReference } from '@ambit/testkit/acs-schema'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Whatever is sent to the interfaces of the ACPs registry is answered by what the protocol knows, and never by an error
 * of the node's inside.
 */

let room: AcpsRoom
let node: AcpsRoom['node']
let client: AcpsRoom['client']
beforeAll(async () => {
  room = await openAcpsRoom()
  ;({ node, client } = room)
})
afterAll(async () => await room[Symbol.asyncDispose]())

describe('what is hostile or wrong', () => {
  const mutualTls = { securitySchemes: { mtls: { type: 'mutualTLS' } } }
  test.each([
    ['an end point without mutual TLS', { endPoints: [{ url: 'https://a.example', transport: 'JSONRPC' }] }],
    [
      'a transport that does not fit the address',
      { endPoints: [{ url: 'https://a.example', transport: 'AMQP', security: [{ mtls: [] }] }] },
    ],
    ['a version that is no semantic one', { version: 'newest' }],
    [
      'an end point outside of the registered domains',
      {
        ...mutualTls,
        provider: {
          domainRegistrations: [{ domain: 'example.org', registrationNumber: '1', registrationType: 'ICP' }],
        },
      },
    ],
    [
      'a private address',
      { endPoints: [{ url: 'https://10.0.0.1/rpc', transport: 'JSONRPC', security: [{ mtls: [] }] }] },
    ],
    ['a member that no specification has', { extra: true }],
    ['no skills', { skills: undefined }],
  ])('%s is refused by name, and nothing is registered', async (_what, more) => {
    const acs = specification(more)
    const asked = client.ask('POST', '/api/v1/agent/client', { name: acs['name'], acs, is_ontology: false })
    expect(await refusal(asked)).toMatchObject({
      status: 400,
      body: { type: 'urn:acps:error:agent:invalid_acs', error_name: 'INVALID_ACS', error_group: 'agent' },
    })
    expect(await client.list({ name: acs['name'] })).toMatchObject({ total: 0 })
  })

  test('each invalid case of the reference schema is refused', async (context) => {
    const reference = acsReference()
    if (reference === undefined) {
      context.skip('the cases of ACPs are not here')
      return
    }
    const invalid = reference.cases.filter(({ valid, document }) => !valid && document !== undefined)
    expect(invalid.length).toBeGreaterThan(0)
    for (const { document, label } of invalid) {
      const asked = client.ask('POST', '/api/v1/agent/client', { acs: document })
      expect([label, await refusal(asked)]).toMatchObject([label, named('INVALID_ACS', 400)])
    }
  })

  test('an oversized specification, one as a text, and one that contradicts its registration', async () => {
    const huge = { ...specification(), entityMeta: { text: 'x'.repeat(300_000) } }
    expect(await refusal(client.create(huge))).toMatchObject(named('INVALID_ACS', 413))
    const endless = client.ask('POST', '/api/v1/agent/client', { acs: {}, filler: 'x'.repeat(700_000) })
    expect(await refusal(endless)).toMatchObject({ status: 413 })
    let deep: unknown = {}
    for (let depth = 0; depth < 5000; depth++) deep = { deep }
    expect(await refusal(client.create({ ...specification(), entityMeta: deep }))).toMatchObject({
      status: 413,
    })
    const acs = specification()
    const asText = await client.ask('POST', '/api/v1/agent/client', { acs: JSON.stringify(acs) })
    expect(asText).toMatchObject({ name: acs['name'], acs: { name: acs['name'] } })
    for (const body of [
      { acs: specification(), name: 'Other' },
      { acs: specification(), version: '9.0.0' },
      { acs: '{' },
      {},
    ])
      expect(await refusal(client.ask('POST', '/api/v1/agent/client', body))).toMatchObject(
        named('INVALID_ACS', 400),
      )
  })

  test('codes of another registrar, of the wrong form, of nobody, and of no agent', async () => {
    const aic = await client.approved(specification())
    const { id } = await client.create(specification())
    for (const code of [
      `${aic.slice(0, -4)}${aic.endsWith('0000') ? '0001' : '0000'}`,
      '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4',
      aic.slice(0, aic.lastIndexOf('.')),
      'agent',
      '%',
    ])
      expect((await refusal(client.acs(code))).status).toBe(400)
    expect(await refusal(client.acs('1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'))).toMatchObject(
      numbered(40001, 400),
    )
    expect(await refusal(client.acs(id))).toMatchObject(numbered(40410, 404))
    expect(await refusal(client.eab(id))).toMatchObject(named('AIC_INACTIVE', 403))
    expect(await refusal(client.eab('1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'))).toMatchObject(
      named('INVALID_AIC', 400),
    )
  })

  test('what is asked in the wrong place or form', async () => {
    expect(await refusal(client.ask('GET', '/api/v1/nothing'))).toMatchObject({ status: 404 })
    const wrong = await fetch(`${node.url}/api/v1/agent/client`, { method: 'PATCH' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([400, 'POST, GET'])
    const text = await fetch(`${node.url}/api/v1/auth/login`, { method: 'POST', body: 'username=Owner' })
    expect(text.status).toBe(400)
    const head = await fetch(`${node.url}/acps-atr-v2/acs/x`, { method: 'HEAD' })
    expect(head.status).toBe(400)
    const elsewhere = await fetch(`${node.url}/api/v1/agent/client`, {
      headers: { origin: 'https://evil.example', authorization: `Bearer ${client.token}` },
    })
    expect(elsewhere.status).toBe(403)
  })
})

const whole = {
  aic: '',
  active: true,
  lastModifiedTime: '2026-03-11T21:16:59+08:00',
  protocolVersion: '02.01',
  name: 'Guide',
  description: '',
  version: '1.0.0',
  provider: { organization: 'Example' },
  securitySchemes: { mtls: { type: 'mutualTLS' } },
  endPoints: [{ url: 'https://a.example/rpc', transport: 'JSONRPC', security: [{ mtls: [] }] }],
  capabilities: { streaming: false, notification: false, messageQueue: [] },
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [],
}
const members = Object.keys(whole)

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\ud800',
    '__proto__',
    '{AIC}',
    'javascript:alert(1)',
    'https://user:pw@a.example',
    -0,
    Number.MAX_VALUE,
  ),
)
/** A specification of which some members are something else, as text: also what no JSON library writes. */
const mutated = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...members, 'constructor', 'toString'), odd, { maxKeys: 3 }),
    fc.constantFrom('', ',"__proto__":{"active":true}', ',"name":"twice"'),
  )
  .map(([changes, more]) => JSON.stringify({ ...whole, ...changes }).replace(/\}$/, `${more}}`))

async function statusOf(method: string, path: string, body: string): Promise<number> {
  for (;;) {
    const answer = await fetch(node.url + path, {
      method,
      headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
      body,
    })
    const text = await answer.text()
    if (answer.status === 429) continue
    if (answer.status >= 500) throw new Error(`${answer.status} for ${body}: ${text}`)
    JSON.parse(text)
    return answer.status
  }
}

test('specifications of any form', async () => {
  const { id } = await client.create({ ...whole, name: 'First' })
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(mutated, fc.boolean(), async (acs, isNew) => {
      const body = `{"acs":${acs}}`
      seen.add(
        isNew
          ? await statusOf('POST', '/api/v1/agent/client', body)
          : await statusOf('PUT', `/api/v1/agent/client/${id}`, body),
      )
    }),
    { numRuns: 150 },
  )
  expect([...seen].every((status) => [200, 400, 403, 409, 413].includes(status))).toBe(true)
  expect(seen.has(400)).toBe(true)
})

test('bodies, paths and queries of any form', async () => {
  const paths = [
    '/api/v1/auth/login',
    '/api/v1/agent/client',
    '/api/v1/agent/client/x/submit',
    '/api/v1/agent/staff/x/process',
    '/acps-atr-v2/entity',
    '/acps-atr-v2/eab/x',
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.oneof(fc.json(), fc.string()), async (path, body) => {
      expect(await statusOf('POST', path, body)).toBeLessThan(500)
    }),
    { numRuns: 100 },
  )
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const part = encodeURIComponent(text.toWellFormed())
      for (const path of [
        `/acps-atr-v2/acs/${part}`,
        `/api/v1/agent/client/${part}`,
        `/api/v1/agent/client?${part}&name=${part}&aic=${part}`,
      ]) {
        const { status } = await fetch(node.url + path, {
          headers: { authorization: `Bearer ${client.token}` },
        })
        expect(status).toBeLessThan(500)
      }
    }),
    { numRuns: 60 },
  )
})
