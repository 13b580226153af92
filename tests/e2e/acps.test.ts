import { X509Certificate } from 'node:crypto'
import { AcpsAccount, registerEntity } from '@ambit/testkit/acps-client'
import type { Json } from '@ambit/testkit/acps-client'
import {
  certifiedOntology,
  named,
  numbered,
  openAcpsRoom,
  otherOrganization,
  refusal,
  refusals,
  specification,
} from '@ambit/testkit/acps-room'
import type { AcpsRoom } from '@ambit/testkit/acps-room'
import { acsReference } from '@ambit/testkit/acs-schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * A client of ACPs that knows nothing of this node: it logs in, registers an agent, has it approved, gets its
 * certificate, registers entities with it, and hears when something is taken back.
 */

let room: AcpsRoom
let node: AcpsRoom['node']
let client: AcpsRoom['client']
beforeAll(async () => {
  room = await openAcpsRoom({ AMBIT_ENTITIES_MAX: '3' })
  ;({ node, client } = room)
})
afterAll(async () => await room[Symbol.asyncDispose]())

/** Its arcs up to the ontology. */
const classOf = (aic: string) => aic.split('.').slice(0, 8).join('.')

describe('the whole way of an agent', () => {
  test('from the log-in to a refused certificate', async (context) => {
    const reference = acsReference()
    if (reference === undefined) {
      context.skip('the examples of ACPs are not here')
      return
    }
    const [acs] = reference.examples as readonly Json[]
    const draft = await client.create(acs!)
    expect(draft).toMatchObject({
      approval_status: 'DRAFT',
      aic: '',
      name: acs!['name'],
      version: '1.2.0',
      is_active: false,
      is_ontology: false,
      acs: { aic: '', active: false },
    })
    expect(await client.submit(draft['id'])).toMatchObject({ approval_status: 'PENDING', aic: '' })
    const approved = await client.process(draft['id'], true, 'looked at')
    expect(approved).toMatchObject({
      approval_status: 'APPROVED',
      is_active: true,
      process_comments: 'looked at',
    })
    const { aic } = approved
    const served = await client.acs(aic)
    expect(reference.problems(served)).toEqual([])
    const { aic: _, active: __, lastModifiedTime: ___, ...content } = acs!
    expect(served).toMatchObject({ ...content, aic, active: true })
    expect(await client.acs(` ${aic.toLowerCase()}`)).toEqual(served)

    const eab = await client.eab(aic)
    expect(Object.keys(eab).sort()).toEqual(['aic', 'expiresAt', 'keyId', 'macKey'])
    const account = new AcpsAccount(node.url)
    await account.open(eab)
    // Once used, the credential opens no other account.
    expect(await refusal(new AcpsAccount(node.url).open(eab))).toMatchObject({
      status: 403,
      body: { type: 'urn:acps:error:acme:external_account_required' },
    })
    for (const usage of ['clientAuth', 'serverAuth'] as const) {
      const { chain } = await account.certificate(aic, usage)
      expect(new X509Certificate(chain).subject).toContain(`CN=${aic}`)
    }
    const stateOf = async (chain: string) => {
      const { serialNumber } = new X509Certificate(chain)
      return await (await fetch(`${node.url}/acps-atr-v2/ocsp/certificate/${serialNumber}`)).json()
    }
    const { chain } = await account.certificate(aic, 'clientAuth')
    expect(await stateOf(chain)).toMatchObject({ status: 'good' })
    const disabled = await client.ask('POST', `/api/v1/agent/staff/${draft['id']}/disable`, 'to look at it')
    expect(disabled).toMatchObject({ approval_status: 'APPROVED', is_disabled: true, is_active: false })
    expect(await refusal(client.acs(aic))).toMatchObject(numbered(40310, 403))
    expect(await refusal(client.eab(aic))).toMatchObject(named('AIC_INACTIVE', 403))
    await expect.poll(async () => await stateOf(chain)).toMatchObject({ status: 'revoked', reason: 5 })
    const enabled = await client.ask('POST', `/api/v1/agent/staff/${draft['id']}/enable`)
    expect(enabled).toMatchObject({ is_disabled: false, is_active: true })
    expect(await client.ask('DELETE', `/api/v1/agent/client/${draft['id']}`, 'over')).toMatchObject({
      message: expect.any(String),
    })
    expect(await refusal(client.acs(aic))).toMatchObject(numbered(40310, 403))
    expect(await refusal(client.ask('GET', `/api/v1/agent/client/${draft['id']}`))).toMatchObject(
      named('AGENT_NOT_FOUND', 404),
    )
  })

  test('an ontology registers an entity over mutual TLS, which gets a certificate of its own', async () => {
    const { aic, account, identity } = await certifiedOntology(node, client)
    expect(aic).toMatch(/\.0+\.[0-9A-Z]{4}$/)
    const entity = {
      ontologyAic: aic,
      endPoints: [{ url: 'https://e1.example/rpc', transport: 'JSONRPC', security: [{ mtls: [] }] }],
      entityUserId: 'u1',
      entityMeta: { location: 'Beijing' },
    }
    const answer = await registerEntity(room.agentsUrl, room.roots, identity, client.token, entity)
    expect(answer).toEqual({
      status: 'ok',
      result: { ...entity, entityAic: expect.stringMatching(/^1\.2\.156\.3088\.1\./) },
    })
    const { entityAic } = answer['result']
    expect(classOf(entityAic)).toBe(classOf(aic))
    expect(await client.acs(entityAic)).toMatchObject({
      aic: entityAic,
      active: true,
      endPoints: entity.endPoints,
      entityUserId: 'u1',
      entityMeta: { location: 'Beijing' },
      skills: [{ id: 'food.find' }],
    })
    const { record } = await node.ambit.records.get(entityAic)
    expect(record.ontology).toBe(aic)
    const own = new AcpsAccount(node.url)
    await own.open(await client.eab(entityAic))
    const certificate = await own.certificate(entityAic, 'clientAuth')

    // An entity registers no entities, and its address is not given a second time.
    const again = { ...entity, endPoints: [{ ...entity.endPoints[0], url: 'https://e2.example/rpc' }] }
    const asEntity = registerEntity(room.agentsUrl, room.roots, certificate, client.token, again)
    expect(await refusal(asEntity)).toMatchObject(numbered(40301, 403))
    const send = async (body: Json) =>
      await registerEntity(room.agentsUrl, room.roots, identity, client.token, body)
    expect(
      await refusal(
        send({ ...entity, endPoints: [{ ...entity.endPoints[0], url: 'HTTPS://E1.example:443/rpc' }] }),
      ),
    ).toMatchObject(numbered(40901, 409))
    expect(await refusal(send({ ...again, endPoints: [{ url: 'https://e2.example/rpc' }] }))).toMatchObject(
      numbered(40001, 400),
    )
    expect(await refusal(send({ ...again, ontologyAic: entityAic }))).toMatchObject(numbered(40001, 400))
    expect(await refusal(send({ entityUserId: 'u1' }))).toMatchObject(numbered(40001, 400))
    await send(again)
    await send({ ontologyAic: aic })
    expect(await refusal(send({ ontologyAic: aic }))).toMatchObject(numbered(40303, 403))

    // What was taken back opens no connection any more.
    await account.revoke(identity, 1)
    await expect
      .poll(async () => await send({ ontologyAic: aic }).catch((error: Error) => error.name))
      .toBe('Error')
    await client.ask('DELETE', `/api/v1/agent/client/${aic}`)
    expect(await refusal(client.acs(entityAic))).toMatchObject(numbered(40310, 403))
  })
})

describe('the registration', () => {
  test('is turned down, changed under the same number, taken back and submitted again', async () => {
    const acs = specification()
    const { id } = await client.create(acs)
    await client.submit(id)
    expect(await client.process(id, false, 'say more')).toMatchObject({
      approval_status: 'REJECTED',
      process_comments: 'say more',
      aic: '',
    })
    expect((await node.ambit.records.comments(id)).map(({ text }) => text)).toEqual(['Rejected. say more'])
    // Unchanged it may be submitted again too.
    expect(await client.submit(id)).toMatchObject({ approval_status: 'PENDING' })
    expect(await client.ask('POST', `/api/v1/agent/client/${id}/cancel`)).toMatchObject({
      approval_status: 'DRAFT',
    })
    expect(await refusal(client.process(id, true))).toMatchObject(named('INVALID_STATUS_TRANSITION', 400))
    const changed = { ...acs, description: 'Recommends restaurants of Beijing' }
    expect(await client.ask('PUT', `/api/v1/agent/client/${id}`, { acs: changed })).toMatchObject({
      version: '1.0.0',
      description: changed.description,
    })
    await client.submit(id)
    const { aic, acs: approved } = await client.process(id, true)
    expect(approved).toMatchObject({ version: '1.0.0', description: changed.description, aic, active: true })
    expect(approved.endPoints[1].url).toBe(`amqps://mq.example/acps?inbox=inbox_${aic}`)
    expect((await node.ambit.records.get(id)).summary).toMatchObject({ state: 'active', version: '1.0.0+2' })
    for (const each of await refusals([
      client.ask('PUT', `/api/v1/agent/client/${id}`, { acs }),
      client.submit(id),
      client.ask('POST', `/api/v1/agent/client/${id}/cancel`),
    ]))
      expect(each).toMatchObject(named('INVALID_STATUS_TRANSITION', 400))
    expect(await refusal(client.ask('POST', `/api/v1/agent/staff/${id}/enable`))).toMatchObject(
      named('INVALID_STATUS_TRANSITION', 400),
    )
  })

  test('lists by status, name, version and code, page by page', async () => {
    const lister = await otherOrganization(node, 'Lister')
    const drafts = [specification({ name: 'Alpha list' }), specification({ name: 'Beta list' })]
    const [alpha] = await Promise.all(drafts.map(async (acs) => await lister.create(acs)))
    const aic = await lister.approved(specification({ name: 'Gamma list', version: '2.1.0' }))
    const names = ({ items }: Json) => items.map(({ name }: Json) => name).sort()
    expect(names(await lister.list())).toEqual(['Alpha list', 'Beta list', 'Gamma list'])
    expect(names(await lister.list({ statuses: 'DRAFT' }))).toEqual(['Alpha list', 'Beta list'])
    const both = new URLSearchParams([
      ['statuses', 'DRAFT'],
      ['statuses', 'APPROVED'],
    ])
    expect(await lister.list(both)).toMatchObject({ total: 3 })
    expect(await lister.list({ page_size: '2', page_num: '2' })).toMatchObject({
      total: 3,
      page_num: 2,
      page_size: 2,
      items: [{}],
    })
    expect(await lister.list({ name: 'Alpha list', version: '1.0.0', is_deleted: 'false' })).toMatchObject({
      total: 1,
      items: [{ id: alpha!['id'] }],
    })
    expect(await lister.list({ name: 'Alpha list', version: '1.0.1' })).toMatchObject({ total: 0 })
    expect(await lister.list({ aic })).toMatchObject({ total: 1, items: [{ aic, version: '2.1.0' }] })
    // A draft has no code yet that anybody would find it by.
    expect(await lister.list({ aic: alpha!['id'] })).toMatchObject({ total: 0 })
    expect(await refusal(lister.list({ page_size: '101' }))).toMatchObject(named('INPUT_INVALID', 400))
    expect(await refusal(lister.create(drafts[0]!))).toMatchObject(named('AGENT_NAME_VERSION_EXISTS', 409))
    const twice = specification({ name: 'Twice' })
    const [one, two] = await Promise.allSettled([lister.create(twice), lister.create(twice)])
    expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected'])
    // Another version of it is another agent, under another name for addresses.
    expect(await lister.create({ ...drafts[0], version: '1.1.0' })).toMatchObject({
      approval_status: 'DRAFT',
    })
    expect(await lister.ask('GET', '/api/v1/agent/staff')).toMatchObject({ total: 5 })
  })
})

test('proved domains and a second person are asked for here as everywhere', async () => {
  await using asked = await openAcpsRoom({ AMBIT_REQUIRE_DOMAINS: 'on' })
  const { node: strict, client: owner } = asked
  const { id } = await owner.create(specification())
  await owner.submit(id)
  expect(await refusal(owner.process(id, true))).toMatchObject(named('OWNERSHIP_REQUIRED', 409))
  expect(await owner.ask('GET', `/api/v1/agent/client/${id}`)).toMatchObject({ approval_status: 'PENDING' })

  // An ontology answers nowhere itself, so that its entities are what is held to it.
  const ontology = await owner.approved(specification({ endPoints: [] }), true)
  const account = new AcpsAccount(strict.url)
  await account.open(await owner.eab(ontology))
  const identity = await account.certificate(ontology, 'clientAuth')
  const derive = async (more: Json) =>
    await registerEntity(asked.agentsUrl, asked.roots, identity, owner.token, {
      ontologyAic: ontology,
      ...more,
    })
  const endPoints = [{ url: 'https://unproved.example/rpc', transport: 'JSONRPC', security: [{ mtls: [] }] }]
  expect(await refusal(derive({ endPoints }))).toMatchObject(numbered(40301, 403))
  expect(await owner.list()).toMatchObject({ total: 2 })
  await derive({})

  await strict.ambit.records.setReview({ twoPeople: true })
  const { id: second } = await owner.create(specification({ endPoints: [] }))
  await owner.submit(second)
  expect(await refusal(owner.process(second, true))).toMatchObject(named('RECORD_SECOND_PERSON', 403))
  expect(await refusal(derive({}))).toMatchObject(numbered(40301, 403))
})
