import type { Profile } from '@ambit/core/record'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import type { DeskServer } from '@ambit/testkit/mcp-desk'
import { nodeStores } from '@ambit/testkit/node-stores'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/*
 * What was done in a person's name is told to them in plain words, and undone on their word by what the record declares
 * as the inverse: through the gateway, under the same mandates, once.
 */

const base = { roles: {}, integrity: {}, dataClasses: [] }

const profiles: Readonly<Record<string, Profile>> = {
  create_note: {
    ...base,
    effect: 'write',
    reversibility: 2,
    inverse: { capability: 'delete_note', arguments: { id: { from: 'result', path: 'id' } } },
  },
  archive_note: {
    ...base,
    effect: 'write',
    reversibility: 0,
    inverse: { capability: 'unarchive_note', arguments: { id: { from: 'arguments', path: 'id' } } },
  },
  delete_note: { ...base, effect: 'write', reversibility: 2 },
  unarchive_note: { ...base, effect: 'write', reversibility: 0 },
  list_notes: { ...base, effect: 'read', reversibility: 0 },
  send_mail: { ...base, effect: 'egress', reversibility: 3 },
}

describe.each(nodeStores)('undoing on $name', (store) => {
  let node: TestNode
  let desk: DeskServer
  let access: TestAccess

  beforeAll(async () => {
    desk = await startDeskServer()
    node = await startTestNode(await store.options())
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await node.ambit.records.accept('desk', { profiles })
  })

  beforeEach(async () => {
    access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await desk.close()
  })

  async function call(name: string, args: unknown, more: { token?: string; trace?: string } = {}) {
    const traceparent =
      more.trace === undefined ? {} : { traceparent: `00-${more.trace}-00f067aa0ba902b7-01` }
    const answer = await rawCall(node.port, {
      token: more.token ?? access.token,
      name,
      args,
      headers: traceparent,
      ...(more.trace === undefined ? {} : { params: { _meta: { ...meta, ...traceparent } } }),
    })
    return answer.json()['result'] as { structuredContent: { id: number }; isError?: boolean }
  }

  const newest = async (ambit: Ambit = node.ambit) => (await ambit.feed.list({ limit: 1 })).entries[0]!

  async function intentOf(act: string): Promise<{ parent?: string; undoes?: string; links: string[] }> {
    const receipt = (await node.ambit.acts.receipt(act)) as { leaves: { entry: string }[] }
    const leaves = receipt.leaves.map(({ entry }) => JSON.parse(entry) as { kind: string })
    return leaves.find(({ kind }) => kind === 'act.intent') as never
  }

  async function member(role: 'operator' | 'owner'): Promise<Ambit> {
    const { signInLink } = await node.ambit.people.add({ name: 'Olga', roles: [role] })
    const token = new URL(signInLink).searchParams.get('token') ?? ''
    const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
    return connectAmbit({ url: node.url, token: session })
  }

  test('class 2: a note that was created is deleted again, by the id in its result, and never twice', async () => {
    const { id } = (await call('create_note', { text: 'hello' })).structuredContent
    expect(desk.notes.get(id)).toBe('hello')
    const entry = await newest()
    expect(entry).toMatchObject({ state: 'done', effect: 'write', decision: 'alone', undo: { state: 'can' } })
    expect(entry.sentence.en).toMatch(
      /^An agent \(“a test”\) changed data with “create_note” of “desk”\. It decided alone, within its mandate\. It can be undone until /,
    )
    const undone = await node.ambit.outbox.undo(entry.act)
    expect(undone).toMatchObject({ act: entry.act, state: 'undone' })
    expect(desk.notes.has(id)).toBe(false)
    const [first, second] = [await intentOf(entry.act), await intentOf(undone.by!)]
    expect(second).toMatchObject({ parent: entry.act, undoes: entry.act })
    expect(second.links[0]).toBe(first.links[0])
    await expect(node.ambit.outbox.undo(entry.act)).rejects.toMatchObject({ status: 409, code: 'undo.done' })
    const { entries } = await node.ambit.feed.list({ limit: 2 })
    expect(entries).toMatchObject([
      { act: undone.by, decision: 'undo', undoes: entry.act },
      { act: entry.act, undo: { state: 'undone', by: undone.by } },
    ])
    expect(entries[1]!.sentence.zh).toContain('已撤销')
  })

  test('class 0: what was archived is taken back, by its own arguments', async () => {
    await call('archive_note', { id: 77 })
    expect(desk.archived.has(77)).toBe(true)
    await node.ambit.outbox.undo((await newest()).act)
    expect(desk.archived.has(77)).toBe(false)
  })

  test('class 3 is told and cannot be undone', async () => {
    await call('send_mail', { to: 'a@example.com', text: 'hello' })
    const entry = await newest()
    expect(entry).toMatchObject({ state: 'done', effect: 'egress', undo: { state: 'cannot' } })
    expect(entry.sentence.en).toContain('It cannot be undone from here.')
    await expect(node.ambit.outbox.undo(entry.act)).rejects.toMatchObject({ code: 'undo.no-inverse' })
  })

  test('of many at once one undoes', async () => {
    await call('create_note', { text: 'once' })
    const { act } = await newest()
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, async () => await node.ambit.outbox.undo(act)),
    )
    expect(all.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  })

  test('a server that says it failed has undone nothing, and it may be tried again', async () => {
    const { id } = (await call('create_note', { text: 'kept' })).structuredContent
    const { act } = await newest()
    desk.breakDown(true)
    await expect(node.ambit.outbox.undo(act)).rejects.toMatchObject({ status: 502, code: 'undo.failed' })
    desk.breakDown(false)
    expect(desk.notes.has(id)).toBe(true)
    await node.ambit.outbox.undo(act)
    expect(desk.notes.has(id)).toBe(false)
  })

  test('a refusal stands: the mandate must allow the inverse too', async () => {
    const narrow = await allow(node.ambit, [
      { target: 'desk', capability: 'create_note', decision: 'autonomous' },
    ])
    const { id } = (await call('create_note', { text: 'stays' }, narrow)).structuredContent
    const { act } = await newest()
    await expect(node.ambit.outbox.undo(act)).rejects.toMatchObject({
      code: 'undo.failed',
      detail: expect.stringContaining('mandate.no-entry') as string,
    })
    expect(desk.notes.has(id)).toBe(true)
  })

  test('what would be asked is answered by the session of the person, never by a token', async () => {
    const careful = await allow(node.ambit, [
      { target: 'desk', capability: 'create_note', decision: 'autonomous' },
      { target: 'desk', capability: 'delete_note', decision: 'ask' },
    ])
    const { id } = (await call('create_note', { text: 'asked' }, careful)).structuredContent
    const { act } = await newest()
    const { token } = await node.ambit.people.createToken({ name: 'a program' })
    await expect(connectAmbit({ url: node.url, token }).outbox.undo(act)).rejects.toMatchObject({
      status: 403,
      code: 'undo.session',
    })
    expect(desk.notes.has(id)).toBe(true)
    const { by } = await node.ambit.outbox.undo(act)
    expect(desk.notes.has(id)).toBe(false)
    // The word of the person stands in the log.
    const { person } = await node.ambit.people.me()
    const receipt = (await node.ambit.acts.receipt(by!)) as { leaves: { entry: string }[] }
    expect(JSON.parse(receipt.leaves[0]!.entry)).toMatchObject({
      kind: 'approval',
      step: 'approved',
      person: person.id,
    })
  })

  test('a token of the person undoes what needs no asking; an agent and another person do not', async () => {
    await call('create_note', { text: 'mine' })
    const { act } = await newest()
    const agent = connectAmbit({ url: node.url, token: access.token })
    await expect(agent.outbox.undo(act)).rejects.toMatchObject({ status: 401 })
    const other = await member('operator')
    await expect(other.outbox.undo(act)).rejects.toMatchObject({ status: 403, code: 'undo.not-yours' })
    expect((await other.feed.list()).entries).toEqual([])
    const { token } = await node.ambit.people.createToken({ name: 'a program' })
    await connectAmbit({ url: node.url, token }).outbox.undo(act)
  })

  test('an owner undoes what was done in the name of another, who reads so', async () => {
    const olga = await member('operator')
    const hers = await allow(olga, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    const { id } = (await call('create_note', { text: 'hers' }, hers)).structuredContent
    const { act } = await newest(olga)
    await node.ambit.outbox.undo(act)
    expect(desk.notes.has(id)).toBe(false)
    const { entries } = await olga.feed.list()
    expect(entries.find((entry) => entry.act === act)?.undo.state).toBe('undone')
  })

  test('a changed definition of the inverse is not called', async () => {
    const { id } = (await call('create_note', { text: 'drift' })).structuredContent
    const { act } = await newest()
    desk.describeDelete('Deletes a note, and all others')
    await node.ambit.records.probe('desk')
    await expect(node.ambit.outbox.undo(act)).rejects.toMatchObject({
      code: 'undo.failed',
      detail: expect.stringContaining('record.definition-changed') as string,
    })
    expect(desk.notes.has(id)).toBe(true)
    desk.describeDelete(undefined)
    await node.ambit.records.probe('desk')
    await node.ambit.outbox.undo(act)
    expect(desk.notes.has(id)).toBe(false)
  })

  test('a revoked mandate undoes nothing', async () => {
    await call('create_note', { text: 'revoked' })
    const { act } = await newest()
    await node.ambit.mandates.revoke(access.mandate)
    await expect(node.ambit.outbox.undo(act)).rejects.toMatchObject({ code: 'undo.failed' })
  })

  test('a whole task is undone from its newest act on', async () => {
    const trace = 'a'.repeat(31) + String(store.name.length % 10)
    const one = (await call('create_note', { text: 'one' }, { trace })).structuredContent.id
    const two = (await call('create_note', { text: 'two' }, { trace })).structuredContent.id
    const entry = await newest()
    expect(entry.trace).toBe(trace)
    const { undone, failed } = await node.ambit.outbox.undoTrace(trace)
    expect(failed).toBeUndefined()
    expect(undone.map(({ act }) => act)[0]).toBe(entry.act)
    expect(desk.notes.has(one) || desk.notes.has(two)).toBe(false)
    expect(await node.ambit.outbox.undoTrace(trace)).toEqual({ undone: [] })
  })

  test('reading is counted, a refusal is told, and the digest has the numbers', async () => {
    const olga = await member('operator')
    const hers = await allow(olga, [
      { target: 'desk', capability: 'list_notes' },
      {
        target: 'desk',
        capability: 'create_note',
        decision: 'autonomous',
        arguments: { text: { eq: 'digest' } },
      },
    ])
    await call('list_notes', {}, hers)
    await call('list_notes', {}, hers)
    await call('create_note', { text: 'digest' }, hers)
    expect((await call('create_note', { text: 'another' }, hers)).isError).toBe(true)
    const { days } = await olga.feed.digest(2)
    expect(days.length).toBe(2)
    expect(days[0]).toMatchObject({ reads: 2, done: 1, refused: 1, failed: 0 })
    const { entries, current } = await olga.feed.list()
    expect(current).toBe(true)
    // Every act that the agent did alone and that changed something is told: the obligation `tell-user`.
    expect(entries.map(({ state }) => state)).toEqual(['refused', 'done'])
    expect(entries[0]!.sentence).toEqual({
      en: 'An agent (“a test”) tried to use “create_note” of “desk” and was refused. Why: mandate.no-entry.',
      zh: '一个智能体（“a test”）试图使用“desk”的“create_note”，被拒绝。原因：授权未包含此操作。',
    })
    expect(entries.every((entry) => entry.new)).toBe(true)
    await olga.feed.seen(entries[0]!.act)
    expect((await olga.feed.list({ new: '1' })).entries).toEqual([])
    await expect(node.ambit.feed.seen(entries[0]!.act)).rejects.toMatchObject({ code: 'act.unknown' })
  })

  test('erased contents cannot be made up from, and the feed says so', async () => {
    const olga = await member('operator')
    const hers = await allow(olga, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    await call('create_note', { text: 'erased' }, hers)
    const { act } = await newest(olga)
    const { person } = await olga.people.me()
    await fetch(`${node.url}/api/people/${person.id}/erase`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.session}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ground: 'asked for it' }),
    })
    await until('it cannot be undone', async () => (await newest(olga)).undo.state === 'cannot')
    await expect(olga.outbox.undo(act)).rejects.toMatchObject({
      code: expect.stringMatching(/^undo\.(contents-gone|no-inverse)$/) as string,
    })
  })
})

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1.0.0' },
}
