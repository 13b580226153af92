import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Profile } from '@ambit/core/record'
import { startBank } from '@ambit/testkit/mcp-bank'
import type { Bank, Payment } from '@ambit/testkit/mcp-bank'
import { nodeStores } from '@ambit/testkit/node-stores'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Money, calls and bytes are taken at every link before a call is sent: with many calls in flight and after a crash, what
 * reaches the bank is what the person allowed, to the cent.
 */

/** Payments that the bank itself takes back, so that no person is asked about each. */
const payment: Profile = {
  effect: 'pay',
  reversibility: 0,
  roles: { to: 'sink', amount: 'quantity', currency: 'control' },
  integrity: {},
  dataClasses: [],
  money: { amount: 'amount', currency: { argument: 'currency' }, unit: 'major' },
}

interface Said {
  readonly ok: boolean
  readonly code: string | undefined
  readonly rule: string | undefined
  readonly evidence: string | undefined
}

async function pay(
  port: number,
  token: string,
  payment: Partial<Record<keyof Payment, unknown>>,
): Promise<Said> {
  const args = { to: 'shop', currency: 'EUR', ...payment }
  const { text } = await rawCall(port, { token, name: 'pay', args })
  const { result } = JSON.parse(text) as {
    result?: {
      isError?: boolean
      _meta?: { 'ambit/refusal'?: { reasons: { code: string; rule: string; evidence?: string }[] } }
    }
  }
  const [reason] = result?._meta?.['ambit/refusal']?.reasons ?? []
  const { code, rule, evidence } = reason ?? {}
  return { ok: result !== undefined && result.isError !== true, code, rule, evidence }
}

const entry = { target: 'bank', capability: 'pay', decision: 'autonomous' } as const
const cents = (bank: Bank) => Math.round(bank.paid.reduce((sum, { amount }) => sum + 100 * amount, 0))

async function withBank(node: TestNode, bank: Bank): Promise<void> {
  await bringOnline(node.ambit, { url: bank.url }, 'bank')
  await node.ambit.records.accept('bank', { capabilities: ['pay'], profiles: { pay: payment } })
}

describe.each(nodeStores)('budgets on $name', (store) => {
  let node: TestNode
  let bank: Bank

  beforeAll(async () => {
    bank = await startBank()
    node = await startTestNode(await store.options())
    await withBank(node, bank)
  })
  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await bank[Symbol.asyncDispose]()
  })

  test('fifty payments in flight under two children of one mandate: exactly its money passes', async () => {
    const before = cents(bank)
    const root = await allow(node.ambit, [entry], { limits: { money: { EUR: 1000 } } })
    const children = await Promise.all(
      ['left', 'right'].map(async (task) => {
        const child = await node.ambit.mandates.narrow(root.mandate, {
          task,
          limits: { money: { EUR: 800 } },
        })
        return await node.ambit.mandates.connect(child.id)
      }),
    )
    const said = await Promise.all(
      Array.from(
        { length: 50 },
        async (_, at) => await pay(node.port, children[at % 2]!.token, { amount: 0.5 }),
      ),
    )
    expect(said.filter(({ ok }) => ok)).toHaveLength(20)
    expect(cents(bank) - before).toBe(1000)
    const refused = said.filter(({ ok }) => !ok)
    expect(refused.every(({ code }) => code === 'budget.money')).toBe(true)
    expect(refused.find(({ rule }) => rule === root.mandate)?.evidence).toBe('EUR 0.00 / 10.00')
    const { spent } = await node.ambit.mandates.get(root.mandate)
    expect(spent).toEqual({ calls: 20, bytesOut: 0, money: { EUR: 1000 } })
  })

  test('without a limit of money the same calls all pass', async () => {
    const before = cents(bank)
    const { token } = await allow(node.ambit, [entry])
    const said = await Promise.all(
      Array.from({ length: 50 }, async () => await pay(node.port, token, { amount: 0.5 })),
    )
    expect(said.every(({ ok }) => ok)).toBe(true)
    expect(cents(bank) - before).toBe(2500)
  })

  test('another currency, and an amount that nobody can tell, are refused with their codes', async () => {
    const before = bank.paid.length
    const { token } = await allow(node.ambit, [entry], { limits: { money: { EUR: 1000 } } })
    const table: [Partial<Record<keyof Payment, unknown>>, string][] = [
      [{ amount: 1, currency: 'USD' }, 'budget.money'],
      [{ amount: 10.01 }, 'budget.money'],
      [{ amount: '1' }, 'budget.money-unknown'],
      [{ amount: -1 }, 'budget.money-unknown'],
      [{ amount: 0.001 }, 'budget.money-unknown'],
      [{ amount: 1, currency: 'eur' }, 'budget.money-unknown'],
      [{}, 'budget.money-unknown'],
    ]
    for (const [given, code] of table) expect((await pay(node.port, token, given)).code).toBe(code)
    expect(bank.paid.length).toBe(before)
    expect((await pay(node.port, token, { amount: 10 })).ok).toBe(true)
  })

  test('bytes of arguments are counted, and a message that is too long for what is left is refused', async () => {
    const { token, mandate } = await allow(node.ambit, [entry], { limits: { bytesOut: 120 } })
    expect((await pay(node.port, token, { amount: 1 })).ok).toBe(true)
    const bytes = JSON.stringify({ to: 'shop', currency: 'EUR', amount: 1 }).length
    expect((await node.ambit.mandates.get(mandate)).spent).toEqual({ calls: 1, bytesOut: bytes, money: {} })
    expect(await pay(node.port, token, { amount: 1, to: 'x'.repeat(100) })).toMatchObject({
      code: 'budget.bytes',
      evidence: `bytes ${120 - bytes} / 120`,
    })
  })
})

test('kill -9 with payments under way: they count as paid, and the rest is exact after the restart', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-budgets-'))
  await using bank = await startBank()
  let node = await spawnNode({ data })
  await withBank(node, bank)
  const root = await allow(node.ambit, [entry], { limits: { money: { EUR: 1000 } } })
  const hanging = Array.from(
    { length: 6 },
    async () => await pay(node.port, root.token, { to: 'nobody', amount: 0.7 }).catch(() => undefined),
  )
  await until('the payments are under way', () => bank.open === 6)
  const done = await Promise.all(
    Array.from({ length: 4 }, async () => await pay(node.port, root.token, { amount: 0.25 })),
  )
  expect(done.every(({ ok }) => ok)).toBe(true)
  await node.kill()
  await Promise.all(hanging)

  node = await spawnNode({ data })
  expect((await node.ambit.mandates.get(root.mandate)).spent).toMatchObject({
    calls: 10,
    money: { EUR: 520 },
  })
  const said = await Promise.all(
    Array.from({ length: 50 }, async () => await pay(node.port, root.token, { amount: 0.2 })),
  )
  expect(said.filter(({ ok }) => ok)).toHaveLength(24)
  expect(cents(bank)).toBe(1000)
  // Once more, without anything under way: nothing is counted twice.
  await node.kill()
  node = await spawnNode({ data })
  expect((await node.ambit.mandates.get(root.mandate)).spent).toMatchObject({
    calls: 34,
    money: { EUR: 1000 },
  })
  expect((await pay(node.port, root.token, { amount: 0.01 })).code).toBe('budget.money')
  await node[Symbol.asyncDispose]()
  removeData(data)
})
