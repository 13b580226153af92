import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkPolicy, parsePolicy } from '@ambit/core/log/policy'
import type { Receipt } from '@ambit/core/receipt'
import { verifyReceipt } from '@ambit/sdk/verify'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * Two nodes, each a process of its own, cosign each other's logs. One of them is then restored from an older copy
 * together with its own guard, so that only the other one can find it out.
 */

const run = promisify(execFile)
const cli = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
/** A rest that a dead witness is given grows to this. */
const restMsMax = 30_000

type Name = 'a' | 'b'

let folder: string
let server: TestMcpServer
const ports = new Map<Name, number>()
const tokens = new Map<Name, string>()
/** What the other node asks with. */
const policies = new Map<Name, string>()
const running = new Map<Name, SpawnedNode>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ambit-witness-'))
  server = await startMcpServer({ eras: 'modern' })
  for (const name of ['a', 'b'] as const) {
    const node = await start(name, { AMBIT_PORT: '0' })
    ports.set(name, node.port)
    await bringOnline(node.ambit, { url: server.url }, 'desk')
    const access = await allow(node.ambit, [{ target: 'desk', capability: 'echo', decision: 'autonomous' }])
    tokens.set(name, access.token)
  }
  await introduce('a', 'b')
  await introduce('b', 'a')
  for (const name of ['a', 'b'] as const) await stop(name)
  for (const name of ['b', 'a'] as const) await start(name, asking(name))
}, 120_000)

afterAll(async () => {
  for (const name of running.keys()) await stop(name)
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(name: Name, env: Readonly<Record<string, string>>): Promise<SpawnedNode> {
  const port = ports.get(name)
  const data = join(folder, name)
  const fixed = port === undefined ? {} : { AMBIT_PORT: String(port) }
  const node = await spawnNode({ data, env: { ...fixed, ...env } })
  running.set(name, node)
  return node
}

async function stop(name: Name): Promise<void> {
  await running.get(name)?.stop()
}

function node(name: Name): SpawnedNode {
  const found = running.get(name)
  if (found === undefined) throw new Error(`node ${name} was not started`)
  return found
}

/** The settings with which a node asks the other one. */
function asking(name: Name): Record<string, string> {
  return { AMBIT_LOG_POLICY: join(folder, `${name === 'a' ? 'b' : 'a'}.policy`) }
}

async function ambit(of: SpawnedNode, ...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: folder, AMBIT_URL: of.url, AMBIT_TOKEN: of.session }
  return (await run(process.execPath, [cli, ...args], { env, cwd: folder })).stdout
}

/** Makes one node a witness of the logs of another, as operators do it. */
async function introduce(witness: Name, log: Name): Promise<void> {
  const keys = await ambit(node(log), 'log', 'witness', 'keys')
  await ambit(node(witness), 'log', 'witness', 'add', ...keys.trim().split('\n'))
  const policy = await ambit(node(witness), 'log', 'witness', 'policy')
  policies.set(witness, policy)
  writeFileSync(join(folder, `${witness}.policy`), policy)
}

/** Calls a tool through a node, and gives its receipt's making: it may fail. */
async function act(name: Name, through = node(name)): Promise<() => Promise<Receipt>> {
  const answer = await rawCall(through.port, {
    token: tokens.get(name) ?? '',
    name: 'echo',
    args: { text: 'hi' },
  })
  expect(answer.status).toBe(200)
  const [newest] = (await through.ambit.acts.list({ limit: 1 })).acts
  if (newest === undefined) throw new Error('the node knows no act')
  return async () => (await through.ambit.acts.receipt(newest.act)) as Receipt
}

/** Holds a receipt against a policy: the log it names, and the other node as its quorum. */
async function check(receipt: Receipt, witness: Name) {
  const policy = await parsePolicy(`log ${receipt.log.vkey}\n${policies.get(witness)}`)
  if (!policy.ok) throw new Error(policy.reason)
  return await checkPolicy(receipt.checkpoint, policy.policy)
}

async function witnessing(through: SpawnedNode) {
  const { ledgers } = await through.ambit.status()
  const activity = ledgers.find(({ origin }) => origin.includes('/activity'))
  if (activity?.witnessing === undefined) throw new Error('the activity log is not witnessed')
  return { ...activity.witnessing, state: activity.state, reason: activity.reason }
}

test.each([
  ['a', 'b'],
  ['b', 'a'],
] as const)('a receipt of node %s carries the cosignature of node %s', async (log, witness) => {
  const quorum = async () => (await witnessing(node(log))).quorum
  await until('the witness answered', quorum, restMsMax)
  const receipt = await (await act(log))()
  const verdict = await check(receipt, witness)
  if (!verdict.ok) throw new Error(verdict.reason)
  expect(verdict.witnesses.length).toBeGreaterThan(0)
  expect(await verifyReceipt(receipt)).toMatchObject({ ok: true })
  // Without the other node's signature the same receipt is not believed.
  const alone = receipt.checkpoint.replaceAll(/^— \S+\/witness .*\n/gm, '')
  expect(await check({ ...receipt, checkpoint: alone }, witness)).toMatchObject({ ok: false })
})

test('the witness goes on with the next log of a node', async () => {
  const before = await (await act('a'))()
  await node('a').ambit.logs.rotate('activity', 'a new key')
  await until('the witness cosigned it', async () => (await witnessing(node('a'))).quorum, restMsMax)
  const receipt = await (await act('a'))()
  expect(receipt.log.origin).not.toBe(before.log.origin)
  expect(await check(receipt, 'b')).toMatchObject({ ok: true })
})

test('where the witness is away acts go on, the checkpoint is marked, and it heals', async () => {
  await stop('b')
  const receipt = await (await act('a'))()
  expect(await check(receipt, 'b')).toMatchObject({ ok: false })
  expect(await verifyReceipt(receipt)).toMatchObject({ ok: true })
  expect(await witnessing(node('a'))).toMatchObject({ quorum: false, required: false, state: 'open' })
  expect((await witnessing(node('a'))).witnesses[0]?.reason).toMatch(/connection failed/)
  await start('b', asking('b'))
  await until('b cosigns again', async () => (await witnessing(node('a'))).quorum, restMsMax)
  expect((await witnessing(node('a'))).witnesses[0]).toMatchObject({ state: 'good' })
})

test('where the witness is required receipts wait for it by name, and acts are still recorded', async () => {
  await stop('a')
  await stop('b')
  await start('a', { ...asking('a'), AMBIT_WITNESS_REQUIRED: 'on' })
  const receipt = await act('a')
  await expect(receipt()).rejects.toMatchObject({ code: 'ledger.unwitnessed' })
  expect(await witnessing(node('a'))).toMatchObject({ required: true, state: 'open' })
  await start('b', asking('b'))
  const witnessed = await until(
    'b cosigns again',
    async () => await receipt().catch(() => undefined),
    restMsMax,
  )
  expect(await check(witnessed, 'b')).toMatchObject({ ok: true })
})

test('a node restored from an older copy with its guard is refused by its witness, and signs no more', async () => {
  await stop('a')
  const [copy, alone] = [join(folder, 'copy'), join(folder, 'alone')]
  for (const target of [copy, alone]) {
    cpSync(join(folder, 'a'), target, { recursive: true })
    cpSync(join(folder, 'a-guard'), `${target}-guard`, { recursive: true })
  }
  await start('a', asking('a'))
  for (let count = 0; count < 5; count++) await (await act('a'))()
  await until('b has seen the acts', async () => (await witnessing(node('a'))).quorum, restMsMax)
  await stop('a')

  // The witness is away until somebody is signed in: a node that was refused lets nobody in any more, or ends at start.
  await stop('b')
  await using restored = await spawnNode({ data: copy, env: asking('a') })
  await start('b', asking('b'))
  const state = await until(
    'the witness refuses',
    async () => {
      const seen = await witnessing(restored)
      return seen.state === 'failed' && seen
    },
    restMsMax,
  )
  expect(state.reason).toMatch(/^the witness \S+ has cosigned (\d+ entries|another history) of this log/)
  const answer = await rawCall(restored.port, {
    token: tokens.get('a') ?? '',
    name: 'echo',
    args: { text: 'hi' },
  })
  expect(answer.text).toContain('ledger.rolled-back')
  await restored.stop()

  // Nobody but the witness could have known: the same copy by itself goes on with a second history.
  await using unseen = await spawnNode({ data: alone })
  const second = await (await act('a', unseen))()
  expect(await verifyReceipt(second)).toMatchObject({ ok: true })
  expect(await check(second, 'b')).toMatchObject({ ok: false })
})
