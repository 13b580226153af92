import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base64urlBytes } from '@ambit/core/bytes'
import type { IntentLeaf, Leaf, OutcomeLeaf } from '@ambit/core/leaf'
import { commitment } from '@ambit/core/receipt'
import { readLog } from '@ambit/testkit/log-reader'
import { send } from '@ambit/testkit/raw-http'
import { answerJson, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, removeData } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { expect, test } from 'vitest'

/*
 * A node that ends without a warning, and a disk without room: what was acknowledged is in the log, what was under way
 * is unknown and never happens a second time.
 */

const rounds = 3
const acknowledgedPerRound = 40
const hanging = 4

/** Waits until the public log has everything that is in the log. */
async function wholeLog(node: SpawnedNode): Promise<Leaf[]> {
  await until('the log is published', async () =>
    (await node.ambit.status()).ledgers.every((ledger) => ledger.size === ledger.publishedSize),
  )
  return await readLog(node.url, 'activity')
}

const intentsOf = (leaves: readonly Leaf[]) =>
  leaves.filter((leaf): leaf is IntentLeaf => leaf.kind === 'act.intent')
const outcomesOf = (leaves: readonly Leaf[]) =>
  leaves.filter((leaf): leaf is OutcomeLeaf => leaf.kind === 'act.outcome')

test('kill -9: every acknowledged act is in the log, the others are unknown, and nothing happens twice', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-crash-'))
  const performed = new Map<string, number>()
  await using upstream = await startRawMcpServer(({ id, params }, response) => {
    const { text } = params.arguments as { text: string }
    performed.set(text, (performed.get(text) ?? 0) + 1)
    if (!text.startsWith('hang')) answerJson(response, id, textResult(text))
  })
  let node = await spawnNode({ data })
  await bringOnline(node.ambit, { url: upstream.url }, 'desk')
  const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }], {
    limits: { calls: 100_000 },
  })
  const acknowledged = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const goal = acknowledged.size + acknowledgedPerRound
    const call = async (text: string) => {
      const answer = await rawCall(node.port, { token: access.token, args: { text } })
      if (answer.text.includes('"result"') && answer.text.includes(text)) acknowledged.add(text)
    }
    const lost = Array.from(
      { length: hanging },
      async (_, at) => await call(`hang ${round} ${at}`).catch(() => undefined),
    )
    await until('the hanging calls are under way', () =>
      Array.from({ length: hanging }, (_, at) => performed.has(`hang ${round} ${at}`)).every(Boolean),
    )
    const killed = new AbortController()
    const workers = Array.from({ length: 4 }, async (_, worker) => {
      for (let at = 0; !killed.signal.aborted; at++)
        await call(`call ${round} ${worker} ${at}.`).catch(() => undefined)
    })
    await until('acts were acknowledged', () => acknowledged.size >= goal)
    await node.kill()
    killed.abort()
    await Promise.all([...lost, ...workers])
    const seen = new Map(performed)
    node = await spawnNode({ data })

    const leaves = await wholeLog(node)
    const intents = intentsOf(leaves)
    const outcomes = outcomesOf(leaves)
    expect(outcomes.map(({ act }) => act).sort()).toEqual(intents.map(({ act }) => act).sort())
    const unknown = outcomes.filter((outcome) => outcome.status === 'unknown')
    expect(unknown.length).toBeGreaterThanOrEqual(hanging * (round + 1))
    for (const outcome of unknown) expect(outcome.error).toBe('node.stopped')
    // What the log says that it ended has what was said in it; the newest are those that the crash could have cut off.
    for (const { act } of outcomes.filter(({ status }) => status === 'completed').slice(-25)) {
      const { openings, unopened } = await node.ambit.acts.contents(act)
      expect([openings.length, unopened]).toEqual([2, []])
    }
    const said = await textsOf(node, intents, [...performed.keys()])
    for (const text of acknowledged) expect(said.has(text), text).toBe(true)
    for (let at = 0; at < hanging; at++)
      expect(said.get(`hang ${round} ${at}`)).toSatisfy((act) => unknown.some((each) => each.act === act))
    expect((await node.ambit.mandates.get(access.mandate)).spent.calls).toBe(intents.length)
    expect(intents.length).toBeGreaterThanOrEqual(acknowledged.size)
    expect(performed).toEqual(seen)
    for (const [text, times] of performed) expect(times, text).toBe(1)
  }
  // It goes on as if nothing had been.
  expect((await rawCall(node.port, { token: access.token, args: { text: 'after all' } })).text).toContain(
    'after all',
  )
  await node[Symbol.asyncDispose]()
  removeData(data)
})

/** Which act said which text: the owner's salts open the commitments of the log. */
async function textsOf(
  node: SpawnedNode,
  intents: readonly IntentLeaf[],
  texts: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const left = new Set(texts)
  for (const { act, arguments: committed } of intents) {
    const { openings, unopened } = await node.ambit.acts.contents(act)
    const given = [...openings, ...unopened].find((each) => each.field === 'arguments')
    const salt = base64urlBytes(given?.salt ?? '')
    for (const text of left) {
      if ((await commitment(salt, Buffer.from(JSON.stringify({ text })))) !== committed) continue
      found.set(text, act)
      left.delete(text)
      break
    }
  }
  return found
}

test('kill -9 while an approved act is performed: it is unknown, and never performed again', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-crash-'))
  let performed = 0
  await using upstream = await startRawMcpServer(() => void performed++)
  let node = await spawnNode({ data })
  await bringOnline(node.ambit, { url: upstream.url }, 'desk')
  const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'ask' }])
  const call = async (requestState?: string) => {
    const params = requestState === undefined ? {} : { requestState }
    const answer = await rawCall(node.port, {
      token: access.token,
      args: { text: 'pay' },
      capabilities: { elicitation: { url: {} } },
      params,
    })
    return {
      text: answer.text,
      result: answer.json()['result'] as { requestState?: string; resultType: string } | undefined,
    }
  }
  const waiting = (await call()).result?.requestState
  const [card] = (await node.ambit.approvals.list({ state: 'pending' })).approvals
  await node.ambit.approvals.approve(card!.id, card!.digest)
  await until('it is being performed', () => performed === 1)
  expect((await node.ambit.approvals.get(card!.id)).state).toBe('performing')
  await node.kill()
  node = await spawnNode({ data })
  expect((await node.ambit.approvals.get(card!.id)).state).toBe('done')
  await expect(node.ambit.approvals.approve(card!.id, card!.digest)).rejects.toMatchObject({
    code: 'approval.decided',
  })
  const { text, result } = await call(waiting)
  expect(text).toContain('act.unknown')
  expect(result).toBeUndefined()
  const leaves = await wholeLog(node)
  const ended = outcomesOf(leaves).filter((leaf) => leaf.act === card!.act)
  expect(ended).toMatchObject([{ status: 'unknown' }])
  expect(
    leaves
      .filter((leaf) => leaf.kind === 'approval' && leaf.approval === card!.id)
      .map((leaf) => 'step' in leaf && leaf.step),
  ).toEqual(['asked', 'approved', 'used'])
  expect(performed).toBe(1)
  await node[Symbol.asyncDispose]()
  removeData(data)
})

/** Two logs prepare 8 MiB each; a little more is free until the test takes it. */
const diskSize = '48m'

function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize}`, 'tmpfs', folder])
  if (status === 0) return folder
  rmSync(folder, { recursive: true, force: true })
  return undefined
}

test('a full disk stops new acts by name, loses nothing, and goes on when there is room', async ({
  skip,
}) => {
  const folder = smallDisk()
  if (folder === undefined) {
    console.log('skipped: the node on a full disk (this machine lets the tests mount none)')
    skip()
    return
  }
  const rows = mkdtempSync(join(tmpdir(), 'ambit-rows-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  let performed = 0
  await using upstream = await startRawMcpServer(({ id }, response) => {
    performed++
    answerJson(response, id, textResult('done'))
  })
  let node: SpawnedNode | undefined
  try {
    const options = { data, store: `sqlite:${join(rows, 'store.sqlite')}` }
    node = await spawnNode(options)
    await bringOnline(node.ambit, { url: upstream.url }, 'desk')
    const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
    const { port } = node
    const call = async () => await rawCall(port, { token: access.token, args: { text: 'x' } })
    const filler = fill(folder)
    let acknowledged = 0
    let full: string | undefined
    const worker = async () => {
      while (full === undefined) {
        const answer = await call()
        if (answer.status === 200 && answer.text.includes('done')) acknowledged++
        else full = answer.text
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    // Whichever of the two is written to first says it.
    expect(full).toMatch(/(?:ledger|contents)\.full/)
    expect((await call()).status).toBe(507)
    const ready = await send(node.metricsPort, { path: '/health/ready' })
    expect([ready.status, ready.text]).toEqual([503, expect.stringMatching(/activity|contents/)])
    expect((await send(node.metricsPort, { path: '/health/live' })).status).toBe(200)
    rmSync(filler)
    const again = await until(
      'acts are taken again',
      async () => {
        const answer = await call()
        return answer.status === 200 && answer
      },
      20_000,
    )
    expect(again.text).toContain('done')
    expect((await send(node.metricsPort, { path: '/health/ready' })).status).toBe(200)
    // A last write for the outcomes that are still without one.
    await until(
      'every act has its outcome',
      async () => {
        const leaves = await wholeLog(node!)
        return intentsOf(leaves).length === outcomesOf(leaves).length
      },
      20_000,
    )
    const before = performed
    await node.stop()
    node = await spawnNode(options)
    const leaves = await wholeLog(node)
    const intents = intentsOf(leaves)
    const outcomes = outcomesOf(leaves)
    expect(intents.length).toBeGreaterThanOrEqual(acknowledged + 1)
    expect(outcomes.map(({ act }) => act).sort()).toEqual(intents.map(({ act }) => act).sort())
    // Every answer that was given has its outcome: what found no room was written when there was some again.
    expect(outcomes.filter((leaf) => leaf.status === 'completed').length).toBeGreaterThanOrEqual(
      acknowledged + 1,
    )
    expect(performed).toBe(before)
  } finally {
    await node?.[Symbol.asyncDispose]()
    spawnSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
    rmSync(rows, { recursive: true, force: true })
  }
})

/** Takes all the room that is left. */
function fill(folder: string): string {
  const file = join(folder, 'filler')
  const piece = Buffer.alloc(64 * 1024, 1)
  try {
    for (;;) writeFileSync(file, piece, { flag: 'a' })
  } catch (error) {
    if (!existsSync(file) || (error as { code?: string }).code !== 'ENOSPC') throw error
  }
  return file
}
