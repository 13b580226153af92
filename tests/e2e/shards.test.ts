import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyReceipt } from '@ambit/core/receipt'
import { openShardList } from '@ambit/core/log/shards'
import { logAddresses, readLog } from '@ambit/testkit/log-reader'
import { answerJson, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline } from '@ambit/testkit/start-node'
import { afterAll, expect, test } from 'vitest'

/* A node whose log ends while acts go on: nothing is lost, every receipt holds, and a restart goes on with the new log. */

const root = mkdtempSync(join(tmpdir(), 'ambit-shards-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function receiptsHold(node: SpawnedNode): Promise<number> {
  const { series } = await node.ambit.logs.list()
  const vkeys = series.flatMap(({ shards }) => shards.map((shard) => shard.vkeys[0]!))
  const { acts } = await node.ambit.acts.list({ limit: 100 })
  for (const { act } of acts) {
    const verdict = await verifyReceipt(await node.ambit.acts.receipt(act), { vkeys })
    expect(verdict, act).toMatchObject({ ok: true, keyPinned: true })
  }
  return acts.length
}

test('the key of a log is rotated under load and after kill -9, and no act is lost', async () => {
  const data = join(root, 'data')
  await using upstream = await startRawMcpServer(({ id }, response) => {
    answerJson(response, id, textResult('done'))
  })
  let node = await spawnNode({ data })
  await bringOnline(node.ambit, { url: upstream.url }, 'desk')
  const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }], {
    limits: { calls: 1000 },
  })
  let answered = 0
  const calls = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const answer = await rawCall(node.port, { token: access.token, args: { text: 'hello' } })
      if (answer.text.includes('done')) answered++
    }
  }
  const [, shard] = await Promise.all([calls(30), node.ambit.logs.rotate('activity', 'a test')])
  expect(shard).toMatchObject({ state: 'open' })
  await calls(2)
  await expect(node.ambit.logs.rotate('other' as 'activity', 'a test')).rejects.toMatchObject({ status: 404 })
  expect(answered).toBe(32)
  expect(await receiptsHold(node)).toBe(32)

  const [old, young] = await logAddresses(node.url, 'activity')
  expect((await fetch(`${old}/checkpoint`)).status).toBe(200)
  expect((await fetch(`${node.url}/log/activity/checkpoint`)).status).toBe(404)
  const { series } = await node.ambit.logs.list()
  const activity = series.find(({ name }) => name.endsWith('/activity'))!
  const listed = await openShardList(
    await (await fetch(`${node.url}/log/activity/`)).text(),
    activity.list.vkey,
  )
  expect(listed).toMatchObject({ ok: true, list: { shards: [{ state: 'frozen' }, { state: 'open' }] } })
  const label = (address: string): string => address.slice(address.lastIndexOf('/') + 1)
  expect(existsSync(join(data, 'log/activity', label(old!), 'key'))).toBe(false)

  await Promise.all([node.ambit.logs.rotate('activity', 'cut off'), node.kill()]).catch(() => undefined)
  node = await spawnNode({ data })
  await calls(1)
  expect(await receiptsHold(node)).toBe(33)
  const leaves = await readLog(node.url, 'activity')
  expect(leaves.filter(({ kind }) => kind === 'act.intent')).toHaveLength(33)
  expect(leaves.filter(({ kind }) => kind === 'predecessor').length).toBeGreaterThanOrEqual(1)
  expect(readFileSync(join(data, 'log/activity/shards'), 'utf8')).toContain(label(young!))
  await node.stop()
})
