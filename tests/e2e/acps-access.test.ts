import { AcpsClient, registerEntity } from '@ambit/testkit/acps-client'
import {
  certifiedOntology,
  clientBy,
  named,
  numbered,
  openAcpsRoom,
  otherOrganization,
  refusal,
  refusals,
  specification,
} from '@ambit/testkit/acps-room'
import type { AcpsRoom } from '@ambit/testkit/acps-room'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Who a client of ACPs is here, and what is none of its business.
 */

let room: AcpsRoom
let node: AcpsRoom['node']
let client: AcpsRoom['client']
beforeAll(async () => {
  room = await openAcpsRoom()
  ;({ node, client } = room)
})
afterAll(async () => await room[Symbol.asyncDispose]())

/** Its arcs up to the ontology. */
const classOf = (aic: string) => aic.split('.').slice(0, 8).join('.')

describe('whoever logs in', () => {
  test('is a person with an API token, whose end ends the log-in at once', async () => {
    const { id, token } = await node.ambit.people.createToken({ name: 'short' })
    const other = new AcpsClient(node.url)
    const answer = await other.login('Owner', token, 'json')
    expect(answer).toEqual({
      access_token: expect.stringMatching(/^acps_/),
      token_type: 'bearer',
      expires_at: expect.stringMatching(/Z$/),
    })
    expect(answer['access_token']).not.toContain(token.slice(5))
    expect(await other.ask('GET', '/api/v1/account/me')).toMatchObject({
      username: 'Owner',
      roles: ['client', 'staff'],
    })
    // It is for this interface, not for the rest of the node.
    const { status } = await fetch(`${node.url}/api/people`, {
      headers: { authorization: `Bearer ${other.token}` },
    })
    expect(status).toBe(401)
    await node.ambit.people.revokeToken(id)
    expect(await refusal(other.list())).toMatchObject(named('INVALID_TOKEN', 401))
    expect(await refusal(other.login('Owner', token))).toMatchObject(named('INVALID_CREDENTIALS', 401))
  })

  test.each([
    ['nobody', () => ['Nobody', room.apiToken]],
    ['a person with the token of another', () => ['Auditor', room.apiToken]],
    ['a person with a wrong token', () => ['Owner', `amba_${'a'.repeat(43)}`]],
    ['a person with a session', () => ['Owner', node.session]],
    ['a person with a password of their own', () => ['Owner', 'hunter2']],
  ])('is not %s', async (_who, credentials) => {
    const [username, password] = credentials()
    expect(await refusal(new AcpsClient(node.url).login(username!, password!))).toMatchObject({
      status: 401,
      body: {
        type: 'urn:acps:error:auth:invalid_credentials',
        error_name: 'INVALID_CREDENTIALS',
        error_group: 'auth',
        code: 'acps.credentials',
      },
    })
  })

  test('does not make an account, nor hand in identity documents', async () => {
    const nobody = new AcpsClient(node.url)
    const me = { username: 'me', password: 'secret' }
    expect(await refusal(nobody.ask('POST', '/api/v1/auth/register', me))).toMatchObject(
      named('REGISTRATION_CLOSED', 403),
    )
    const papers = { id_type: 'ID_CARD', id_number: '110101199001011237', real_name: 'Li' }
    const given = await refusal(client.ask('POST', '/api/v1/verification/identity', papers))
    expect(given).toMatchObject(named('VERIFICATION_NOT_OFFERED', 403))
    expect(JSON.stringify(given.body)).not.toContain(papers.id_number)
  })

  test('without a token, or with a made-up one, is nobody', async () => {
    const nobody = new AcpsClient(node.url)
    expect(await refusal(nobody.list())).toMatchObject(named('TOKEN_VALIDATION_ERROR', 401))
    expect(await refusal(nobody.eab((await client.create(specification()))['id']))).toMatchObject(
      named('TOKEN_VALIDATION_ERROR', 401),
    )
    const changed = client.token.slice(0, -3) + (client.token.endsWith('AAA') ? 'BBB' : 'AAA')
    for (const token of [changed, 'acps_x', node.session]) {
      const { status } = await fetch(`${node.url}/api/v1/agent/client`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect(status).toBe(401)
    }
    // A browser sends its session by itself; here that is no proof of anything.
    const byCookie = await fetch(`${node.url}/api/v1/agent/client`, {
      headers: { cookie: `ambit_session=${node.session}` },
    })
    expect(byCookie.status).toBe(401)
  })
})

describe('what is somebody else’s', () => {
  test('is not seen, changed, approved, certified or derived from', async () => {
    const stranger = await otherOrganization(node, 'Stranger')
    const { id } = await client.create(specification())
    const aic = await client.approved(specification())
    const base = '/api/v1/agent'
    for (const each of await refusals([
      stranger.ask('GET', `${base}/client/${id}`),
      stranger.ask('PUT', `${base}/client/${id}`, { acs: specification() }),
      stranger.ask('DELETE', `${base}/client/${id}`),
      stranger.submit(id),
      stranger.ask('GET', `${base}/staff/${id}`),
      stranger.process(id, true),
      stranger.ask('POST', `${base}/staff/${aic}/disable`, 'mine'),
      stranger.ask('GET', `${base}/client/${aic}`),
    ]))
      expect(each).toMatchObject(named('AGENT_NOT_FOUND', 404))
    expect(await stranger.list()).toMatchObject({ total: 0, items: [] })
    expect(await refusal(stranger.eab(aic))).toMatchObject(named('AIC_NOT_OWNED', 403))
    expect(await client.ask('GET', `${base}/client/${id}`)).toMatchObject({ approval_status: 'DRAFT' })

    const { aic: ontology, identity } = await certifiedOntology(node, client)
    const foreign = await certifiedOntology(node, stranger)
    const derive = async (shown: typeof identity, token: string, ontologyAic: string) =>
      await refusal(registerEntity(room.agentsUrl, room.roots, shown, token, { ontologyAic }))
    expect(await derive(identity, stranger.token, ontology)).toMatchObject(numbered(40301, 403))
    expect(await derive(foreign.identity, client.token, ontology)).toMatchObject(numbered(40301, 403))
    expect(await derive(foreign.identity, stranger.token, ontology)).toMatchObject(numbered(40301, 403))
    expect(await derive(identity, 'acps_nothing', ontology)).toMatchObject(numbered(40101, 401))
    const bare = client.ask('POST', '/acps-atr-v2/entity', { ontologyAic: ontology })
    expect(await refusal(bare)).toMatchObject(numbered(40101, 401))
    expect(
      (await node.ambit.records.list()).records.filter((each) => classOf(each.id) === classOf(ontology)),
    ).toHaveLength(1)
  })

  test('nor may an auditor do what takes an operator', async () => {
    const { person, signInLink } = await node.ambit.people.add({ name: 'Auditor', roles: ['auditor'] })
    const auditor = await clientBy(node, signInLink, person.id)
    const { id } = await client.create(specification())
    expect(await auditor.ask('GET', `/api/v1/agent/client/${id}`)).toMatchObject({ id })
    for (const each of await refusals([
      auditor.create(specification()),
      auditor.submit(id),
      auditor.process(id, true),
      auditor.eab(id),
      auditor.ask('DELETE', `/api/v1/agent/client/${id}`),
      auditor.ask('GET', '/api/v1/agent/staff'),
    ]))
      expect(each).toMatchObject(named('INSUFFICIENT_PERMISSIONS', 403))
  })
})
