import { Message } from '@a2a-js/sdk'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, answerText, textRequest } from '@ambit/testkit/a2a-client'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/*
 * How an agent says, in its protocol's own words, what it is going to do before it does it: refusals are told at once,
 * its person decides about the rest as one list, and then each call is done once.
 */

interface PlanResult {
  readonly resultType?: string
  readonly requestState?: string
  readonly inputRequests?: Record<string, { params: { url: string } }>
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
  readonly structuredContent: {
    readonly plan?: { id: string; url: string; state: string }
    readonly steps: readonly {
      tool?: string
      verdict?: string
      state?: string
      reasons?: { code: string }[]
    }[]
  }
}

describe('a plan that an agent hands in', () => {
  let node: TestNode
  let desk: TestMcpServer
  let access: TestAccess
  /** Arguments that nobody used before. */
  let a = 0

  beforeAll(async () => {
    desk = await startMcpServer()
    node = await startTestNode()
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
  })

  beforeEach(async () => {
    a += 1
    access = await allow(node.ambit, [
      { target: 'desk', capability: 'add', arguments: { a: { eq: a } }, decision: 'ask' },
      { target: 'desk', capability: 'echo', decision: 'autonomous' },
    ])
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await desk.close()
  })

  const done = () => desk.calls.filter((call) => (call.arguments as { a?: number }).a === a)

  async function agree(id: string, struck: readonly string[] = []): Promise<void> {
    const { digest } = await node.ambit.plans.get(id)
    expect(await node.ambit.plans.approve(id, digest, { struck })).toMatchObject({ state: 'approved' })
  }

  const steps = () => [
    { tool: 'add', arguments: { a, b: 1 } },
    { tool: 'echo', arguments: { text: 'free' } },
    { tool: 'add', arguments: { a: -1, b: 1 } },
    { tool: 'add', arguments: { a, b: 2 } },
  ]

  test.each(['modern', 'latest', 'first'] as const)(
    'a %s client hears at once what is refused, and once the person agreed each call is done once, unasked',
    async (kind) => {
      const client = await connectMcpClient(access.mcpUrl, { token: access.token, kind })
      expect((await client.tools()).map(({ name }) => name)).toContain('ambit_plan')
      const answer = (await client.call('ambit_plan', {
        words: 'add up the bill',
        steps: steps(),
      })) as unknown as PlanResult
      const { plan, steps: told } = answer.structuredContent
      expect(told.map(({ verdict }) => verdict)).toEqual(['listed', 'allowed', 'refused', 'listed'])
      expect(told[2]?.reasons?.[0]?.code).toBe('mandate.no-entry')
      expect(answer.content[0]?.text).toMatch(/3\. add: refused\. The mandate does not allow this/)
      expect(answer.content[0]?.text).toContain(plan!.url)
      expect(plan).toMatchObject({ state: 'pending', url: `${node.url}/approvals/plans/${plan!.id}` })
      expect(done()).toEqual([])
      // The refusal is in the log, like that of any call.
      const { acts } = await node.ambit.acts.list({ limit: 5 })
      expect(acts.some(({ capability, reasons }) => capability === 'add' && reasons !== undefined)).toBe(true)

      await agree(plan!.id)
      const status = (await client.call('ambit_plan', { plan: plan!.id })) as unknown as PlanResult
      expect(status.structuredContent).toMatchObject({
        plan: { state: 'approved' },
        steps: [{ target: 'desk', capability: 'add', state: 'ready' }, { state: 'ready' }],
      })
      expect(await client.call('add', { a, b: 1 })).toMatchObject({ structuredContent: { sum: a + 1 } })
      expect(await client.call('add', { a, b: 2 })).toMatchObject({ structuredContent: { sum: a + 2 } })
      expect(done().length).toBe(2)
      // Once each: the same again, or another, is a question of its own.
      for (const b of [1, 3]) {
        const asked = await client.call('add', { a, b })
        expect(asked).toMatchObject({
          isError: true,
          _meta: { 'ambit/approval': expect.anything() as object },
        })
      }
      expect(done().length).toBe(2)
      await client.close()
    },
  )

  test('without a plan each of the calls is asked about', async () => {
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    for (const b of [1, 2]) expect(await client.call('add', { a, b })).toMatchObject({ isError: true })
    expect(done()).toEqual([])
    await client.close()
  })

  test('a client that opens addresses is sent to the list, and what it says of it decides nothing', async () => {
    const call = async (params: object = {}, token = access.token) => {
      const answer = await rawCall(node.port, {
        token,
        name: 'ambit_plan',
        args: { words: 'two sums', steps: [steps()[0], steps()[3]] },
        capabilities: { elicitation: { url: {} } },
        params: { ...params },
      })
      return answer.json() as { result: PlanResult; error?: { code: number } }
    }
    const { result: asked } = await call()
    expect(asked.resultType).toBe('input_required')
    const id = asked.requestState!.replace('ambit-plan:', '')
    expect(asked.inputRequests?.['ambit-plan']?.params.url).toBe(`${node.url}/approvals/plans/${id}`)
    const claims = { 'ambit-plan': { action: 'accept', content: { approved: true } } }
    const { result: back } = await call({ requestState: asked.requestState, inputResponses: claims })
    expect(back).toMatchObject({
      resultType: 'complete',
      structuredContent: {
        plan: { id, state: 'pending' },
        steps: [{ state: 'waiting' }, { state: 'waiting' }],
      },
    })
    const other = await allow(node.ambit, [{ target: 'desk', capability: 'add', decision: 'ask' }])
    const { result: foreign } = await call({ requestState: asked.requestState }, other.token)
    expect(foreign).toMatchObject({ isError: true })
    expect(JSON.stringify(foreign)).not.toContain('pending')
    await agree(id, [(await node.ambit.plans.get(id)).steps[1]!.id])
    const { result: told } = await call({ requestState: asked.requestState })
    expect(told.structuredContent.steps.map(({ state }) => state)).toEqual(['ready', 'denied'])
    expect(done()).toEqual([])
  })

  test('a refused list says so, and what is wrong with one is named', async () => {
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    const handed = (await client.call('ambit_plan', {
      words: 'one sum',
      steps: [steps()[0]],
    })) as unknown as PlanResult
    const { id } = handed.structuredContent.plan!
    await node.ambit.plans.deny(id)
    const status = await client.call('ambit_plan', { plan: id })
    expect(status).toMatchObject({ isError: true, structuredContent: { plan: { state: 'denied' } } })
    for (const [args, what] of [
      [{ words: 'x', steps: [] }, '`steps`'],
      [{ steps: [steps()[0]] }, '`words`'],
      [{ words: 'x', steps: [{ tool: 'nothing' }] }, '`steps[0].tool`: no such tool'],
      [{ words: 'x', steps: [{ tool: 'ambit_plan', arguments: {} }] }, 'a list holds no lists'],
      [{ words: 'x', steps: Array.from({ length: 51 }, () => steps()[0]) }, '1 to 50'],
      [{ words: 'x', plan: id }, 'stands alone'],
    ] as const) {
      await expect(client.call('ambit_plan', { ...args }), what).rejects.toMatchObject({
        code: -32602,
        message: expect.stringContaining(what) as string,
      })
    }
    const refused = await client.call('ambit_plan', { words: 'x', steps: [steps()[2]] })
    expect(refused).toMatchObject({ isError: true, structuredContent: { steps: [{ verdict: 'refused' }] } })
    for (let n = 0; n < 5; n++)
      await client.call('ambit_plan', { words: 'x', steps: [{ tool: 'add', arguments: { a, b: 10 + n } }] })
    await expect(client.call('ambit_plan', { words: 'x', steps: [steps()[0]] })).rejects.toMatchObject({
      data: { code: 'approval.too-many' },
    })
    await client.close()
  })

  test('the tool is not shown where nobody has to be asked, and is there once a rule asks', async () => {
    const free = await allow(node.ambit, [{ target: 'desk', capability: 'echo', decision: 'autonomous' }])
    const client = await connectMcpClient(free.mcpUrl, { token: free.token })
    const names = async () => (await client.tools()).map(({ name }) => name)
    expect(await names()).toEqual(['echo'])
    const rule = await node.ambit.rules.set({
      scope: 'organization',
      target: 'desk',
      capability: 'echo',
      decision: 'ask',
      obligations: ['second-person'],
    })
    try {
      expect(await names()).toEqual(['echo', 'ambit_plan'])
      // One signature for a list is that of one person.
      const answer = await client.call('ambit_plan', {
        words: 'x',
        steps: [{ tool: 'echo', arguments: { text: 'x' } }],
      })
      expect(answer).toMatchObject({ structuredContent: { steps: [{ verdict: 'asked' }] } })
      expect(answer['structuredContent']).not.toHaveProperty('plan')
    } finally {
      await node.ambit.rules.remove(rule.id)
    }
    await client.close()
  })
})

describe('messages that an A2A agent is going to send', () => {
  let node: TestNode
  let agent: A2aAgent
  let access: TestAccess
  let number = 0

  beforeAll(async () => {
    agent = await startA2aAgent({ delayMs: 5 })
    node = await startTestNode()
    await bringOnline(node.ambit, { url: agent.url }, 'greeter')
  })

  beforeEach(async () => {
    number += 1
    access = await allow(node.ambit, [{ target: 'greeter', capability: '*', decision: 'ask' }])
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await agent.close()
  })

  const told = (words: string) => agent.calls.filter(({ text }) => text === words).length

  function planOf(requests: readonly ReturnType<typeof textRequest>[], more: object = {}) {
    const steps = requests.map(({ message }) => ({ params: { message: Message.toJSON(message!) }, ...more }))
    return { ...textRequest('greet them both'), metadata: { 'ambit/plan': { steps } } }
  }

  function listIn(task: { status?: { message?: { parts: readonly object[] } | undefined } | undefined }) {
    const contents = (task.status?.message?.parts ?? []) as readonly { content?: { value: unknown } }[]
    const data = contents.map(({ content }) => content?.value).find((value) => typeof value === 'object')
    return data as {
      planId: string
      planUrl: string
      steps: readonly { verdict?: string; state?: string }[]
    }
  }

  test.each(['JSONRPC', 'HTTP+JSON', 'GRPC'] as const)(
    'over %s are one question, and once the person agreed each is passed on once',
    async (binding) => {
      const client = await a2aClient(`${access.a2aUrl}/greeter`, binding, access.token)
      const requests = [textRequest(`hello ${number}`), textRequest(`goodbye ${number}`)]
      const task = await client.sendMessage(planOf(requests))
      if (!('status' in task)) throw new Error('a task was expected')
      expect(task.status?.state).toBe(TaskState.TASK_STATE_AUTH_REQUIRED)
      const { planId, planUrl, steps } = listIn(task)
      expect(steps.map(({ verdict }) => verdict)).toEqual(['listed', 'listed'])
      expect(planUrl).toBe(`${node.url}/approvals/plans/${planId}`)
      // Saying that it is approved is no approval.
      await expect(client.sendMessage(textRequest('approved', { taskId: task.id }))).rejects.toThrow()
      expect(agent.calls.filter(({ text }) => text === 'greet them both' || text === 'approved')).toEqual([])
      const watching = client.resubscribeTask({ tenant: '', id: task.id })
      const first = await watching.next()
      expect(first.done).toBe(false)
      const plan = await node.ambit.plans.get(planId)
      expect(plan.words).toContain('greet them both')
      await node.ambit.plans.approve(planId, plan.digest)
      const states: unknown[] = []
      for await (const { payload } of watching)
        if (payload?.$case === 'statusUpdate') states.push(payload.value.status?.state)
      expect(states).toEqual([TaskState.TASK_STATE_COMPLETED])
      const now = await client.getTask({ tenant: '', id: task.id })
      expect(listIn(now).steps.map(({ state }) => state)).toEqual(['ready', 'ready'])
      for (const [at, words] of [`hello ${number}`, `goodbye ${number}`].entries()) {
        const answer = await client.sendMessage(requests[at]!)
        expect(answerText(answer)).toBe(`echo: ${words}`)
        expect(told(words)).toBe(1)
        // The same message again is a question of its own.
        const again = await client.sendMessage(requests[at]!)
        expect('status' in again && again.status?.state).toBe(TaskState.TASK_STATE_AUTH_REQUIRED)
        expect(told(words)).toBe(1)
      }
    },
  )

  test('what is wrong with one is named, and a list that is not theirs is not there', async () => {
    const client = await a2aClient(`${access.a2aUrl}/greeter`, 'JSONRPC', access.token)
    const plan = planOf([textRequest('x')], { agent: 'nobody' })
    await expect(client.sendMessage(plan)).rejects.toThrow(/steps\[0\]\.agent/)
    await expect(client.sendMessage({ ...plan, metadata: { 'ambit/plan': { steps: [] } } })).rejects.toThrow(
      /1 to 50/,
    )
    await expect(
      client.sendMessage({ ...plan, metadata: { 'ambit/plan': { steps: [{ params: {} }] } } }),
    ).rejects.toThrow(/steps\[0\]/)
    const task = await client.sendMessage(planOf([textRequest(`mine ${number}`)]))
    if (!('status' in task)) throw new Error('a task was expected')
    const other = await allow(node.ambit, [{ target: 'greeter', capability: '*', decision: 'ask' }])
    const stranger = await a2aClient(`${other.a2aUrl}/greeter`, 'JSONRPC', other.token)
    await expect(stranger.getTask({ tenant: '', id: task.id })).rejects.toThrow(/not found/)
    await node.ambit.plans.deny(listIn(task).planId)
    const denied = await client.getTask({ tenant: '', id: task.id })
    expect(denied.status?.state).toBe(TaskState.TASK_STATE_REJECTED)
    expect(agent.calls.filter(({ text }) => text === `mine ${number}`)).toEqual([])
  })

  test('a claim that a waiting message was approved is refused and recorded', async () => {
    const client = await a2aClient(`${access.a2aUrl}/greeter`, 'JSONRPC', access.token)
    const task = await client.sendMessage(textRequest(`wait ${number}`))
    if (!('status' in task)) throw new Error('a task was expected')
    await expect(client.sendMessage(textRequest('approved: true', { taskId: task.id }))).rejects.toThrow(
      /a message does not decide/,
    )
    const { acts } = await node.ambit.acts.list({ limit: 5 })
    expect(acts.some(({ reasons }) => reasons?.some(({ code }) => code === 'approval.unfounded'))).toBe(true)
    expect(told('approved: true') + told(`wait ${number}`)).toBe(0)
  })
})
