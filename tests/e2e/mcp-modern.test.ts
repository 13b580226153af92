import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startConformanceMcp } from '@ambit/testkit/conformance-mcp-server'
import type { ConformanceMcpServer } from '@ambit/testkit/conformance-mcp-server'
import { readLog } from '@ambit/testkit/log-reader'
import { connectAskable } from '@ambit/testkit/mcp-askable'
import { startTasksServer } from '@ambit/testkit/mcp-tasks-server'
import type { TasksServer } from '@ambit/testkit/mcp-tasks-server'
import { messagesOf, openModern, sendModern } from '@ambit/testkit/raw-modern'
import type { Json } from '@ambit/testkit/raw-modern'
import { allow, bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * What a client of 2026-07-28 is given to bring back (the state of a question, the handle of a task, a stream) is its
 * own alone, ends with what it stands for, and never asks more than the mandate allows.
 */

let node: TestNode
let modern: ConformanceMcpServer
let legacy: ConformanceMcpServer
let tasks: TasksServer
let ann: TestAccess
let bob: TestAccess
const slugs = ['modern', 'legacy', 'tasks']
const elicitation = { elicitation: { form: {} } }
const ask = { name: 'test_elicitation', arguments: { message: 'Which?' } }
const round = { name: 'test_input_required_result_elicitation', arguments: {} }

const at = (slug: string) => `${node.url}/mcp/${slug}`
const accepted = (requests: Record<string, unknown>) =>
  Object.fromEntries(
    Object.keys(requests).map((key) => [
      key,
      { action: 'accept', content: { name: 'Ann', response: 'Ann' } },
    ]),
  )

async function everything(on: TestNode): Promise<TestAccess> {
  return await allow(
    on.ambit,
    slugs.map((target) => ({ target, capability: '*', decision: 'autonomous' })),
  )
}

beforeAll(async () => {
  modern = await startConformanceMcp({ eras: 'modern' })
  legacy = await startConformanceMcp({ eras: 'legacy' })
  tasks = await startTasksServer()
  node = await startTestNode()
  await bringOnline(node.ambit, { url: modern.url }, 'modern')
  await bringOnline(node.ambit, { url: legacy.url }, 'legacy')
  await bringOnline(node.ambit, { url: tasks.url }, 'tasks')
  ann = await everything(node)
  bob = await everything(node)
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await Promise.all([modern.close(), legacy.close(), tasks[Symbol.asyncDispose]()])
})

async function asked(slug: string, params: Record<string, unknown>, token = ann.token) {
  const { message } = await sendModern(at(slug), {
    token,
    method: 'tools/call',
    params,
    capabilities: elicitation,
  })
  expect(message.result).toMatchObject({ resultType: 'input_required' })
  const { inputRequests, requestState } = message.result as {
    inputRequests: Record<string, unknown>
    requestState: string
  }
  return { ...params, inputResponses: accepted(inputRequests), requestState }
}

async function call(slug: string, params: Record<string, unknown>, token = ann.token) {
  return await sendModern(at(slug), { token, method: 'tools/call', params, capabilities: elicitation })
}

describe.each([
  { slug: 'legacy', first: ask, says: 'Ann' },
  { slug: 'modern', first: round, says: 'Hello, Ann!' },
])('the state of a question of $slug', ({ slug, first, says }) => {
  test('is taken back from the client it was given to', async () => {
    const again = await asked(slug, first)
    const { message } = await call(slug, again)
    expect(message.result?.['content'][0].text).toContain(says)
  })

  test('means nothing to another holder', async () => {
    const again = await asked(slug, first)
    expect((await call(slug, again, bob.token)).message.error).toMatchObject({ code: -32602 })
    expect((await call(slug, again)).message.result?.['content'][0].text).toContain(says)
  })

  test('counts for the request it was given for, and unchanged', async () => {
    const again = await asked(slug, first)
    const other = { ...again, name: 'test_simple_text' }
    expect((await call(slug, other)).message.error).toMatchObject({ code: -32602 })
    const changed = { ...again, requestState: `${again.requestState}xxxx` }
    expect((await call(slug, changed)).message.error).toMatchObject({ code: -32602 })
  })
})

test('what the mandate does not let a server ask, no client hears, and the log has the refusal', async () => {
  const narrow = await allow(node.ambit, [
    { target: 'modern', capability: round.name, decision: 'autonomous' },
    { target: 'legacy', capability: ask.name, decision: 'autonomous' },
  ])
  await using ofModern = await connectAskable(at('modern'), narrow.token)
  const result = await ofModern.client.callTool(round)
  expect(result.isError).toBe(true)
  expect(JSON.stringify(result.content)).toContain('mandate.no-entry')
  await using ofLegacy = await connectAskable(at('legacy'), narrow.token)
  expect(await ofLegacy.say(ask.name, ask.arguments)).toContain('The client did not answer')
  expect([...ofModern.asked, ...ofLegacy.asked]).toEqual([])
  await until('both refusals in the log', async () => {
    const refused = (await readLog(node.url, 'activity')).filter(
      (leaf) => leaf.kind === 'act.refused' && leaf.capability === 'elicitation/create',
    )
    return refused.length === 2
  })
})

test('a held act ends with a recall of its server, and its client hears why', async () => {
  const own = await startConformanceMcp({ eras: 'legacy' })
  try {
    await bringOnline(node.ambit, { url: own.url }, 'doomed')
    const access = await allow(node.ambit, [{ target: 'doomed', capability: '*', decision: 'autonomous' }])
    const again = await asked('doomed', ask, access.token)
    await node.ambit.records.recall('doomed', { note: 'it must stop' })
    const { message } = await call('doomed', again, access.token)
    expect(JSON.stringify(message)).toContain('record.recalled')
  } finally {
    await own.close()
  }
})

test('a held act does not outlive its node: the client is told to call again', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-held-'))
  try {
    const before = await startTestNode({ data })
    await bringOnline(before.ambit, { url: legacy.url }, 'legacy')
    const access = await allow(before.ambit, [{ target: 'legacy', capability: '*', decision: 'autonomous' }])
    const request = { token: access.token, method: 'tools/call', capabilities: elicitation }
    const { message } = await sendModern(`${before.url}/mcp/legacy`, { ...request, params: ask })
    await before.stop()
    await using after = await startTestNode({ data })
    const again = { ...ask, requestState: message.result?.['requestState'], inputResponses: {} }
    const answer = await sendModern(`${after.url}/mcp/legacy`, { ...request, params: again })
    expect(answer.message.result).toMatchObject({ isError: true })
    expect(answer.message.result?.['content'][0].text).toContain('Make the call again')
  } finally {
    removeData(data)
  }
})

describe('a task', () => {
  const capabilities = { ...elicitation, extensions: { 'io.modelcontextprotocol/tasks': {} } }
  const send = async (method: string, params: Record<string, unknown>, token = ann.token) =>
    (await sendModern(at('tasks'), { token, method, params, capabilities })).message

  test('has a handle of the node, by which its own caller asks, answers and gets the result', async () => {
    const { result } = await send('tools/call', { name: 'work', arguments: {} })
    const taskId = result?.['taskId'] as string
    expect(taskId).toMatch(/^ambit-task:/)
    const open = await send('tasks/get', { taskId })
    expect(open.result).toMatchObject({ taskId, status: 'input_required' })
    const [key] = Object.keys(open.result?.['inputRequests'] as object)
    const response = { action: 'accept', content: { name: 'Ann' } }
    expect(
      (await send('tasks/update', { taskId, inputResponses: { [key!]: response } })).error,
    ).toBeUndefined()
    expect((await send('tasks/get', { taskId })).result).toMatchObject({ taskId, status: 'completed' })
    expect(tasks.requests.map(({ taskId: own, name }) => [own, name])).toEqual(
      Array.from({ length: 3 }, () => ['task-of-the-server', 'task-of-the-server']),
    )
    expect(tasks.requests[1]?.inputResponses).toEqual({ name: response })
    await until('the question and its answer in the log', async () => {
      const leaves = await readLog(node.url, 'activity')
      return leaves.some((leaf) => leaf.kind === 'act.intent' && leaf.capability === 'elicitation/create')
    })
  })

  test('is unknown to another holder', async () => {
    const { result } = await send('tools/call', { name: 'work', arguments: {} })
    const before = tasks.requests.length
    for (const method of ['tasks/get', 'tasks/cancel']) {
      expect((await send(method, { taskId: result?.['taskId'] }, bob.token)).error).toMatchObject({
        code: -32602,
      })
    }
    expect((await send('tasks/get', { taskId: 'task-of-the-server' })).error).toMatchObject({ code: -32602 })
    expect(tasks.requests).toHaveLength(before)
  })
})

describe('the listen stream', () => {
  const filter = { notifications: { toolsListChanged: true, promptsListChanged: true } }

  test('begins with what is honoured, tells of changes under its id, and ends when the client closes it', async () => {
    const stop = new AbortController()
    const listening = await openModern(at('modern'), {
      token: ann.token,
      method: 'subscriptions/listen',
      params: filter,
      signal: stop.signal,
    })
    const messages = messagesOf(listening)
    const next = async () => (await messages.next()).value as Json
    const meta = { 'io.modelcontextprotocol/subscriptionId': 1 }
    expect(await next()).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: { _meta: meta, notifications: filter.notifications },
    })
    await call('modern', { name: 'test_trigger_prompt_change', arguments: {} })
    expect(await next()).toMatchObject({
      method: 'notifications/prompts/list_changed',
      params: { _meta: meta },
    })
    stop.abort()
    await until('the act of listening ended', async () => {
      const leaves = await readLog(node.url, 'activity')
      return leaves.some((leaf) => leaf.kind === 'act.outcome' && leaf.status === 'cancelled')
    })
  })

  test('is ended with an answer when the mandate is revoked', async () => {
    const access = await everything(node)
    const listening = await openModern(at('modern'), {
      token: access.token,
      method: 'subscriptions/listen',
      params: filter,
    })
    const messages = messagesOf(listening)
    await messages.next()
    await node.ambit.mandates.revoke(access.mandate)
    const rest: Json[] = []
    for await (const message of messages) rest.push(message)
    expect(rest.at(-1)).toMatchObject({ id: 1, result: { resultType: 'complete' } })
  })

  test('does not keep a node from stopping', async () => {
    const own = await startTestNode()
    await bringOnline(own.ambit, { url: modern.url }, 'modern')
    const access = await allow(own.ambit, [{ target: 'modern', capability: '*', decision: 'autonomous' }])
    const listening = await openModern(`${own.url}/mcp`, {
      token: access.token,
      method: 'subscriptions/listen',
      params: filter,
    })
    const messages = messagesOf(listening)
    await messages.next()
    const stopped = own[Symbol.asyncDispose]()
    const { value } = await messages.next()
    expect(value).toMatchObject({ id: 1, result: { _meta: { 'ambit/ended': { code: 'node.draining' } } } })
    await stopped
  }, 9000)
})

describe('the headers of a request', () => {
  const list = { method: 'resources/list', params: {} }
  const read = { method: 'resources/read', params: { uri: 'test://static-text' } }

  test('must say what the body says, for every method', async () => {
    const cases = [
      { ...list, headers: { 'mcp-method': '' } },
      { ...list, headers: { 'mcp-method': 'tools/list' } },
      { ...read, headers: { 'mcp-name': '' } },
      { ...read, headers: { 'mcp-name': 'test://another' } },
      { ...list, headers: { 'mcp-protocol-version': '2025-11-25' } },
    ]
    for (const each of cases) {
      const { status, message } = await sendModern(at('modern'), { token: ann.token, ...each })
      expect([status, message.error?.code]).toEqual([400, -32020])
    }
    const { message } = await sendModern(at('modern'), { token: ann.token, ...read })
    expect(message.result?.['contents']).toHaveLength(1)
  })

  test('of a version that is not spoken get the list of those that are', async () => {
    const { status, message } = await sendModern(at('modern'), {
      token: ann.token,
      ...list,
      headers: { 'mcp-protocol-version': '2031-01-01' },
      meta: { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' },
    })
    expect([status, message.error?.code]).toEqual([400, -32022])
    expect(message.error?.data?.['supported']).toContain('2026-07-28')
  })
})

test('a refusal of what is no tool call is an error with its reason', async () => {
  const narrow = await allow(node.ambit, [
    { target: 'modern', capability: 'test_simple_text', decision: 'autonomous' },
  ])
  const { message } = await sendModern(at('modern'), {
    token: narrow.token,
    method: 'resources/read',
    params: { uri: 'test://static-text' },
  })
  expect(message.error?.message).toContain('mandate.no-entry')
})

test('at the address of a server of which nothing may be used the answer is why', async () => {
  const narrow = await allow(node.ambit, [{ target: 'modern', capability: '*', decision: 'autonomous' }])
  for (const method of ['tools/list', 'server/discover']) {
    const { message } = await sendModern(at('legacy'), { token: narrow.token, method })
    expect(message.error?.message).toContain('The mandate allows nothing')
    expect(message.error?.data?.['reasons']).toMatchObject([{ code: 'mandate.no-entry' }])
  }
})

test('lists of a server of an older era say that they may not be kept', async () => {
  const { message } = await sendModern(at('legacy'), { token: ann.token, method: 'resources/list' })
  expect(message.result).toMatchObject({ resultType: 'complete', ttlMs: 0, cacheScope: 'private' })
})

test('progress and log messages of a server of an older era come as this client asked for them', async () => {
  const heard = async (name: string, meta: Record<string, unknown>) => {
    const request = { token: ann.token, method: 'tools/call', params: { name, arguments: {} }, meta }
    const response = await openModern(at('legacy'), request)
    const messages: Json[] = []
    if (response.headers.get('content-type') === 'text/event-stream')
      for await (const message of messagesOf(response)) messages.push(message)
    return messages.filter(({ method }) => method !== undefined)
  }
  const progress = await heard('test_tool_with_progress', { progressToken: 'mine' })
  expect(progress.map(({ params }) => [params.progressToken, params.progress])).toEqual([
    ['mine', 0],
    ['mine', 50],
    ['mine', 100],
  ])
  expect(await heard('test_tool_with_progress', {})).toEqual([])
  const level = 'io.modelcontextprotocol/logLevel'
  const logged = await heard('test_tool_with_logging', { [level]: 'info' })
  expect(logged.map(({ method, params }) => [method, params.level])).toEqual(
    Array.from({ length: 3 }, () => ['notifications/message', 'info']),
  )
  expect(await heard('test_tool_with_logging', { [level]: 'error' })).toEqual([])
  expect(await heard('test_tool_with_logging', {})).toEqual([])
})
