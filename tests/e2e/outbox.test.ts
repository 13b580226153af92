import type { Profile } from '@ambit/core/record'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { a2aClient, answerText, TaskState, textRequest } from '@ambit/testkit/a2a-client'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import type { DeskServer } from '@ambit/testkit/mcp-desk'
import { nodeStores } from '@ambit/testkit/node-stores'
import { modernCall, rawCall } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/*
 * An act with a window is held before it happens: its user sees it at once, can veto it or let it go, and without a word
 * of theirs it is done when the window is over, once.
 */

const mail = (windowMs: number): Profile => ({
  effect: 'egress',
  reversibility: 1,
  roles: { to: 'sink', text: 'content' },
  integrity: {},
  dataClasses: [],
  windowMs,
})

interface Answer {
  readonly isError?: boolean
  readonly content?: readonly { text: string }[]
  readonly structuredContent?: unknown
  readonly _meta?: {
    'ambit/held'?: { url: string; approval: string; until: string }
    'ambit/refusal'?: { reasons: { code: string }[] }
  }
}

async function withWindow(node: Pick<TestNode, 'ambit'>, slug: string, id: string, windowMs: number) {
  await node.ambit.records.accept(slug, { profiles: { [id]: mail(windowMs) } })
}

describe.each(nodeStores)('the outbox on $name', (store) => {
  let node: TestNode
  let desk: DeskServer
  let agent: A2aAgent
  let access: TestAccess
  /** A recipient that nobody used before. */
  let to = ''
  let n = 0

  beforeAll(async () => {
    desk = await startDeskServer()
    agent = await startA2aAgent({ delayMs: 5 })
    node = await startTestNode(await store.options())
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await bringOnline(node.ambit, { url: agent.url }, 'greeter')
  })

  beforeEach(async () => {
    access = await allow(node.ambit, [
      { target: 'desk', capability: '*', decision: 'autonomous' },
      { target: 'greeter', capability: '*', decision: 'autonomous' },
    ])
    to = `p${n++}@example.com`
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await Promise.all([desk.close(), agent.close()])
  })

  const sent = () => desk.sent.filter((each) => each.to === to).length

  async function send(token = access.token): Promise<Answer> {
    const answer = await rawCall(node.port, { token, name: 'send_mail', args: { to, text: 'hello' } })
    return answer.json()['result'] as Answer
  }

  const heldOf = (answer: Answer) => answer._meta!['ambit/held']!

  async function stepsOf(act: string): Promise<string[]> {
    const receipt = (await node.ambit.acts.receipt(act)) as { leaves: { entry: string }[] }
    return receipt.leaves.map(({ entry }) => {
      const leaf = JSON.parse(entry) as { kind: string; step?: string }
      return leaf.step ?? leaf.kind
    })
  }

  test('what is written is done at once, unless its record declares a window', async () => {
    const note = async () => {
      const answer = await rawCall(node.port, {
        token: access.token,
        name: 'create_note',
        args: { text: to },
      })
      return answer.json()['result'] as Answer
    }
    const { capabilities } = await node.ambit.records.get('desk')
    const { profile } = capabilities.find(({ id }) => id === 'create_note')!
    // As an operator accepted it, as it was proposed.
    expect(profile).toMatchObject({ effect: 'write', reversibility: 1 })
    expect(await note()).toMatchObject({ structuredContent: {} })
    const { entries } = await node.ambit.feed.list()
    expect(entries[0]).toMatchObject({ state: 'done', decision: 'alone' })
    await node.ambit.records.accept('desk', { profiles: { create_note: { ...profile, windowMs: 60_000 } } })
    await node.ambit.approvals.deny(heldOf(await note()).approval)
    await node.ambit.records.accept('desk', { profiles: { create_note: profile } })
  })

  test('of two callers of one held act each goes away for itself, and the last one takes it back', async () => {
    const held = async () => (await node.ambit.approvals.list({ state: 'held' })).approvals.length
    const counted = async () => {
      const text = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text()
      return Number(/ambit_acts_total\{[^}]*"held"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
    }
    const call = (signal: AbortSignal) => {
      const message = modernCall({ token: access.token, name: 'send_mail', args: { to, text: 'hello' } })
      return fetch(`${node.url}/mcp`, { method: 'POST', ...message, signal })
    }
    /** Two that wait, and what each of them gets. */
    const both = async () => {
      const before = await counted()
      const aborts = [new AbortController(), new AbortController()]
      const answers = []
      for (const [at, { signal }] of aborts.entries()) {
        answers.push(call(signal).catch(() => undefined))
        await until('it waits', async () => (await counted()) === before + at + 1 && (await held()) === 1)
      }
      return { aborts, answers }
    }
    await withWindow(node, 'desk', 'send_mail', 1500)
    const one = await both()
    one.aborts[0]!.abort()
    expect(await (await one.answers[1])?.text()).toContain('messageId')
    expect(sent()).toBe(1)

    await withWindow(node, 'desk', 'send_mail', 8000)
    const none = await both()
    for (const abort of none.aborts) abort.abort()
    await until('it was taken back', async () => (await held()) === 0)
    expect(sent()).toBe(1)
  })

  test('without a window an act goes out at once', async () => {
    await withWindow(node, 'desk', 'send_mail', 0)
    expect(await send()).toMatchObject({ structuredContent: {} })
    expect(sent()).toBe(1)
  })

  test('a short window is a slow answer to any client, and the act is in the log as held and released', async () => {
    await withWindow(node, 'desk', 'send_mail', 700)
    const began = performance.now()
    const answer = send()
    const { approvals } = await until('it is held', async () => {
      const list = await node.ambit.approvals.list({ state: 'held' })
      return list.approvals.length === 1 && list
    })
    expect(sent()).toBe(0)
    expect(await answer).toMatchObject({ structuredContent: {} })
    expect(performance.now() - began).toBeGreaterThan(690)
    expect(sent()).toBe(1)
    expect(await stepsOf(approvals[0]!.act)).toEqual([
      'held',
      'released',
      'used',
      'act.intent',
      'act.outcome',
    ])
    const { entries } = await node.ambit.feed.list()
    expect(entries[0]).toMatchObject({ act: approvals[0]!.act, decision: 'held', state: 'done' })
    expect(entries[0]!.sentence.en).toContain('held for you, and nobody vetoed it')
  })

  test.each(['modern', 'legacy'] as const)(
    'a longer one is told at once to a %s client, in words, and its answer is there when it calls again',
    async (era) => {
      await withWindow(node, 'desk', 'send_mail', 60_000)
      const client =
        era === 'modern' ? undefined : await connectMcpClient(access.mcpUrl, { token: access.token })
      const call = async (): Promise<Answer> =>
        client === undefined ? await send() : await client.call('send_mail', { to, text: 'hello' })
      const told = await call()
      const { approval, url, until: time } = heldOf(told)
      expect(told.content?.[0]?.text).toContain(`Held until ${time}`)
      expect(url).toBe(`${node.url}/approvals/${approval}`)
      // Calling again is no second mail.
      expect(heldOf(await call()).approval).toBe(approval)
      expect(sent()).toBe(0)
      const card = await node.ambit.approvals.get(approval)
      expect(card).toMatchObject({ state: 'held', due: time })
      await node.ambit.approvals.approve(approval, card.digest)
      const answer = await until('the answer', async () => {
        const next = await call()
        return next.structuredContent !== undefined && next
      })
      expect(answer.structuredContent).toMatchObject({ messageId: `m${desk.sent.length}` })
      expect(sent()).toBe(1)
      await client?.close()
    },
  )

  test('a veto ends it, whoever of the ways it comes by, and the agent reads so', async () => {
    await withWindow(node, 'desk', 'send_mail', 5000)
    const waiting = send()
    const [card] = await until('it is held', async () => {
      const { approvals } = await node.ambit.approvals.list({ state: 'held' })
      return approvals.length > 0 && approvals
    })
    expect(await node.ambit.outbox.undo(card!.act)).toEqual({ act: card!.act, state: 'vetoed' })
    expect(await waiting).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'approval.denied' }] } },
    })
    expect(await stepsOf(card!.act)).toEqual(['held', 'denied'])
    await expect(node.ambit.outbox.undo(card!.act)).rejects.toMatchObject({ code: 'undo.not-done' })
    expect(sent()).toBe(0)
    const { entries } = await node.ambit.feed.list()
    expect(entries[0]).toMatchObject({ act: card!.act, state: 'denied', undo: { state: 'cannot' } })
  })

  test('a revoked mandate voids what is held, and the one who waits hears why', async () => {
    await withWindow(node, 'desk', 'send_mail', 5000)
    const waiting = send()
    await until(
      'it is held',
      async () => (await node.ambit.approvals.list({ state: 'held' })).approvals.length > 0,
    )
    await node.ambit.mandates.revoke(access.mandate)
    expect(await waiting).toMatchObject({
      _meta: { 'ambit/refusal': { reasons: [{ code: 'mandate.revoked' }] } },
    })
    expect(sent()).toBe(0)
  })

  test('a recall while it is held is judged again, and nothing is sent', async () => {
    await withWindow(node, 'desk', 'send_mail', 400)
    const waiting = send()
    await until(
      'it is held',
      async () => (await node.ambit.approvals.list({ state: 'held' })).approvals.length > 0,
    )
    await node.ambit.records.recall('desk', { note: 'leaks' })
    expect(await waiting).toMatchObject({ isError: true })
    await node.ambit.records.reinstate('desk', 'mended')
    expect(sent()).toBe(0)
  })

  test('an A2A client has a task that works, and then the answer of the agent', async () => {
    const skill = (await node.ambit.records.get('greeter')).capabilities[0]!.id
    await withWindow(node, 'greeter', skill, 30_000)
    const words = `please ${to}`
    const client = await a2aClient(`${access.a2aUrl}/greeter`, 'JSONRPC', access.token)
    const task = await client.sendMessage(textRequest(words))
    if (!('status' in task)) throw new Error('a task was expected')
    expect(task.status?.state).toBe(TaskState.TASK_STATE_WORKING)
    const [card] = (await node.ambit.approvals.list({ state: 'held' })).approvals
    expect(agent.calls.filter(({ text }) => text === words).length).toBe(0)
    await node.ambit.approvals.approve(card!.id, card!.digest)
    const done = await until('the answer', async () => {
      const now = await client.getTask({ tenant: '', id: task.id })
      return now.status?.state === TaskState.TASK_STATE_COMPLETED && now
    })
    expect(answerText(done)).toBe(`echo: ${words}`)
    expect(agent.calls.filter(({ text }) => text === words).length).toBe(1)
    // Its caller takes the next one back.
    const other = await client.sendMessage(textRequest(`${words} again`))
    if (!('status' in other)) throw new Error('a task was expected')
    const cancelled = await client.cancelTask({ tenant: '', id: other.id, metadata: {} })
    expect(cancelled.status?.state).toBe(TaskState.TASK_STATE_CANCELED)
  })

  test('the feed says so as it happens, to its person alone', async () => {
    await withWindow(node, 'desk', 'send_mail', 60_000)
    const { signInLink } = await node.ambit.people.add({ name: 'Olga', roles: ['operator'] })
    const link = new URL(signInLink).searchParams.get('token') ?? ''
    const { session } = await connectAmbit({ url: node.url }).people.signIn(link, 'cli')
    const abort = new AbortController()
    const { signal } = abort
    const heard: string[] = []
    const others: string[] = []
    const listen = async (ambit: Ambit, to: string[]) => {
      for await (const { event } of ambit.events({ signal })) to.push(event)
    }
    const listening = Promise.allSettled([
      listen(node.ambit, heard),
      listen(connectAmbit({ url: node.url, token: session }), others),
    ])
    await until('the other listens', async () => {
      await node.ambit.mandates.grant({ purpose: 'x', allow: [{ target: 'desk', capability: '*' }] })
      return others.includes('mandate')
    })
    await until('somebody listens', async () => {
      await send()
      return heard.includes('approval') && heard.includes('feed')
    })
    abort.abort()
    await listening
    expect(others).not.toContain('feed')
    expect((await node.ambit.feed.list()).entries[0]?.undo).toMatchObject({ state: 'veto' })
  })
})

test('a stop that looked before it was there still ends what is held, also where it was lifted since', async () => {
  const desk = await startDeskServer()
  const node = await startTestNode()
  const database = new DatabaseSync(join(node.data, 'store.sqlite'), { timeout: 2000 })
  try {
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await withWindow(node, 'desk', 'send_mail', 2000)
    const { token } = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    const args = { to: 'a@example.com', text: 'hello' }
    const answer = rawCall(node.port, { token, name: 'send_mail', args })
    const [card] = await until('it is held', async () => {
      const { approvals } = await node.ambit.approvals.list({ state: 'held' })
      return approvals.length > 0 && approvals
    })
    // Another replica's stop, set and lifted, whose search found nothing, and of which this one heard nothing.
    const { person, organization } = await node.ambit.people.me()
    const at = Date.now()
    database
      .prepare(
        `insert into stop (id, organization, what, subject, name, "by", at, note, leaf, lifted, lifted_by)
         values ('st_other', ?, 'everything', null, ?, ?, ?, null, 1, ?, ?)`,
      )
      .run(organization.id, person.id, person.id, at, at, person.id)
    expect((await answer).json()['result']).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'user.stopped' }] } },
    })
    expect(desk.sent).toEqual([])
    expect(await node.ambit.approvals.get(card!.id)).toMatchObject({ state: 'void' })
    // What begins after it was lifted is done.
    await until('the next one is sent', async () => {
      const next = await rawCall(node.port, { token, name: 'send_mail', args })
      return (next.json()['result'] as Answer).structuredContent !== undefined
    })
    expect(desk.sent).toHaveLength(1)
  } finally {
    database.close()
    await node[Symbol.asyncDispose]()
    await desk.close()
  }
})

test('what is held when the node is killed is done after its restart, once', async () => {
  const desk = await startDeskServer()
  const data = mkdtempSync(join(tmpdir(), 'ambit-outbox-'))
  const env = { AMBIT_HOLD_WAIT_MS: '0' }
  const first = await spawnNode({ data, env })
  await bringOnline(first.ambit, { url: desk.url }, 'desk')
  await withWindow(first, 'desk', 'send_mail', 1500)
  const access = await allow(first.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
  const call = async (port: number) => {
    const args = { to: 'late@example.com', text: 'hello' }
    const answer = await rawCall(port, { token: access.token, name: 'send_mail', args })
    return answer.json()['result'] as Answer
  }
  const { approval } = (await call(first.port))._meta!['ambit/held']!
  await first.kill()
  expect(desk.sent).toEqual([])
  const second = await spawnNode({ data, env })
  const answer = await until('the answer', async () => {
    const next = await call(second.port)
    return next.structuredContent !== undefined && next
  })
  expect(answer.structuredContent).toEqual({ messageId: 'm1' })
  expect(desk.sent.length).toBe(1)
  expect((await second.ambit.approvals.get(approval)).state).toBe('done')
  await second.stop()
  await desk.close()
  removeData(data)
})
