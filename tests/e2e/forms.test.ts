import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, textRequest } from '@ambit/testkit/a2a-client'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import type { AskedAddress } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/*
 * How an agent is told, in its protocol's own words, that a person must decide, how it goes on, and that nothing it says
 * itself decides anything.
 */

interface Answer {
  readonly resultType: string
  readonly requestState?: string
  readonly structuredContent?: unknown
}

describe('a client of an older era that opens addresses', () => {
  let node: TestNode
  let desk: TestMcpServer
  let access: TestAccess
  let a = 1000

  beforeAll(async () => {
    desk = await startMcpServer()
    node = await startTestNode()
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
  })

  beforeEach(async () => {
    a += 1
    access = await allow(node.ambit, [{ target: 'desk', capability: 'add', decision: 'ask' }])
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await desk.close()
  })

  const done = () => desk.calls.filter((call) => (call.arguments as { a?: number }).a === a)

  /** A client whose person does `what` with the address, and what it was asked and told. */
  async function client(kind: 'latest' | 'first', what: 'accept' | 'decline', opened?: (id: string) => void) {
    const asked: AskedAddress[] = []
    const decided: string[] = []
    const connected = await connectMcpClient(access.mcpUrl, {
      token: access.token,
      kind,
      opensAddresses: true,
      onAddress(address) {
        asked.push(address)
        opened?.(address.elicitationId)
        return what
      },
      onDecided: (id) => void decided.push(id),
    })
    return { asked, decided, connected, call: async (b: number) => await connected.call('add', { a, b }) }
  }

  async function approve(id: string): Promise<void> {
    await node.ambit.approvals.approve(id, (await node.ambit.approvals.get(id)).digest)
  }

  test.each(['latest', 'first'] as const)(
    'a %s client is sent to the address within the call, and the call goes on when the person has agreed there',
    async (kind) => {
      const approving: Promise<void>[] = []
      const of = await client(kind, 'accept', (id) => void approving.push(approve(id)))
      expect(await of.call(1)).toMatchObject({ structuredContent: { sum: a + 1 } })
      await Promise.all(approving)
      const [address] = of.asked
      expect(address?.url).toBe(`${node.url}/approvals/${address?.elicitationId}`)
      expect(of.decided).toEqual([address?.elicitationId])
      expect(done().length).toBe(1)
      await of.connected.close()
    },
  )

  test('that the person refused is the answer of the call, and nothing is done', async () => {
    const refusing: Promise<unknown>[] = []
    const of = await client('latest', 'accept', (id) => void refusing.push(node.ambit.approvals.deny(id)))
    expect(await of.call(1)).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'approval.denied' }] } },
    })
    await Promise.all(refusing)
    expect(done()).toEqual([])
    await of.connected.close()
  })

  test('saying that the address was opened decides nothing, and a caller that gives up takes nothing back', async () => {
    const of = await client('first', 'accept')
    const stop = new AbortController()
    const calling = of.connected
      .call('add', { a, b: 1 }, { signal: stop.signal })
      .catch((error: unknown) => error)
    const id = await until(
      'the client is asked',
      async () => await Promise.resolve(of.asked[0]?.elicitationId),
    )
    expect((await node.ambit.approvals.get(id)).state).toBe('pending')
    expect(done()).toEqual([])
    stop.abort()
    await calling
    expect((await node.ambit.approvals.get(id)).state).toBe('pending')
    await approve(id)
    await until('it was done', async () => (await node.ambit.approvals.get(id)).state === 'done')
    // The same call again has the answer, once.
    expect(await of.call(1)).toMatchObject({ structuredContent: { sum: a + 1 } })
    expect(done().length).toBe(1)
    await of.connected.close()
  })

  test('a person that does not want to open it leaves the question where it is, told in words', async () => {
    const of = await client('latest', 'decline')
    const answer = await of.call(1)
    const { url } = (answer['_meta'] as { 'ambit/approval': { url: string } })['ambit/approval']
    expect(url).toBe(of.asked[0]?.url)
    expect((await node.ambit.approvals.get(of.asked[0]!.elicitationId)).state).toBe('pending')
    await of.connected.close()
  })

  test('one that takes no such request hears -32042, and on its session that it was decided', async () => {
    const decided: string[] = []
    const connected = await connectMcpClient(access.mcpUrl, {
      token: access.token,
      kind: 'first',
      opensAddresses: true,
      onDecided: (id) => void decided.push(id),
    })
    const refused = await connected.call('add', { a, b: 1 }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: -32042 })
    const { elicitations } = (refused as { data: { elicitations: { elicitationId: string }[] } }).data
    const id = elicitations[0]!.elicitationId
    await approve(id)
    await until('it is told', async () => await Promise.resolve(decided.includes(id)))
    expect(await connected.call('add', { a, b: 1 })).toMatchObject({ structuredContent: { sum: a + 1 } })
    await connected.close()
  })
})

describe('while one of two people has agreed', () => {
  let node: TestNode
  let desk: TestMcpServer
  let agent: A2aAgent
  let access: TestAccess
  let second: Ambit

  beforeAll(async () => {
    desk = await startMcpServer()
    agent = await startA2aAgent({ delayMs: 5 })
    node = await startTestNode()
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await bringOnline(node.ambit, { url: agent.url }, 'greeter')
    access = await allow(node.ambit, [
      { target: 'desk', capability: 'add', decision: 'ask' },
      { target: 'greeter', capability: '*', decision: 'ask' },
    ])
    for (const [target, capability] of [
      ['desk', 'add'],
      ['greeter', 'message'],
    ] as const) {
      await node.ambit.rules.set({
        scope: 'organization',
        target,
        capability,
        decision: 'ask',
        obligations: ['second-person'],
      })
    }
    const { signInLink } = await node.ambit.people.add({ name: 'An approver', roles: ['approver'] })
    const token = new URL(signInLink).searchParams.get('token') ?? ''
    const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
    second = connectAmbit({ url: node.url, token: session! })
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await Promise.all([desk.close(), agent.close()])
  })

  async function agree(ambit: Ambit, id: string): Promise<void> {
    await ambit.approvals.approve(id, (await ambit.approvals.get(id)).digest)
  }

  test('an agent of 2026-07-28 hears the same question again, and the answer after the second', async () => {
    const call = async (params: object = {}) => {
      const capabilities = { elicitation: { url: {} } }
      const of = {
        token: access.token,
        name: 'add',
        args: { a: 1, b: 2 },
        capabilities,
        params: { ...params },
      }
      return (await rawCall(node.port, of)).json()['result'] as Answer
    }
    const { requestState, resultType } = await call()
    expect(resultType).toBe('input_required')
    const id = requestState!.replace('ambit-approval:', '')
    await agree(node.ambit, id)
    expect(await call({ requestState })).toMatchObject({ resultType: 'input_required', requestState })
    expect(desk.calls).toEqual([])
    await agree(second, id)
    const answer = await until('the answer', async () => {
      const now = await call({ requestState })
      return now.resultType === 'complete' && now
    })
    expect(answer.structuredContent).toEqual({ sum: 3 })
  })

  test('a call of 2025-11-25 stays open until the second', async () => {
    const asked: AskedAddress[] = []
    const client = await connectMcpClient(access.mcpUrl, {
      token: access.token,
      opensAddresses: true,
      onAddress: (address) => (asked.push(address), 'accept'),
    })
    const calling = client.call('add', { a: 2, b: 2 })
    const { elicitationId: id } = await until('it is asked', async () => await Promise.resolve(asked[0]))
    await agree(node.ambit, id)
    expect((await node.ambit.approvals.get(id)).state).toBe('pending')
    await agree(second, id)
    expect(await calling).toMatchObject({ structuredContent: { sum: 4 } })
    expect(asked.length).toBe(1)
    await client.close()
  })

  test('a task of A2A needs authorisation still, and goes on after the second', async () => {
    const client = await a2aClient(`${access.a2aUrl}/greeter`, 'JSONRPC', access.token)
    const task = await client.sendMessage(textRequest('both of you'))
    const id = 'status' in task ? task.id : ''
    const stateNow = async () => (await client.getTask({ tenant: '', id })).status?.state
    await agree(node.ambit, id.replace('ambit-', ''))
    expect(await stateNow()).toBe(TaskState.TASK_STATE_AUTH_REQUIRED)
    expect(agent.calls).toEqual([])
    await agree(second, id.replace('ambit-', ''))
    await until('it is done', async () => (await stateNow()) === TaskState.TASK_STATE_COMPLETED)
  })
})
