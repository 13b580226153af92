import { verifyProof } from '@ambit/core/log/proof'
import { connectAmbit } from '@ambit/sdk/client'
import { verifyReceipt } from '@ambit/sdk/verify'
import { readLog } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, removeData, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import type { StopOrder } from '@ambit/sdk/stops'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * A person pulls the plug: what is under way ends where it is performed, what comes next is refused, what waits is void,
 * and the log proves how far it reached. It lasts until somebody lifts it.
 */

/** Longer than any test: it ends because it is stopped, or not at all. */
const endless = { steps: 100_000, ms: 20 }
const opensAddresses = { elicitation: { url: {} } }

describe.each(nodeStores)('stops on $name', (store) => {
  let node: TestNode
  let desk: TestMcpServer
  let other: TestMcpServer
  const data = mkdtempSync(join(tmpdir(), 'ambit-stops-'))
  let options: Parameters<typeof startTestNode>[0]

  beforeAll(async () => {
    desk = await startMcpServer()
    other = await startMcpServer()
    options = { ...(await store.options()), data }
    node = await startTestNode(options)
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    await bringOnline(node.ambit, { url: other.url }, 'other')
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await Promise.all([desk.close(), other.close()])
    removeData(data)
  })

  const all = async (target: string, more: Parameters<typeof allow>[2] = {}, ambit = node.ambit) =>
    await allow(ambit, [{ target, capability: '*', decision: 'autonomous' }], more)
  const hang = async ({ token }: TestAccess) =>
    (await rawCall(node.port, { token, name: 'slow', args: endless })).text
  const echo = async ({ token }: TestAccess, text = 'hello') =>
    (await rawCall(node.port, { token, args: { text } })).text
  const inFlight = async (count: number) =>
    await until(`${count} acts are under way`, async () => (await node.ambit.status()).inFlight === count)

  async function expectProven(stop: string, acts: readonly string[]): Promise<void> {
    const { ledgers } = await node.ambit.status()
    for (const act of acts) {
      const receipt = await node.ambit.acts.receipt(act)
      const verdict = await verifyReceipt(receipt, { vkeys: ledgers.map((ledger) => ledger.vkey) })
      if (!verdict.ok) throw new Error(verdict.reason)
      expect(verdict.leaves.at(-1)?.leaf).toMatchObject({ status: 'cancelled', error: 'user.stopped' })
    }
    const leaf = await until('the stop is published', async () =>
      (await readLog(node.url, 'activity')).find((each) => each.kind === 'stop' && each.stop === stop),
    )
    expect(leaf).toMatchObject({ step: 'stopped', reached: { stopped: acts.length, acts } })
  }

  /** With an act of its own and a foreign one under way: the one ends and is refused from then on, the other goes on. */
  async function stops(order: StopOrder, own: TestAccess, foreign: TestAccess | undefined): Promise<void> {
    const ended = hang(own)
    const goesOn = foreign && hang(foreign)
    await inFlight(foreign === undefined ? 1 : 2)
    const { stop, stopped, acts, tookMs } = await node.ambit.stops.set(order)
    expect(stopped).toBe(1)
    expect(acts).toHaveLength(1)
    expect(tookMs).toBeLessThan(5000)
    expect(await ended).toContain('stopped')
    const refused = await rawCall(node.port, { token: own.token, args: { text: 'again' } })
    expect(refused.json()['result']).toMatchObject({
      isError: true,
      _meta: { 'ambit/refusal': { reasons: [{ code: 'user.stopped', rule: stop.id }] } },
    })
    if (foreign !== undefined) expect(await echo(foreign)).toContain('hello')
    await expectProven(stop.id, acts)
    expect((await node.ambit.stops.list()).stops[0]).toMatchObject({ id: stop.id, what: order.what })
    await node.ambit.stops.lift(stop.id)
    expect(await echo(own)).toContain('hello')
    await expect(node.ambit.stops.lift(stop.id)).rejects.toMatchObject({ code: 'stop.lifted' })
    if (foreign === undefined || goesOn === undefined) return
    expect((await node.ambit.mandates.revoke(foreign.mandate)).stopped).toBe(1)
    expect(await goesOn).toContain('revoked')
  }

  async function someoneElse(): Promise<ReturnType<typeof connectAmbit>> {
    const { signInLink } = await node.ambit.people.add({ name: 'Somebody', roles: ['operator'] })
    return (await signInOwner(node.url, signInLink)).ambit
  }

  test('a mandate', async () => {
    const own = await all('desk')
    await stops({ what: 'mandate', subject: own.mandate }, own, await all('desk'))
  })

  test('an agent as caller', async () => {
    await stops({ what: 'agent', subject: 'other' }, await all('desk', { agent: 'other' }), await all('desk'))
  })

  test('an agent as callee', async () => {
    await stops({ what: 'agent', subject: 'desk' }, await all('desk'), await all('other'))
  })

  test('a person, and nobody else', async () => {
    const them = await someoneElse()
    await stops({ what: 'person' }, await all('desk'), await all('desk', {}, them))
  })

  test('an agent in my name, while it goes on for others; an owner stops it for everybody', async () => {
    const them = await someoneElse()
    const own = await all('desk')
    const theirs = await all('desk', {}, them)
    const mine = await node.ambit.stops.set({ what: 'agent', subject: 'desk' })
    expect(await echo(own)).toContain('user.stopped')
    expect(await echo(theirs)).toContain('hello')
    const every = await node.ambit.stops.set({ what: 'agent', subject: 'desk', scope: 'organization' })
    expect(await echo(theirs)).toContain('user.stopped')
    await expect(
      them.stops.set({ what: 'agent', subject: 'desk', scope: 'organization' }),
    ).rejects.toMatchObject({ code: 'stop.not-yours' })
    await expect(them.stops.lift(every.stop.id)).rejects.toMatchObject({ code: 'stop.not-yours' })
    for (const { stop } of [mine, every]) await node.ambit.stops.lift(stop.id)
  })

  test('everything', async () => {
    await stops({ what: 'everything', note: 'red button' }, await all('desk'), undefined)
  })

  test('a token stops and does not lift; what is not theirs nobody stops', async () => {
    const { token } = await node.ambit.people.createToken({ name: 'a program' })
    const program = connectAmbit({ url: node.url, token })
    const { stop } = await program.stops.set({ what: 'person' })
    await expect(program.stops.lift(stop.id)).rejects.toMatchObject({ code: 'auth.session-only' })
    const own = await all('desk')
    expect(await echo(own)).toContain('user.stopped')
    await node.ambit.stops.lift(stop.id)
    const them = await someoneElse()
    const { person } = await node.ambit.people.me()
    for (const order of [
      { what: 'everything' },
      { what: 'person', subject: person.id },
      { what: 'mandate', subject: own.mandate },
    ] as const) {
      await expect(them.stops.set(order)).rejects.toMatchObject({ status: 403 })
    }
    await expect(node.ambit.stops.set({ what: 'agent' })).rejects.toMatchObject({ code: 'stop.invalid' })
    await expect(node.ambit.stops.set({ what: 'agent', subject: 'nobody' })).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await expect(node.ambit.stops.set({ what: 'everything', subject: 'desk' })).rejects.toMatchObject({
      code: 'stop.invalid',
    })
    expect(await echo(own)).toContain('hello')
  })

  test('its receipt proves to anybody how far it reached, and is given to those it concerns', async () => {
    const access = await all('desk')
    const ended = hang(access)
    await inFlight(1)
    const { stop, acts } = await node.ambit.stops.set({ what: 'mandate', subject: access.mandate })
    await ended
    expect((await node.ambit.stops.list({ inForce: '1' })).stops.map(({ id }) => id)).toEqual([stop.id])
    const given = await until('its entry is noted', async () =>
      node.ambit.stops.proof(stop.id).catch(() => undefined),
    )
    expect(JSON.parse(given.entry)).toMatchObject({ kind: 'stop', stop: stop.id, reached: { acts } })
    expect((await node.ambit.status()).ledgers.map(({ vkey }) => vkey)).toContain(given.vkey)
    const bytes = (text: string) => ({ entry: new TextEncoder().encode(text) })
    expect(await verifyProof(given.proof, bytes(given.entry), given.vkey)).toMatchObject({ ok: true })
    const altered = given.entry.replace('"stopped"', '"lifted"')
    expect(await verifyProof(given.proof, bytes(altered), given.vkey)).toMatchObject({ ok: false })
    await expect(node.ambit.stops.proof('st_none')).rejects.toMatchObject({ code: 'input.not-found' })
    const own = await node.ambit.stops.set({ what: 'agent', subject: 'desk' })
    const them = await someoneElse()
    await expect(them.stops.proof(own.stop.id)).rejects.toMatchObject({ code: 'input.not-found' })
    for (const { id } of [stop, own.stop]) await node.ambit.stops.lift(id)
    expect((await node.ambit.stops.list({ inForce: '1' })).stops).toEqual([])
  })

  test('the same stop again is the one there is', async () => {
    const first = await node.ambit.stops.set({ what: 'person' })
    const second = await node.ambit.stops.set({ what: 'person' })
    expect(second.stop.id).toBe(first.stop.id)
    await node.ambit.stops.lift(first.stop.id)
    expect(await echo(await all('desk'))).toContain('hello')
  })

  test('what waits for a person under it is void', async () => {
    const access = await allow(node.ambit, [{ target: 'desk', capability: 'add', decision: 'ask' }])
    const call = { token: access.token, name: 'add', args: { a: 1, b: 1 }, capabilities: opensAddresses }
    const asked = (await rawCall(node.port, call)).json()['result'] as { requestState: string }
    const id = asked.requestState.replace('ambit-approval:', '')
    const waits = await allow(node.ambit, [{ target: 'other', capability: 'add', decision: 'ask' }])
    const kept = (await rawCall(node.port, { ...call, token: waits.token, name: 'add' })).json()[
      'result'
    ] as { requestState: string }
    const { stop } = await node.ambit.stops.set({ what: 'mandate', subject: access.mandate })
    await until('it is void', async () => (await node.ambit.approvals.get(id)).state === 'void')
    const other = kept.requestState.replace('ambit-approval:', '')
    expect((await node.ambit.approvals.get(other)).state).toBe('pending')
    await node.ambit.stops.lift(stop.id)
    expect((await node.ambit.approvals.get(id)).state).toBe('void')
    expect(desk.calls.filter(({ tool }) => tool === 'add')).toEqual([])
  })

  test('a stop outlives a restart, and so does its end', async () => {
    const access = await all('desk')
    const { stop } = await node.ambit.stops.set({ what: 'person' })
    await node.stop()
    node = await startTestNode(options)
    expect(await echo(access)).toContain('user.stopped')
    await node.ambit.stops.lift(stop.id)
    await node.stop()
    node = await startTestNode(options)
    expect(await echo(access)).toContain('hello')
  })

  test('reaches a hundred acts under way at once, and the log says so', async () => {
    const access = await all('desk')
    const ended = Array.from({ length: 100 }, async () => await hang(access))
    await inFlight(100)
    const { stop, stopped, acts, tookMs } = await node.ambit.stops.set({ what: 'person' })
    expect(stopped).toBe(100)
    expect(new Set(acts).size).toBe(100)
    console.log(`a stop of 100 acts under way took ${tookMs} ms`)
    for (const text of await Promise.all(ended)) expect(text).toContain('stopped')
    await inFlight(0)
    await node.ambit.stops.lift(stop.id)
  })
})
