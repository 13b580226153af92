import type { Profile } from '@ambit/core/record'
import { connectAmbit } from '@ambit/sdk/client'
import { readLog } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, removeData, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Rules make what a mandate allows stricter, for one person or for everybody; a token may set one and never take one
 * away; the log has each change.
 */

const opensAddresses = { elicitation: { url: {} } }

describe.each(nodeStores)('rules on $name', (store) => {
  let node: TestNode
  let desk: TestMcpServer
  let access: TestAccess
  const data = mkdtempSync(join(tmpdir(), 'ambit-rules-'))
  let options: Parameters<typeof startTestNode>[0]

  beforeAll(async () => {
    desk = await startMcpServer()
    options = { ...(await store.options()), data }
    node = await startTestNode(options)
    await bringOnline(node.ambit, { url: desk.url }, 'desk')
    access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
  })

  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await desk.close()
    removeData(data)
  })

  interface Result {
    readonly resultType: string
    readonly isError?: boolean
    readonly _meta?: {
      readonly 'ambit/refusal'?: {
        readonly reasons: readonly { code: string; rule: string; evidence?: string; howToAsk?: string }[]
      }
    }
  }

  async function echo(text: string, token = access.token): Promise<Result> {
    const call = { token, name: 'echo', args: { text }, capabilities: opensAddresses }
    return (await rawCall(node.port, call)).json()['result'] as Result
  }
  const codes = (result: Result) => result._meta?.['ambit/refusal']?.reasons.map(({ code }) => code)
  const heard = (text: string) =>
    desk.calls.filter((call) => (call.arguments as { text?: string }).text === text).length

  test('a rule makes a call ask, refuse, or leave it to the person, and nothing goes out', async () => {
    const ask = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'echo',
      decision: 'ask',
    })
    expect((await echo('one')).resultType).toBe('input_required')
    const user = await node.ambit.rules.set({
      scope: 'mine',
      target: '*',
      capability: 'e*',
      decision: 'user',
    })
    const left = await echo('one')
    expect(codes(left)).toEqual(['user.only'])
    const refuse = await node.ambit.rules.set({
      scope: 'organization',
      target: 'desk',
      capability: '*',
      decision: 'refuse',
      note: 'moving house',
    })
    const refused = await echo('one')
    expect(refused._meta?.['ambit/refusal']?.reasons).toMatchObject([
      { code: 'rule.refused', rule: refuse.id },
    ])
    expect(heard('one')).toBe(0)
    for (const { id } of [ask, user, refuse]) await node.ambit.rules.remove(id)
    expect((await echo('one')).isError).not.toBe(true)
    expect(heard('one')).toBe(1)
    expect((await node.ambit.rules.list()).rules).toEqual([])
  })

  test('what only the person may do is kept as a draft, which they perform once', async () => {
    const { id } = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'echo',
      decision: 'user',
    })
    const left = await echo('a draft')
    const [reason] = left._meta?.['ambit/refusal']?.reasons ?? []
    expect(reason).toMatchObject({ code: 'user.only', rule: id })
    const draft = reason?.evidence ?? ''
    expect(reason?.howToAsk).toContain(draft)
    const card = await node.ambit.approvals.get(draft)
    expect(card).toMatchObject({ state: 'pending' })
    expect(heard('a draft')).toBe(0)
    await node.ambit.approvals.approve(draft, card.digest)
    await until('it is done', async () => (await node.ambit.approvals.get(draft)).state === 'done')
    expect(heard('a draft')).toBe(1)
    // What the person did gave the agent nothing.
    expect(codes(await echo('a draft'))).toEqual(['user.only'])
    expect(heard('a draft')).toBe(1)
    await node.ambit.rules.remove(id)
  })

  test('a rule about an argument is kept however it is written', async () => {
    const { id } = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'echo',
      arguments: { text: { eq: 'secret plan' } },
      decision: 'refuse',
    })
    expect((await echo('a walk')).isError).not.toBe(true)
    for (const text of ['secret plan', 'Secret Plan', 'ｓecret plan', 'secret\u200b plan'])
      expect(codes(await echo(text)), text).toEqual(['rule.refused'])
    await node.ambit.rules.remove(id)
  })

  test('a place rule applies to calls from nobody knows where', async () => {
    const { id } = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'echo',
      places: ['home'],
      decision: 'refuse',
    })
    expect(codes(await echo('here'))).toEqual(['rule.refused'])
    await node.ambit.rules.remove(id)
    expect((await echo('here')).isError).not.toBe(true)
  })

  test('an amount rule asks above it, and where the amount cannot be read', async () => {
    const money = { amount: 'a', currency: { code: 'EUR' }, unit: 'minor' } as const
    const pays: Profile = {
      effect: 'write',
      reversibility: 0,
      roles: {},
      integrity: {},
      dataClasses: [],
      money,
    }
    await node.ambit.records.accept('desk', { profiles: { add: pays } })
    const pay = async (sum: number) => {
      const call = { token: access.token, name: 'add', args: { a: sum, b: 1 }, capabilities: opensAddresses }
      return ((await rawCall(node.port, call)).json()['result'] as Result).resultType
    }
    expect(await pay(501)).toBe('complete')
    const { id } = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: '*',
      amountAbove: { currency: 'EUR', minor: 500 },
      decision: 'ask',
    })
    expect(await pay(500)).toBe('complete')
    expect(await pay(501)).toBe('input_required')
    expect(await pay(-1)).toBe('input_required')
    expect(await pay(0.5)).toBe('input_required')
    expect((await echo('no money')).isError).not.toBe(true)
    const sums = desk.calls
      .filter(({ tool }) => tool === 'add')
      .map((call) => (call.arguments as { a: number }).a)
    expect(sums).toEqual([501, 500])
    await node.ambit.rules.remove(id)
  })

  test('a token sets rules for its person and takes none away; nobody takes away what is not theirs', async () => {
    const { token } = await node.ambit.people.createToken({ name: 'a program' })
    const program = connectAmbit({ url: node.url, token })
    const { id } = await program.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'echo',
      decision: 'refuse',
    })
    expect(codes(await echo('two'))).toEqual(['rule.refused'])
    await expect(program.rules.remove(id)).rejects.toMatchObject({ code: 'auth.session-only' })
    const { signInLink } = await node.ambit.people.add({ name: 'Operator', roles: ['operator'] })
    const { ambit: other } = await signInOwner(node.url, signInLink)
    await expect(other.rules.remove(id)).rejects.toMatchObject({ code: 'rule.not-yours' })
    const forAll = { scope: 'organization', target: '*', capability: '*', decision: 'ask' } as const
    await expect(other.rules.set(forAll)).rejects.toMatchObject({ code: 'rule.not-yours' })
    // Theirs concerns what is done in their name only.
    const own = await other.rules.set({ ...forAll, scope: 'mine', decision: 'refuse' })
    expect((await other.rules.list()).rules.map((rule) => rule.id)).toEqual([own.id])
    await node.ambit.rules.remove(id)
    expect((await echo('two')).isError).not.toBe(true)
    await other.rules.remove(own.id)
  })

  test('bad rules are refused by name and leave nothing behind', async () => {
    const terms = { scope: 'mine', target: 'desk', capability: 'echo', decision: 'ask' } as const
    await expect(
      node.ambit.rules.set({ ...terms, expires: '2020-01-01T00:00:00.000Z' }),
    ).rejects.toMatchObject({
      code: 'rule.over',
    })
    await expect(node.ambit.rules.set({ ...terms, decision: 'allow' as 'ask' })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    await expect(node.ambit.rules.remove('ru_none')).rejects.toMatchObject({ code: 'input.not-found' })
    await expect(node.ambit.rules.set({ ...terms, note: '\ud800' })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    expect((await node.ambit.rules.list()).rules).toEqual([])
  })

  test('a rule outlives a restart, and the log has each change', async () => {
    const { id } = await node.ambit.rules.set({
      scope: 'mine',
      target: 'desk',
      capability: 'echo',
      decision: 'refuse',
    })
    await node.stop()
    node = await startTestNode(options)
    expect(codes(await echo('three'))).toEqual(['rule.refused'])
    await node.ambit.rules.remove(id)
    expect((await echo('three')).isError).not.toBe(true)
    const steps = async () =>
      (await readLog(node.url, 'activity')).flatMap((leaf) =>
        leaf.kind === 'rule' && leaf.rule === id ? [leaf.step] : [],
      )
    await until('both are published', async () => (await steps()).length === 2)
    expect(await steps()).toEqual(['set', 'removed'])
  })
})
