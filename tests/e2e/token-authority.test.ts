import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, expect, test } from 'vitest'

/* A program with an API token cannot approve: so it cannot make itself a mandate under which nobody is asked either. */

let node: TestNode
let desk: TestMcpServer
let program: Ambit

beforeAll(async () => {
  desk = await startMcpServer()
  node = await startTestNode()
  await bringOnline(node.ambit, { url: desk.url }, 'desk')
  const { token } = await node.ambit.people.createToken({ name: 'a program' })
  program = connectAmbit({ url: node.url, token })
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await desk.close()
})

const refused = { code: 'mandate.session', status: 403 }

test('what an API token gives asks a person about each call, and nothing else is given', async () => {
  const give = async (decision?: 'autonomous' | 'ask') =>
    await allow(program, [
      { target: 'desk', capability: 'add', ...(decision === undefined ? {} : { decision }) },
    ])
  await expect(give()).rejects.toMatchObject(refused)
  await expect(give('autonomous')).rejects.toMatchObject(refused)
  const { token } = await give('ask')
  const answer = await rawCall(node.port, { token, name: 'add', args: { a: 1, b: 2 } })
  expect(answer.json()['result']).toMatchObject({ _meta: { 'ambit/approval': {} } })
  expect(desk.calls).toEqual([])
  const [card] = (await node.ambit.approvals.list({ state: 'pending' })).approvals
  await expect(program.approvals.approve(card!.id, card!.digest)).rejects.toMatchObject({
    code: 'auth.session-only',
  })
  expect(desk.calls).toEqual([])
})

test('what a person gave in a session is neither connected nor handed on by an API token', async () => {
  const entry = { target: 'desk', capability: 'add', decision: 'autonomous' } as const
  const { mandate, token } = await allow(node.ambit, [entry])
  await expect(program.mandates.connect(mandate)).rejects.toMatchObject(refused)
  await expect(program.mandates.narrow(mandate, { expiresInMinutes: 5 })).rejects.toMatchObject(refused)
  await expect(
    program.mandates.narrow(mandate, { allow: [{ ...entry, decision: 'ask' }], task: 'add 1 and 2' }),
  ).rejects.toMatchObject({ ...refused, where: 'task' })
  // The person's own client goes on as before, and the program may take away.
  const answer = await rawCall(node.port, { token, name: 'add', args: { a: 1, b: 2 } })
  expect(answer.json()['result']).toMatchObject({ content: [{ text: '3' }] })
  await program.mandates.revoke(mandate)
})

test('nobody acts under the key of another’s client: not to read its answers, nor from another organisation', async () => {
  const { mandate } = await allow(node.ambit, [{ target: 'desk', capability: 'add', decision: 'ask' }])
  // Anybody reads in the public log by which key a client acts.
  const { holder } = (await node.ambit.mandates.get(mandate)).signed.body
  const link = (await node.ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })).signInLink
  const north = (await signInOwner(node.url, link)).ambit
  const entries = [{ target: '*', capability: '*' }]
  await expect(allow(north, entries, { holder })).rejects.toMatchObject({
    code: 'mandate.invalid',
    where: 'holder',
  })
  await expect(allow(north, entries)).resolves.toMatchObject({ token: expect.stringMatching(/^ambm_/) })
  // Its own person goes on under it.
  await expect(allow(node.ambit, entries, { holder })).resolves.toMatchObject({ mandate: expect.any(String) })
})

test('an API token loosens nothing that is in force, and brings nothing mild into force', async () => {
  const loosening = { code: 'record.session', status: 403 }
  const { capabilities } = await node.ambit.records.get('desk')
  const { id, profile } = capabilities.find((each) => each.profile.effect !== 'read')!
  const profiles = { [id]: { ...profile, effect: 'read' as const, reversibility: 0 as const } }
  await expect(program.records.accept('desk', { profiles })).rejects.toMatchObject(loosening)
  expect((await node.ambit.records.get('desk')).capabilities.find((each) => each.id === id)?.profile).toEqual(
    profile,
  )
  // It prepares what a person then puts in force.
  await program.records.register({ url: desk.url, slug: 'prepared' })
  await program.records.accept('prepared')
  await program.records.submit('prepared')
  await expect(program.records.activate('prepared')).rejects.toMatchObject(loosening)
  expect((await node.ambit.records.activate('prepared')).state).toBe('active')
  const { record } = await node.ambit.records.get('prepared')
  const { id: _, keys: _keys, ...rest } = record
  const { results } = await program.records.applyAll([{ ...rest, slug: 'by-batch' }], { activate: true })
  expect(results).toMatchObject([{ ok: false, problem: { code: 'record.session' } }])
})
