import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAmbit } from '@ambit/sdk/client'
import { openCuttingProxy } from '@ambit/testkit/cutting-proxy'
import type { CuttingProxy } from '@ambit/testkit/cutting-proxy'
import { readLog } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { deleteStream } from '@ambit/testkit/nats-stream'
import { send } from '@ambit/testkit/raw-http'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { natsUrl, postgresUrl } from '@ambit/testkit/services'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, signInOwner } from '@ambit/testkit/start-node'
import type { TestAccess } from '@ambit/testkit/start-node'
import { freshSchema } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Two node processes on one PostgreSQL that hear each other through NATS: what is revoked, made, ruled or approved at one
 * holds at the other within a second, in flight too; what was not heard is found in the store.
 */

const nats = await natsUrl()
const postgres = await postgresUrl()
const isHere = nats !== undefined && postgres !== undefined
if (!isHere) process.stdout.write('replicas: skipped, there is no NATS or no PostgreSQL here\n')

/** Longer than any test: it ends because it is stopped, or not at all. */
const endless = { steps: 100_000, ms: 20 }
const takesEffectMsMax = 1000
/** A replica that cannot hear looks at the store after ten seconds. */
const lookMsMax = 15_000
const rounds = 50

const root = mkdtempSync(join(tmpdir(), 'ambit-replicas-'))
let store: string
const stream = `ambit_test_${randomBytes(8).toString('hex')}`
let count = 0

async function startReplica(bus: string | undefined): Promise<SpawnedNode> {
  return await spawnNode({
    data: join(root, `data-${count++}`),
    store,
    env: {
      AMBIT_LOG: 'postgres',
      AMBIT_MASTER_KEY: `file:${join(root, 'master.key')}`,
      ...(bus === undefined ? {} : { AMBIT_BUS: bus, AMBIT_BUS_STREAM: stream }),
    },
  })
}

async function call(node: SpawnedNode, access: Pick<TestAccess, 'token'>, name = 'echo', args: object = {}) {
  return await rawCall(node.port, { token: access.token, name, args: { text: 'hello', ...args } })
}

const isLetIn = ({ text }: { readonly text: string }): boolean => text.includes('"hello"')

function grant(node: SpawnedNode, slug = 'desk'): Promise<TestAccess> {
  return allow(node.ambit, [{ target: slug, capability: '*', decision: 'autonomous' }])
}

/** What a machine that other work uses too can be held to; the slowest are printed. */
function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[times.length >> 1]!
}

function quantiles(times: readonly number[]): string {
  const sorted = times.toSorted((left, right) => left - right)
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1]!)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, of ${sorted.length}`
}

async function outcomesOf(node: SpawnedNode, act: string): Promise<(string | undefined)[]> {
  const leaves = await readLog(node.url, 'activity')
  return leaves.flatMap((leaf) => (leaf.kind === 'act.outcome' && leaf.act === act ? [leaf.status] : []))
}

/** Slow ones: of any other the outcome may only not be in the log yet. */
async function actsUnderWay(node: SpawnedNode): Promise<string[]> {
  const leaves = await readLog(node.url, 'activity')
  const open = new Set<string>()
  for (const leaf of leaves) {
    if (leaf.kind === 'act.intent' && leaf.capability === 'slow') open.add(leaf.act)
    else if (leaf.kind === 'act.outcome') open.delete(leaf.act)
  }
  return [...open]
}

describe.skipIf(!isHere)('replicas', () => {
  let one: SpawnedNode
  let two: SpawnedNode
  let server: TestMcpServer

  beforeAll(async () => {
    store = await freshSchema(postgres!)
    server = await startMcpServer({ eras: 'modern' })
    one = await startReplica(nats)
    two = await startReplica(nats)
    await bringOnline(one.ambit, { url: server.url }, 'desk')
  })

  afterAll(async () => {
    await Promise.all([one?.stop(), two?.stop()])
    await server?.close()
    await deleteStream(nats!, stream)
    rmSync(root, { recursive: true, force: true })
  })

  test('a token made at one works at the other, and a revocation holds there, within a second', async () => {
    const made: number[] = []
    const revoked: number[] = []
    for (let round = 0; round < rounds; round++) {
      const access = await grant(one)
      let began = performance.now()
      await until('the token works at the other', async () => isLetIn(await call(two, access)))
      made.push(performance.now() - began)
      began = performance.now()
      const revoking = one.ambit.mandates.revoke(access.mandate)
      await until('the other refuses', async () => !isLetIn(await call(two, access)))
      revoked.push(performance.now() - began)
      await revoking
      expect((await call(two, access)).status).toBe(401)
    }
    process.stdout.write(`replicas: a token works elsewhere after ${quantiles(made)}\n`)
    process.stdout.write(`replicas: a revocation holds elsewhere after ${quantiles(revoked)}\n`)
    expect(median(made)).toBeLessThan(takesEffectMsMax)
    expect(median(revoked)).toBeLessThan(takesEffectMsMax)
  })

  test('a revocation and a recall end what is under way at the other', async () => {
    const access = await grant(one)
    await until('the token works', async () => isLetIn(await call(two, access)))
    const before = server.calls.length
    const answer = call(two, access, 'slow', endless)
    await until('the server has the call', () => server.calls.length > before)
    const began = performance.now()
    await one.ambit.mandates.revoke(access.mandate)
    await until('it was cancelled', () => server.calls.at(-1)?.cancelled)
    process.stdout.write(`replicas: cancelled elsewhere after ${Math.round(performance.now() - began)} ms\n`)
    expect((await answer).text).toContain('mandate.revoked')

    const other = await grant(two)
    await bringOnline(two.ambit, { url: server.url }, 'second')
    const to = await grant(two, 'second')
    await until('the first knows it too', async () => isLetIn(await call(one, to)))
    const calls = server.calls.length
    const recalled = call(one, to, 'slow', endless)
    await until('the server has the call', () => server.calls.length > calls)
    await two.ambit.records.recall('second', { note: 'a test' })
    await until('it was cancelled', () => server.calls.at(-1)?.cancelled)
    expect((await recalled).text).toContain('record.recalled')
    expect(isLetIn(await call(one, to))).toBe(false)
    expect(isLetIn(await call(one, other))).toBe(true)
  })

  test('what is approved at one is performed by exactly one', async () => {
    const access = await allow(one.ambit, [{ target: 'desk', capability: '*', decision: 'ask' }])
    await until('the other knows the token', async () => (await call(two, access)).status !== 401)
    const acts: string[] = []
    const before = server.calls.length
    for (let round = 0; round < 5; round++) {
      const text = `round ${round}`
      await call(round % 2 === 0 ? two : one, access, 'echo', { text })
      const card = await until('it waits for a person', async () =>
        (await one.ambit.approvals.list({ state: 'pending' })).approvals.find((each) =>
          each.arguments.some((argument) => argument.text.includes(text)),
        ),
      )
      await one.ambit.approvals.approve(card.id, card.digest)
      await until('it was performed', async () => (await two.ambit.approvals.get(card.id)).state === 'done')
      acts.push(card.act)
    }
    // The other one comes half a second later, and finds that it was performed.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(server.calls.length - before).toBe(acts.length)
    for (const act of acts) expect(await outcomesOf(one, act)).toEqual(['completed'])
  })

  test('a session that ends at one ends at the other', async () => {
    const { id } = (await one.ambit.people.me()).person
    const { session } = await signInOwner(one.url, (await one.ambit.people.signInLink(id)).signInLink)
    const headers = { authorization: `Bearer ${session}` }
    const status = async () => (await send(two.port, { path: '/api/me', headers })).status
    expect(await status()).toBe(200)
    await connectAmbit({ url: one.url, token: session }).people.signOut()
    await until('it ended', async () => (await status()) === 401, takesEffectMsMax)
  })

  describe('one that cannot hear', () => {
    let proxy: CuttingProxy
    let third: SpawnedNode

    beforeAll(async () => {
      const { hostname, port } = new URL(nats!)
      proxy = await openCuttingProxy(hostname, Number(port || 4222))
      third = await startReplica(`nats://127.0.0.1:${proxy.port}`)
    })
    afterAll(async () => {
      await third?.stop()
      await proxy?.[Symbol.asyncDispose]()
    })

    const ready = async () => await send(third.metricsPort, { path: '/health/ready' })
    const connected = async (value: 0 | 1): Promise<boolean> =>
      (await send(third.metricsPort, { path: '/metrics' })).text.includes(`ambit_bus_connected ${value}\n`)

    test('heals when it hears again, and says until then that it does not', async () => {
      const access = await grant(one)
      await until('it knows the token', async () => isLetIn(await call(third, access)))
      const before = server.calls.length
      const answer = call(third, access, 'slow', endless)
      await until('the server has the call', () => server.calls.length > before)
      const slow = server.calls.at(-1)
      proxy.down()
      await until('it says so', async () => await connected(0))
      expect((await ready()).status).toBe(200)
      expect((await ready()).json()).toMatchObject({ warnings: [expect.stringContaining('NATS is away')] })
      await one.ambit.mandates.revoke(access.mandate)
      expect(slow?.cancelled).toBeUndefined()
      proxy.up()
      await until('it healed', async () => !isLetIn(await call(third, access)))
      await until('what was under way is cancelled', () => slow?.cancelled)
      expect((await answer).text).toContain('mandate.revoked')
      await until('it hears again', async () => await connected(1))
      expect((await ready()).json()).toEqual({ status: 'ready' })
    })

    test('finds it in the store when it never hears again', async () => {
      const access = await grant(one)
      await until('it knows the token', async () => isLetIn(await call(third, access)))
      proxy.down()
      await until('it is cut off', async () => await connected(0))
      const began = performance.now()
      await one.ambit.mandates.revoke(access.mandate)
      const late = await grant(one)
      await until('it looked', async () => !isLetIn(await call(third, access)), lookMsMax)
      process.stdout.write(`replicas: found in the store after ${Math.round(performance.now() - began)} ms\n`)
      await until('what was granted is found too', async () => isLetIn(await call(third, late)))
      proxy.up()
      await until('it hears again', async () => await connected(1))
    })
  })

  test('without a bus a replica goes on with what was revoked until it looks', async () => {
    const deaf = await startReplica(undefined)
    try {
      const access = await grant(one)
      await until('it found the token', async () => isLetIn(await call(deaf, access)), lookMsMax)
      await one.ambit.mandates.revoke(access.mandate)
      expect(isLetIn(await call(one, access))).toBe(false)
      expect(isLetIn(await call(deaf, access))).toBe(true)
      await until('it looked', async () => !isLetIn(await call(deaf, access)), lookMsMax)
    } finally {
      await deaf.stop()
    }
  })

  test('acts of a replica that died get the outcome unknown; those of one that lives do not', async () => {
    const access = await grant(one)
    await until('the token works', async () => isLetIn(await call(two, access)))
    const before = server.calls.length
    const living = call(one, access, 'slow', { steps: 3000, ms: 20 })
    await until('the server has the call', () => server.calls.length > before)
    const [kept] = await until('its intent is in the log', async () => {
      const acts = await actsUnderWay(one)
      return acts.length === 1 && acts
    })
    const dying = await startReplica(nats)
    // The start of another replica left the act alone.
    expect(await outcomesOf(one, kept!)).toEqual([])
    await until('the token works', async () => isLetIn(await call(dying, access)))
    call(dying, access, 'slow', endless).catch(() => undefined)
    const lost = await until('its intent is in the log', async () =>
      (await actsUnderWay(one)).find((act) => act !== kept),
    )
    await dying.kill()
    await until(
      'another one finished it',
      async () => (await outcomesOf(one, lost)).includes('unknown'),
      40_000,
    )
    expect(await outcomesOf(one, lost)).toEqual(['unknown'])
    expect(await outcomesOf(one, kept!)).toEqual([])
    await one.ambit.mandates.revoke(access.mandate)
    await living
    const ended = await until('its outcome is in the log', async () => {
      const outcomes = await outcomesOf(one, kept!)
      return outcomes.length > 0 && outcomes
    })
    expect(ended).toEqual(['cancelled'])
  })
})
