import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { TaskState, a2aClient, answerText, textRequest } from '@ambit/testkit/a2a-client'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import type { TestMcpClient } from '@ambit/testkit/mcp-clients'
import { everythingCommand, fixtureCommand } from '@ambit/testkit/mcp-everything'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * The closed loop: what is registered, accepted, activated, certified and allowed can be called by the official
 * clients of every era, and nothing else can.
 */

const commandOf = ({ program, args }: { program: string; args: readonly string[] }) => ({
  command: { program, args: [...args] },
})
const inspector = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
)
const kinds = ['modern', 'latest', 'first'] as const
/** What the caller is told, as an answer or as an error. */
const heard = async (client: TestMcpClient, name: string) =>
  await client.call(name, { text: 'x' }).then(JSON.stringify, String)
const fixtureTools = ['add', 'big', 'echo', 'fail', 'image', 'slow']

describe.each(nodeStores)('the loop on $name', (store) => {
  let node: TestNode
  let both: TestMcpServer
  let legacy: TestMcpServer
  let agent: A2aAgent
  let alone: TestAccess
  let several: TestAccess
  let messages: TestAccess

  beforeAll(async () => {
    both = await startMcpServer()
    legacy = await startMcpServer({ eras: 'legacy' })
    agent = await startA2aAgent({ delayMs: 5 })
    node = await startTestNode(await store.options())
    const { ambit } = node
    await bringOnline(ambit, { url: both.url }, 'both')
    await bringOnline(ambit, { url: legacy.url }, 'legacy')
    await bringOnline(ambit, commandOf(fixtureCommand), 'stdio')
    await bringOnline(ambit, commandOf(everythingCommand), 'everything')
    await bringOnline(ambit, { url: agent.url }, 'greeter')
    alone = await allow(ambit, [{ target: 'both', capability: '*', decision: 'autonomous' }])
    several = await allow(ambit, [
      { target: 'both', capability: 'echo', decision: 'autonomous' },
      { target: 'legacy', capability: 'echo', decision: 'autonomous' },
      { target: 'legacy', capability: 'add', decision: 'autonomous' },
      { target: 'stdio', capability: 'echo', decision: 'autonomous' },
      { target: 'everything', capability: 'get-*', decision: 'autonomous' },
      { target: 'everything', capability: 'echo', decision: 'autonomous' },
    ])
    messages = await allow(ambit, [{ target: 'greeter', capability: '*', decision: 'autonomous' }])
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await Promise.all([both.close(), legacy.close(), agent.close()])
  })

  test('a record goes through its life in order, and is callable only while it is active', async () => {
    const { ambit } = node
    const access = await allow(ambit, [{ target: 'steps', capability: '*', decision: 'autonomous' }])
    // Of 2025-11-25: clients of 2026-07-28 keep a list for as long as it says.
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    const draft = await ambit.records.register({
      url: both.url,
      slug: 'steps',
      responsible: { name: 'Operations' },
    })
    expect(draft.state).toBe('draft')
    expect(
      draft.capabilities.every((capability) => capability.proposal !== undefined && !capability.accepted),
    ).toBe(true)
    await expect(ambit.records.activate('steps')).rejects.toMatchObject({ code: 'record.state', status: 409 })
    expect(await client.tools()).toEqual([])
    await ambit.records.accept('steps')
    expect((await ambit.records.submit('steps')).state).toBe('submitted')
    expect(await client.tools()).toEqual([])
    const active = await ambit.records.activate('steps')
    expect(active.state).toBe('active')
    expect(active.capabilities.every((capability) => capability.accepted)).toBe(true)
    expect((await client.tools()).map((tool) => tool.name).sort()).toEqual(fixtureTools)
    expect(await client.call('echo', { text: 'in use' })).toMatchObject({ content: [{ text: 'in use' }] })
    await ambit.records.retire('steps', 'no longer needed')
    expect(await client.tools()).toEqual([])
    await expect(client.call('echo', { text: 'gone' })).rejects.toThrow('no such tool under this mandate')
    await client.close()
  })

  test.each(['both', 'legacy', 'stdio', 'everything', 'greeter'])(
    '%s is certified against itself',
    async (slug) => {
      const { certified, checks, ruling } = await node.ambit.records.certify(slug)
      expect(certified, JSON.stringify(checks)).toBe(true)
      expect(ruling?.body.kind).toBe('certificate')
      expect((await node.ambit.records.get(slug)).summary.certified).toBe(true)
    },
  )

  test('what is away gets no certificate', async () => {
    const away = await startMcpServer()
    await bringOnline(node.ambit, { url: away.url }, 'away')
    await away.close()
    const { certified, checks } = await node.ambit.records.certify('away')
    expect(certified).toBe(false)
    expect(checks.some((check) => !check.ok)).toBe(true)
  })

  test.each(kinds)('a %s client sees one server under its own names and calls it', async (kind) => {
    const client = await connectMcpClient(alone.mcpUrl, { token: alone.token, kind })
    expect(client.version).toBe(kind === 'modern' ? '2026-07-28' : '2025-11-25')
    expect((await client.tools()).map((tool) => tool.name).sort()).toEqual(fixtureTools)
    expect(await client.call('echo', { text: `by ${kind}` })).toMatchObject({
      content: [{ text: `by ${kind}` }],
    })
    expect(await client.call('add', { a: 2, b: 3 })).toMatchObject({ structuredContent: { sum: 5 } })
    expect(await client.call('image')).toMatchObject({ content: [{ type: 'image', mimeType: 'image/png' }] })
    expect(await client.call('fail')).toMatchObject({ isError: true, content: [{ text: 'it failed' }] })
    const heard: number[] = []
    const onprogress = ({ progress }: { progress: number }) => void heard.push(progress)
    expect(await client.call('slow', { steps: 4, ms: 5 }, { onprogress })).toMatchObject({
      content: [{ text: 'done' }],
    })
    expect(heard).toEqual([1, 2, 3, 4])
    await client.close()
  })

  test.each(kinds)(
    'a %s client sees several servers under their prefixes, and exactly what the mandate allows',
    async (kind) => {
      const client = await connectMcpClient(several.mcpUrl, { token: several.token, kind })
      const names = (await client.tools()).map((tool) => tool.name)
      const fromEverything = names.filter((name) => name.startsWith('everything_'))
      expect(names.filter((name) => !fromEverything.includes(name)).sort()).toEqual([
        'both_echo',
        'legacy_add',
        'legacy_echo',
        'stdio_echo',
      ])
      expect(fromEverything).toContain('everything_get-sum')
      expect(fromEverything.every((name) => /^everything_(get-|echo)/.test(name))).toBe(true)
      for (const name of ['both_echo', 'legacy_echo', 'stdio_echo']) {
        expect(await client.call(name, { text: name })).toMatchObject({ content: [{ text: name }] })
      }
      const sum = JSON.stringify(await client.call('everything_get-sum', { a: 19, b: 23 }))
      expect(sum).toContain('42')
      for (const name of ['both_add', 'legacy_slow', 'everything_toggle-simulated-logging']) {
        expect(await heard(client, name), name).toContain('mandate.no-entry')
      }
      // Three servers have a tool of that name, so alone it means none; and this one nobody has.
      for (const name of ['echo', 'no-such-tool']) {
        expect(await heard(client, name), name).toContain('no such tool under this mandate')
      }
      await client.close()
    },
  )

  test('what the mandate does not name never reaches a server', async () => {
    const before = legacy.calls.length
    const client = await connectMcpClient(several.mcpUrl, { token: several.token })
    expect(await heard(client, 'legacy_slow')).toContain('mandate.no-entry')
    const [refused] = (await node.ambit.acts.list({ limit: 1 })).acts
    expect(refused).toMatchObject({ decision: 'refuse', capability: 'slow', target: { slug: 'legacy' } })
    expect(legacy.calls.length).toBe(before)
    // The same call under a mandate that names it does reach it.
    const wider = await allow(node.ambit, [{ target: 'legacy', capability: 'slow', decision: 'autonomous' }])
    const other = await connectMcpClient(wider.mcpUrl, { token: wider.token })
    await other.call('slow', { steps: 1, ms: 1 })
    expect(legacy.calls.length).toBe(before + 1)
    await Promise.all([client.close(), other.close()])
  })

  test('arguments and numbers of calls are held to the mandate', async () => {
    const access = await allow(
      node.ambit,
      [{ target: 'both', capability: 'echo', decision: 'autonomous', arguments: { text: { prefix: 'ok' } } }],
      { limits: { calls: 2 } },
    )
    const client = await connectMcpClient(access.mcpUrl, { token: access.token, kind: 'modern' })
    expect(await client.call('echo', { text: 'ok 1' })).not.toMatchObject({ isError: true })
    expect(await client.call('echo', { text: 'not ok' })).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'mandate.no-entry' }] } },
    })
    expect(await client.call('echo', { text: 'ok 2' })).not.toMatchObject({ isError: true })
    expect(await client.call('echo', { text: 'ok 3' })).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'budget.calls' }] } },
    })
    expect((await node.ambit.mandates.get(access.mandate)).spent.calls).toBe(2)
    await client.close()
  })

  test.each(['JSONRPC', 'HTTP+JSON'] as const)('an A2A client over %s sends and streams', async (binding) => {
    const client = await a2aClient(`${messages.a2aUrl}/greeter`, binding, messages.token)
    const answer = await client.sendMessage(textRequest('hello'))
    expect(answerText(answer)).toBe('echo: hello')
    const texts: string[] = []
    let last: TaskState | undefined
    for await (const { payload } of client.sendMessageStream(textRequest('stream'))) {
      if (payload?.$case === 'artifactUpdate') {
        const part = payload.value.artifact?.parts[0]?.content
        if (part?.$case === 'text') texts.push(part.value)
      }
      if (payload?.$case === 'statusUpdate') last = payload.value.status?.state
    }
    expect(texts).toEqual(['0 stream', '1 stream', '2 stream', '3 stream', '4 stream'])
    expect(last).toBe(TaskState.TASK_STATE_COMPLETED)
  })

  test('an A2A client without the mandate for it reaches no agent', async () => {
    const before = agent.calls.length
    const client = await a2aClient(`${alone.a2aUrl}/greeter`, 'JSONRPC', messages.token)
    const stranger = await a2aClient(`${alone.a2aUrl}/greeter`, 'JSONRPC', alone.token)
      .then(
        async (other) => await other.sendMessage(textRequest('let me in')),
        (error: unknown) => error,
      )
      .catch((error: unknown) => error)
    expect(stranger).toBeInstanceOf(Error)
    expect(agent.calls.length).toBe(before)
    await client.sendMessage(textRequest('hello'))
    expect(agent.calls.length).toBe(before + 1)
  })

  test('the official inspector lists and calls', async () => {
    const home = mkdtempSync(join(tmpdir(), 'ambit-inspector-'))
    const inspect = async (...args: string[]) => {
      const header = `Authorization: Bearer ${alone.token}`
      const all = [inspector, '--cli', alone.mcpUrl, '--transport', 'http', '--header', header, ...args]
      const env = { PATH: process.env['PATH'], HOME: home }
      return (await promisify(execFile)(process.execPath, all, { env, cwd: home, timeout: 30_000 })).stdout
    }
    try {
      const listed = JSON.parse(await inspect('--method', 'tools/list')) as { tools: { name: string }[] }
      expect(listed.tools.map((tool) => tool.name).sort()).toEqual(fixtureTools)
      const called = await inspect(
        '--method',
        'tools/call',
        '--tool-name',
        'echo',
        '--tool-arg',
        'text=inspected',
      )
      expect(JSON.parse(called)).toMatchObject({ content: [{ type: 'text', text: 'inspected' }] })
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })

  test('every call of the loop is in the feed with its outcome', async () => {
    const { acts } = await node.ambit.acts.list({ limit: 200 })
    const echoes = acts.filter((act) => act.capability === 'echo' && act.target?.slug === 'both')
    // Which one it was, and nothing else of it: the feed is no way around the registry.
    expect(Object.keys(echoes[0]?.target ?? {}).sort()).toEqual(['slug', 'title'])
    expect(echoes.length).toBeGreaterThanOrEqual(kinds.length)
    expect(acts.filter((act) => act.decision === 'allow').every((act) => act.status !== undefined)).toBe(true)
    expect(new Set(acts.map((act) => act.in))).toEqual(
      new Set(['mcp/2026-07-28', 'mcp/2025-11-25', 'a2a/1.0']),
    )
  })
})
