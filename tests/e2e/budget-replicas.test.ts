import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Profile } from '@ambit/core/record'
import { startBank } from '@ambit/testkit/mcp-bank'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { natsUrl, postgresUrl } from '@ambit/testkit/services'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline } from '@ambit/testkit/start-node'
import { freshSchema } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { afterAll, expect, test } from 'vitest'

/*
 * Two node processes on one PostgreSQL share what a mandate allows: together they never pay more, one that is killed
 * takes nothing with it but what it may have paid, and in the end all that is allowed has been paid.
 */

const nats = await natsUrl()
const postgres = await postgresUrl()
const isHere = nats !== undefined && postgres !== undefined
if (!isHere) process.stdout.write('budgets of replicas: skipped, there is no NATS or no PostgreSQL here\n')

const root = mkdtempSync(join(tmpdir(), 'ambit-budget-replicas-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const payment: Profile = {
  effect: 'pay',
  reversibility: 0,
  roles: { to: 'sink', amount: 'quantity', currency: 'control' },
  integrity: {},
  dataClasses: [],
  money: { amount: 'amount', currency: { argument: 'currency' }, unit: 'major' },
}

/** A dead replica is settled after fifteen seconds of silence. */
const settledMsMax = 40_000

async function pay(node: SpawnedNode, token: string, amount: number, to = 'shop'): Promise<string> {
  const { text } = await rawCall(node.port, { token, name: 'pay', args: { to, amount, currency: 'EUR' } })
  return /"code":"(budget\.[a-z-]+)"/.exec(text)?.[1] ?? (text.includes('paid') ? 'paid' : text)
}

test.runIf(isHere)(
  'two replicas pay together what one mandate allows, also after one was killed',
  { timeout: 180_000 },
  async () => {
    const store = await freshSchema(postgres!)
    const stream = `ambit_test_${randomBytes(8).toString('hex')}`
    const start = async (name: string) =>
      await spawnNode({
        data: join(root, name),
        store,
        env: {
          AMBIT_LOG: 'postgres',
          AMBIT_MASTER_KEY: `file:${join(root, 'master.key')}`,
          AMBIT_BUS: nats!,
          AMBIT_BUS_STREAM: stream,
        },
      })
    await using bank = await startBank()
    await using first = await start('first')
    await using second = await start('second')
    await bringOnline(first.ambit, { url: bank.url }, 'bank')
    await first.ambit.records.accept('bank', { capabilities: ['pay'], profiles: { pay: payment } })
    const entry = { target: 'bank', capability: 'pay', decision: 'autonomous' } as const
    const { token, mandate } = await allow(first.ambit, [entry], { limits: { money: { EUR: 2000 } } })
    await until('the other knows the token', async () => (await pay(second, token, 0)) === 'paid')

    const seen = new Map<string, number>()
    async function hammer(node: SpawnedNode, calls: number): Promise<void> {
      for (let at = 0; at < calls; at += 10) {
        const said = await Promise.all(Array.from({ length: 10 }, async () => await pay(node, token, 0.1)))
        for (const code of said) seen.set(code, (seen.get(code) ?? 0) + 1)
      }
    }
    const cents = () => Math.round(bank.paid.reduce((sum, { amount }) => sum + 100 * amount, 0))
    for (const node of [first, second]) {
      await until('it has its slice', async () => (await pay(node, token, 0.1)) === 'paid')
      seen.set('paid', (seen.get('paid') ?? 0) + 1)
    }
    await Promise.all([hammer(first, 60), hammer(second, 60)])
    expect(cents()).toBe(10 * (seen.get('paid') ?? 0))
    expect(seen.get('paid')).toBeGreaterThan(60)

    const lost = Array.from(
      { length: 5 },
      async () => await pay(second, token, 0.2, 'nobody').catch(() => ''),
    )
    await until('payments are under way', () => bank.open === 5)
    await second.kill()
    await Promise.all(lost)
    // What the killed one had leased and not spent comes back once the others took it for dead.
    await until(
      'all that is allowed was paid',
      async () => {
        await hammer(first, 10)
        return cents() === 2000
      },
      settledMsMax,
    )
    await until(
      'nothing is left',
      async () => (await pay(first, token, 0.1)) === 'budget.money',
      settledMsMax,
    )
    expect(cents()).toBe(2000)
    const { spent } = await first.ambit.mandates.get(mandate)
    expect(spent.money).toEqual({ EUR: 2000 })
    console.log(`budgets of replicas: ${JSON.stringify(Object.fromEntries(seen))}`)
  },
)
