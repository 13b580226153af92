import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyReceipt } from '@ambit/sdk/verify'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import type { A2aAgent } from '@ambit/testkit/a2a-agent'
import { a2aClient, textRequest } from '@ambit/testkit/a2a-client'
import { readLog } from '@ambit/testkit/log-reader'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { fixtureCommand } from '@ambit/testkit/mcp-everything'
import type { FixtureCall } from '@ambit/testkit/mcp-fixture'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * A recall stops its subject at once, as callee and as caller: what is under way is cancelled where it is performed,
 * what comes next is refused, and the log proves how far it reached.
 */

/** Longer than any test: it ends because it is stopped, or not at all. */
const endless = { steps: 100_000, ms: 20 }

describe.each(nodeStores)('a recall on $name', (store) => {
  let node: TestNode
  let modern: TestMcpServer
  let legacy: TestMcpServer
  let agent: A2aAgent
  let folder: string
  let heard: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ambit-recall-'))
    // A program of a node that runs as root is another user.
    chmodSync(folder, 0o777)
    heard = join(folder, 'heard')
    modern = await startMcpServer({ eras: 'modern' })
    legacy = await startMcpServer({ eras: 'legacy' })
    agent = await startA2aAgent({ delayMs: 5 })
    node = await startTestNode(await store.options())
    await bringOnline(node.ambit, { url: modern.url }, 'modern')
    await bringOnline(node.ambit, { url: legacy.url }, 'legacy')
    await bringOnline(node.ambit, { url: agent.url }, 'greeter')
    // What the server reads is written down on its way, so that the cancellation can be seen.
    const [program, ...args] = [fixtureCommand.program, ...fixtureCommand.args]
    const script = 'tee -a "$0" | "$1" "$2"'
    await bringOnline(
      node.ambit,
      { command: { program: 'sh', args: ['-c', script, heard, program, ...args] } },
      'stdio',
    )
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await Promise.all([modern.close(), legacy.close(), agent.close()])
    rmSync(folder, { recursive: true, force: true })
  })

  const all = async (target: string, more: Parameters<typeof allow>[2] = {}) =>
    await allow(node.ambit, [{ target, capability: '*', decision: 'autonomous' }], more)

  /** Begins a call that does not end by itself; resolves with what its caller heard at the end. */
  function hang(access: TestAccess): Promise<string> {
    return rawCall(node.port, { token: access.token, name: 'slow', args: endless }).then(
      (answer) => answer.text,
    )
  }

  async function inFlight(count: number): Promise<void> {
    await until(`${count} acts are under way`, async () => (await node.ambit.status()).inFlight === count)
  }

  /** The last call that the server began. */
  async function begun(calls: readonly FixtureCall[], before: number): Promise<FixtureCall> {
    return await until('the server has the call', () =>
      calls.slice(before).find((call) => call.tool === 'slow'),
    )
  }

  async function expectStopped(acts: readonly string[], error: string): Promise<void> {
    const { ledgers } = await node.ambit.status()
    for (const act of acts) {
      const receipt = await node.ambit.acts.receipt(act)
      const verdict = await verifyReceipt(receipt, { vkeys: ledgers.map((ledger) => ledger.vkey) })
      if (!verdict.ok) throw new Error(verdict.reason)
      expect(verdict.keyPinned).toBe(true)
      expect(verdict.leaves.map(({ leaf }) => leaf.kind)).toEqual(['act.intent', 'act.outcome'])
      expect(verdict.leaves.at(-1)?.leaf).toMatchObject({ status: 'cancelled', error })
    }
  }

  test.each(['modern', 'legacy'] as const)(
    'cancels at a server of the %s era, refuses what comes next, and is taken back',
    async (slug) => {
      const server = slug === 'modern' ? modern : legacy
      const access = await all(slug)
      const before = server.calls.length
      const ended = hang(access)
      const call = await begun(server.calls, before)
      const recalled = await node.ambit.records.recall(slug, { note: 'leaks' })
      expect(recalled.stopped).toBe(1)
      expect(recalled.acts).toHaveLength(1)
      expect(await ended).toContain('recalled')
      await until('the server was told', () => call.cancelled)
      await expectStopped(recalled.acts, 'record.recalled')
      const refused = await rawCall(node.port, { token: access.token, args: { text: 'again' } })
      expect(refused.text).toContain('record.recalled')
      expect(server.calls.length).toBe(before + 1)
      expect((await node.ambit.records.get(slug)).state).toBe('recalled')
      await node.ambit.records.reinstate(slug, 'mended')
      expect((await rawCall(node.port, { token: access.token, args: { text: 'back' } })).text).toContain(
        'back',
      )
    },
  )

  test('cancels in a supervised program', async () => {
    const access = await all('stdio')
    const ended = hang(access)
    await until('the program has the call', () => readFileSync(heard, 'utf8').includes('"tools/call"'))
    await inFlight(1)
    expect(readFileSync(heard, 'utf8')).not.toContain('notifications/cancelled')
    const recalled = await node.ambit.records.recall('stdio', { note: 'leaks' })
    expect(recalled.stopped).toBe(1)
    expect(await ended).toContain('recalled')
    await until('the program was told', () => readFileSync(heard, 'utf8').includes('notifications/cancelled'))
    await expectStopped(recalled.acts, 'record.recalled')
    await node.ambit.records.reinstate('stdio', 'mended')
    expect((await rawCall(node.port, { token: access.token, args: { text: 'back' } })).text).toContain('back')
  })

  test('cancels the task of an agent whose stream is open', async () => {
    const access = await all('greeter')
    const client = await a2aClient(`${access.a2aUrl}/greeter`, 'JSONRPC', access.token)
    let events = 0
    const ended = (async () => {
      for await (const event of client.sendMessageStream(textRequest('hold')))
        events += event === undefined ? 0 : 1
      return 'the stream ended'
    })().catch((error: unknown) => String(error))
    await until('the stream has begun', () => events > 1)
    const recalled = await node.ambit.records.recall('greeter', { note: 'leaks' })
    expect(recalled.stopped).toBe(1)
    expect(await ended).toMatch(/recalled|stopped/i)
    const cancelled = await agent.cancellation()
    expect(agent.calls.map((call) => call.taskId)).toContain(cancelled)
    await expectStopped(recalled.acts, 'record.recalled')
    const said = agent.calls.length
    await expect(client.sendMessage(textRequest('hello'))).rejects.toThrow(/recalled/)
    expect(agent.calls.length).toBe(said)
    await node.ambit.records.reinstate('greeter', 'mended')
    expect(await client.sendMessage(textRequest('hello'))).toBeDefined()
  })

  test('stops its subject as caller too, and nobody else', async () => {
    const held = await all('modern', { agent: 'greeter' })
    const other = await all('modern')
    const before = modern.calls.length
    const own = hang(held)
    const first = await begun(modern.calls, before)
    const foreign = hang(other)
    const second = await begun(modern.calls, before + 1)
    const recalled = await node.ambit.records.recall('greeter', { note: 'went astray' })
    expect(recalled.stopped).toBe(1)
    expect(await own).toContain('recalled')
    await until('the server was told', () => first.cancelled)
    expect(second.cancelled).toBeUndefined()
    await expectStopped(recalled.acts, 'record.recalled')
    const refused = await rawCall(node.port, { token: held.token, args: { text: 'let me' } })
    expect(refused.json()['result']).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'record.recalled', evidence: 'caller' }] } },
    })
    expect((await rawCall(node.port, { token: other.token, args: { text: 'fine' } })).text).toContain('fine')
    await node.ambit.records.reinstate('greeter', 'mended')
    expect((await rawCall(node.port, { token: held.token, args: { text: 'back' } })).text).toContain('back')
    expect((await node.ambit.mandates.revoke(other.mandate)).stopped).toBe(1)
    expect(await foreign).toContain('revoked')
  })

  test('reaches a hundred calls at once, and the log says so', async () => {
    const access = await all('modern')
    const before = modern.calls.length
    const ended = Array.from({ length: 100 }, async () => await hang(access))
    await until('the server has them all', () => modern.calls.length === before + 100, 20_000)
    const recalled = await node.ambit.records.recall('modern', { note: 'leaks' })
    expect(recalled.stopped).toBe(100)
    for (const text of await Promise.all(ended)) expect(text).toContain('recalled')
    await until('the server was told of each', () =>
      modern.calls.slice(before).every((call) => call.cancelled === true),
    )
    await expectStopped(recalled.acts.slice(0, 3), 'record.recalled')
    const leaf = await until('the leaf is published', async () =>
      (await readLog(node.url, 'activity')).find(
        (each) => each.kind === 'ruling' && each.ruling === recalled.ruling.body.id,
      ),
    )
    expect(leaf).toMatchObject({ what: 'recall', reached: { stopped: 100 } })
    await until('the ruling is published', async () =>
      (await readLog(node.url, 'registry')).some(
        (each) => each.kind === 'ruling' && each.ruling === recalled.ruling.body.id,
      ),
    )
    await node.ambit.records.reinstate('modern', 'mended')
  })

  test('a suspension stops likewise, under its own name', async () => {
    const access = await all('legacy')
    const client = await connectMcpClient(access.mcpUrl, { token: access.token })
    const before = legacy.calls.length
    const ended = client.call('slow', endless).then(JSON.stringify, String)
    const call = await begun(legacy.calls, before)
    await node.ambit.records.suspend('legacy', 'looking into it')
    expect(await ended).toContain('suspended')
    await until('the server was told', () => call.cancelled)
    expect(await client.tools()).toEqual([])
    await node.ambit.records.reinstate('legacy', 'nothing found')
    expect(await client.call('echo', { text: 'back' })).toMatchObject({ content: [{ text: 'back' }] })
    await client.close()
  })

  test('revoking a mandate stops what runs under it and below it, and its token', async () => {
    const access = await all('modern', { delegate: { depthMax: 2 } })
    const below = await node.ambit.mandates.narrow(access.mandate, { purpose: 'a part', task: 'just this' })
    const token = (await node.ambit.mandates.connect(below.id)).token
    const before = modern.calls.length
    const ended = hang({ ...access, token })
    const call = await begun(modern.calls, before)
    const revoked = await node.ambit.mandates.revoke(access.mandate, 'over')
    expect([...revoked.revoked].sort()).toEqual([access.mandate, below.id].sort())
    expect(revoked.stopped).toBe(1)
    expect(await ended).toContain('revoked')
    await until('the server was told', () => call.cancelled)
    for (const dead of [access.token, token]) {
      const refused = await rawCall(node.port, { token: dead, args: { text: 'again' } })
      expect(refused.status).toBe(401)
      expect(refused.text).toContain('auth.revoked')
    }
  })

  test('a recall leaves nothing under way', async () => {
    await inFlight(0)
  })
})
