import type { Profile } from '@ambit/core/record'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import type { ApprovalCard } from '@ambit/sdk/approvals'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, textRequest } from '@ambit/testkit/a2a-client'
import { testAuthenticator } from '@ambit/testkit/authenticator'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/*
 * What a person can say beside yes: with other values, from now on within bounds, together with all else that is
 * asked, not and stop; and that a yes is worth more where it must be: with a passkey, by two people, not in a hurry.
 */

interface Answer {
  readonly resultType: string
  readonly requestState?: string
  readonly content?: readonly { text: string }[]
  readonly isError?: boolean
  readonly structuredContent?: unknown
  readonly _meta?: {
    'ambit/refusal'?: { reasons: { code: string; evidence?: string }[] }
    'ambit/changed'?: readonly string[]
  }
}

/** A sum that is paid to an account. */
const paying: Profile = {
  effect: 'pay',
  reversibility: 2,
  roles: { a: 'sink', b: 'quantity' },
  integrity: {},
  dataClasses: ['financial'],
  money: { amount: 'b', currency: { code: 'EUR' }, unit: 'major' },
}

const asking = [
  { target: 'desk', capability: 'add', decision: 'ask' as const },
  { target: 'greeter', capability: '*', decision: 'ask' as const },
]

describe('a person who is asked', () => {
  let node: TestNode
  let desk: TestMcpServer
  let agent: A2aAgent
  let access: TestAccess
  /** An account that nobody used before. */
  let a = 0

  beforeAll(async () => {
    desk = await startMcpServer()
    agent = await startA2aAgent({ delayMs: 5 })
    node = await startTestNode()
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await bringOnline(node.ambit, { url: agent.url }, 'greeter')
    await node.ambit.records.accept('desk', { profiles: { add: paying } })
  })

  beforeEach(async () => {
    access = await allow(node.ambit, asking)
    a += 1
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await Promise.all([desk.close(), agent.close()])
  })

  async function call(
    args: object,
    params: Readonly<Record<string, unknown>> = {},
    token = access.token,
  ): Promise<Answer> {
    const capabilities = { elicitation: { url: {} } }
    const answer = await rawCall(node.port, { token, name: 'add', args: { ...args }, capabilities, params })
    return answer.json()['result'] as Answer
  }

  const done = () => desk.calls.filter((each) => (each.arguments as { a?: number }).a === a)
  const idOf = (asked: Answer) => (asked.requestState ?? '').replace('ambit-approval:', '')
  const isDone = async (id: string) => (await node.ambit.approvals.get(id)).state === 'done'
  const ended = async (id: string) => await until('the act has ended', async () => await isDone(id))

  async function ask(
    args: object,
  ): Promise<{ card: ApprovalCard; id: string; collect: () => Promise<Answer> }> {
    const asked = await call(args)
    expect(asked.resultType).toBe('input_required')
    const card = await node.ambit.approvals.get(idOf(asked))
    return {
      card,
      id: card.id,
      collect: async () => await call(args, { requestState: asked.requestState }),
    }
  }

  async function another(name: string, role: 'approver' | 'operator'): Promise<Ambit> {
    const { signInLink } = await node.ambit.people.add({ name, roles: [role] })
    const token = new URL(signInLink).searchParams.get('token') ?? ''
    const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
    return connectAmbit({ url: node.url, token: session! })
  }

  test('reads who, what, to whom and whether ever before, how much, which data, and how it ends', async () => {
    const { card, id } = await ask({ a, b: 12.5 })
    const said = Object.fromEntries(
      card.sections.map(({ topic, lines }) => [topic, lines.map(({ en }) => en)]),
    )
    expect(said['what']?.[0]).toMatch(
      /asks to use “Add” of “.+”\. This spends money\. It cannot be undone, only/,
    )
    expect(said['to']).toEqual([`a: ${a} (never approved before)`])
    expect(said['amount']?.[0]).toBe('12.50 EUR')
    expect(said['data']?.[0]).toMatch(/^financial; \d+ bytes/)
    expect(said['why']?.[0]).toMatch(/asked before/)
    expect(said['who']?.[0]).toMatch(/ for “Owner”$/)
    expect(card.alternatives).toEqual(['approve', 'edit', 'narrow', 'deny', 'deny-and-stop'])
    await node.ambit.approvals.approve(id, card.digest)
    await ended(id)
    // Another amount to the same account.
    const again = await ask({ a, b: 1 })
    const to = again.card.sections.find(({ topic }) => topic === 'to')
    expect(to?.lines[0]?.en).toMatch(/\(approved once before, last on \d{4}-\d\d-\d\d\)$/)
    await node.ambit.approvals.deny(again.id)
  })

  test('changes a value: that is done, bound to a new card, and the agent is told', async () => {
    const { card, id, collect } = await ask({ a, b: 500 })
    const { approvals } = node.ambit
    await expect(approvals.edit(id, card.digest, { c: 1 })).rejects.toMatchObject({ code: 'approval.edit' })
    await expect(approvals.edit(id, card.digest, { b: 'lots' })).rejects.toMatchObject({
      code: 'approval.edit',
    })
    const edited = await approvals.edit(id, card.digest, { b: 5 })
    expect(edited.digest).not.toBe(card.digest)
    expect(edited.arguments.find(({ name }) => name === 'b')).toMatchObject({ text: '5', changed: true })
    // The card that was replaced cannot be approved any more.
    await expect(approvals.approve(id, card.digest)).rejects.toMatchObject({ code: 'approval.changed' })
    expect(done()).toEqual([])
    await approvals.approve(id, edited.digest)
    await ended(id)
    expect(done().map((each) => each.arguments)).toEqual([{ a, b: 5 }])
    const answer = await collect()
    expect(answer).toMatchObject({ structuredContent: { sum: a + 5 }, _meta: { 'ambit/changed': ['b'] } })
    expect(answer.content?.[0]?.text).toBe('Before this was done, a person changed these values: b.')
  })

  test('approves from now on within bounds: such a call passes, any other is asked about', async () => {
    const { card, id } = await ask({ a, b: 10 })
    expect(card.narrow).toEqual({ same: ['a'], atMost: ['b'], free: [] })
    await node.ambit.approvals.approve(id, card.digest, { remember: { days: 30 } })
    await ended(id)
    expect(await call({ a, b: 7 })).toMatchObject({ structuredContent: { sum: a + 7 } })
    expect(done().length).toBe(2)
    for (const [args, what] of [
      [{ a, b: 10.01 }, 'more'],
      [{ a: a + 100_000, b: 7 }, 'another account'],
      [{ a: String(a), b: 7 }, 'the number as a text'],
      [{ a, b: -1 }, 'less than nothing'],
      [{ a, b: 7, c: 'x' }, 'another argument'],
    ] as const) {
      expect((await call(args)).resultType, what).toBe('input_required')
    }
    // Under another mandate of the same person it is asked, too.
    const other = await allow(node.ambit, asking)
    expect((await call({ a, b: 7 }, {}, other.token)).resultType).toBe('input_required')
    expect(done().length).toBe(2)
    const { standing } = await node.ambit.standingApprovals.list()
    const given = standing.find((each) => each.same.some(({ text }) => text === String(a)))!
    expect(given).toMatchObject({ target: 'desk', capability: 'add', atMost: [{ name: 'b', value: 10 }] })
    // The log names it with the act that it let through.
    const { acts } = await node.ambit.acts.list({ limit: 50 })
    const receipts = acts
      .filter(({ capability }) => capability === 'add')
      .map(async ({ act }) => await node.ambit.acts.receipt(act))
    expect(JSON.stringify(await Promise.all(receipts))).toContain(given.id)
    await node.ambit.standingApprovals.end(given.id)
    expect((await call({ a, b: 7 })).resultType).toBe('input_required')
    await expect(node.ambit.standingApprovals.end(given.id)).rejects.toMatchObject({
      code: 'approval.decided',
    })
  })

  test('ends a standing approval with the definition it was given for', async () => {
    const { card, id } = await ask({ a, b: 10 })
    await node.ambit.approvals.approve(id, card.digest, { remember: { days: 1 } })
    await ended(id)
    desk.describe('add', 'Adds two numbers, and keeps a copy')
    try {
      await node.ambit.records.probe('desk')
      await node.ambit.records.accept('desk', { profiles: { add: paying } })
      expect((await call({ a, b: 7 })).resultType).toBe('input_required')
    } finally {
      desk.describe('add', undefined)
      await node.ambit.records.probe('desk')
      await node.ambit.records.accept('desk', { profiles: { add: paying } })
    }
  })

  test('refuses and stops: whoever asked does nothing more', async () => {
    const { id, collect } = await ask({ a, b: 1 })
    await node.ambit.approvals.deny(id, 'never again', { stop: 'mandate' })
    expect(await collect()).toMatchObject({ isError: true })
    expect(await call({ a, b: 2 })).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'user.stopped' }] } },
    })
    // Without a stop, the same is merely asked about again.
    const other = await allow(node.ambit, asking)
    const asked = await call({ a, b: 1 }, {}, other.token)
    await node.ambit.approvals.deny(idOf(asked))
    expect((await call({ a, b: 2 }, {}, other.token)).resultType).toBe('input_required')
    expect(done()).toEqual([])
  })

  test('needs a second person where a rule says so, and one person is never two', async () => {
    const rule = await node.ambit.rules.set({
      scope: 'organization',
      target: 'desk',
      capability: 'add',
      decision: 'ask',
      obligations: ['second-person'],
    })
    try {
      const { card, id, collect } = await ask({ a, b: 1 })
      expect(card).toMatchObject({
        obligations: ['second-person'],
        alternatives: expect.not.arrayContaining(['narrow']) as string[],
      })
      expect(await node.ambit.approvals.approve(id, card.digest)).toMatchObject({ state: 'pending' })
      await expect(node.ambit.approvals.approve(id, card.digest)).rejects.toMatchObject({
        code: 'approval.second-person',
      })
      await expect(
        node.ambit.approvals.approve(id, card.digest, { remember: { days: 1 } }),
      ).rejects.toMatchObject({ code: 'approval.standing' })
      const bystander = await another('An operator', 'operator')
      await expect(bystander.approvals.approve(id, card.digest)).rejects.toMatchObject({
        code: 'approval.not-yours',
      })
      expect(done()).toEqual([])
      const second = await another('An approver', 'approver')
      await second.approvals.approve(id, card.digest)
      await ended(id)
      expect(await collect()).toMatchObject({ structuredContent: { sum: a + 1 } })
      expect(done().length).toBe(1)
    } finally {
      await node.ambit.rules.remove(rule.id)
    }
  })

  test('alone changes values and approves later calls: an approver says yes to this once, or no', async () => {
    const { card, id, collect } = await ask({ a, b: 3 })
    const { approvals } = await another('An approver', 'approver')
    const notYours = { code: 'approval.not-yours', status: 403 }
    expect((await approvals.get(id)).alternatives).toEqual(['approve', 'deny', 'deny-and-stop'])
    await expect(approvals.edit(id, card.digest, { b: 4 })).rejects.toMatchObject(notYours)
    await expect(approvals.approve(id, card.digest, { remember: { days: 1 } })).rejects.toMatchObject(
      notYours,
    )
    expect([(await node.ambit.approvals.get(id)).state, done()]).toEqual(['pending', []])
    await approvals.approve(id, card.digest)
    await ended(id)
    expect(await collect()).toMatchObject({ structuredContent: { sum: a + 3 } })
    // Nothing was approved for later: the next one is asked about.
    await node.ambit.approvals.deny((await ask({ a, b: 3 })).id)
    expect(done()).toHaveLength(1)
  })

  test('proves who they are with a passkey over exactly that card, where a rule says so', async () => {
    const rule = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'add',
      decision: 'ask',
      obligations: ['step-up'],
    })
    try {
      const { approvals, passkeys } = node.ambit
      const { card, id } = await ask({ a, b: 1 })
      await expect(approvals.approve(id, card.digest)).rejects.toMatchObject({ code: 'approval.step-up' })
      await expect(approvals.challenge(id, card.digest)).rejects.toMatchObject({ code: 'approval.step-up' })
      const origin = node.url
      const device = testAuthenticator()
      await passkeys.add('a key', device.create(await passkeys.options(), { origin }))
      // Having one is not enough: it must have signed.
      await expect(approvals.approve(id, card.digest)).rejects.toMatchObject({ code: 'approval.step-up' })
      const other = await ask({ a, b: 2 })
      const elsewhere = await approvals.challenge(other.id, other.card.digest)
      const replayed = { at: elsewhere.at, response: device.get(elsewhere.options, { origin }) }
      await expect(approvals.approve(id, card.digest, { passkey: replayed })).rejects.toMatchObject({
        code: 'passkey.challenge',
      })
      const { at, options } = await approvals.challenge(id, card.digest)
      await expect(
        approvals.approve(id, card.digest, {
          passkey: { at: '2020-01-01T00:00:00.000Z', response: device.get(options, { origin }) },
        }),
      ).rejects.toMatchObject({ code: 'approval.step-up' })
      expect(done()).toEqual([])
      await approvals.approve(id, card.digest, { passkey: { at, response: device.get(options, { origin }) } })
      await ended(id)
      expect(done().length).toBe(1)
    } finally {
      await node.ambit.rules.remove(rule.id)
    }
  })

  test('approves all that an agent waits for with one signature, and refuses what is not wanted of it', async () => {
    const asked = [await ask({ a, b: 1 }), await ask({ a, b: 2 }), await ask({ a, b: 3 })]
    const { lists } = await node.ambit.approvals.lists()
    const own = lists.find((list) => list.approvals.some(({ id }) => id === asked[0]!.id))!
    expect(own.approvals.map(({ id }) => id)).toEqual(asked.map(({ id }) => id))
    const [first, second, third] = own.approvals
    const result = await node.ambit.approvals.together({
      approve: [first!, second!].map(({ id, digest }) => ({ id, digest })),
      deny: [third!.id],
    })
    expect(result).toEqual({ approved: [first!.id, second!.id], failed: [] })
    await ended(first!.id)
    await ended(second!.id)
    expect(
      done()
        .map((each) => (each.arguments as { b: number }).b)
        .toSorted((left, right) => left - right),
    ).toEqual([1, 2])
    expect(await asked[2]!.collect()).toMatchObject({ isError: true })
    // The agents of two mandates are two lists.
    const other = await allow(node.ambit, asking)
    const foreign = idOf(await call({ a, b: 9 }, {}, other.token))
    const mine = await ask({ a, b: 8 })
    const cards = [mine.card, await node.ambit.approvals.get(foreign)]
    await expect(
      node.ambit.approvals.together({ approve: cards.map(({ id, digest }) => ({ id, digest })) }),
    ).rejects.toMatchObject({ code: 'approval.plan' })
  })

  test('changes and narrows what an older client asked for, which hears it by calling again', async () => {
    const client = await connectMcpClient(access.mcpUrl, {
      token: access.token,
      kind: 'first',
      opensAddresses: true,
    })
    const first = await client.call('add', { a, b: 50 }).catch((error: unknown) => error)
    const { elicitations } = (first as { data: { elicitations: { elicitationId: string }[] } }).data
    const id = elicitations[0]!.elicitationId
    const { digest } = await node.ambit.approvals.get(id)
    const edited = await node.ambit.approvals.edit(id, digest, { b: 20 })
    await node.ambit.approvals.approve(id, edited.digest, { remember: { days: 1 } })
    await ended(id)
    expect(await client.call('add', { a, b: 50 })).toMatchObject({
      structuredContent: { sum: a + 20 },
      _meta: { 'ambit/changed': ['b'] },
    })
    expect(await client.call('add', { a, b: 20 })).toMatchObject({ structuredContent: { sum: a + 20 } })
    await expect(client.call('add', { a, b: 50 })).rejects.toMatchObject({ code: -32042 })
    await client.close()
  })

  test('is asked for an A2A message too, and refuses it with a stop of the mandate', async () => {
    const client = await a2aClient(`${access.a2aUrl}/greeter`, 'JSONRPC', access.token)
    const task = await client.sendMessage(textRequest(`pay ${a}`))
    if (!('status' in task)) throw new Error('a task was expected')
    expect(task.status?.state).toBe(TaskState.TASK_STATE_AUTH_REQUIRED)
    const id = task.id.replace('ambit-', '')
    const card = await node.ambit.approvals.get(id)
    expect(card.sections.map(({ topic }) => topic)).toContain('undo')
    await node.ambit.approvals.deny(id, undefined, { stop: 'mandate' })
    const after = await client.getTask({ tenant: '', id: task.id })
    expect(after.status?.state).toBe(TaskState.TASK_STATE_REJECTED)
    await expect(client.sendMessage(textRequest('again'))).rejects.toThrow()
    expect(agent.calls.filter(({ text }) => text === `pay ${a}`)).toEqual([])
  })
})
