import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifyReceipt } from '@ambit/sdk/verify'
import { answerJson, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, testSettings } from '@ambit/testkit/start-node'
import type { TestAccess } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * A whole node is copied while it works and put back: what was proved stays proved, and a copy that is older than what
 * was signed is found out instead of signing a second history.
 */

const cli = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

const checker = fileURLToPath(new URL('../../packages/node/src/fsck.ts', import.meta.url))
const main = fileURLToPath(new URL('../../packages/node/src/main.ts', import.meta.url))

let root: string
let data: string
let upstream: Awaited<ReturnType<typeof startRawMcpServer>>
let access: TestAccess
/** The backup, made while acts went on. */
let backup: string
/** Acts that had ended before the backup began. */
let before: readonly string[]

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ambit-backup-'))
  data = join(root, 'data')
  upstream = await startRawMcpServer(({ id }, response) => answerJson(response, id, textResult('done')))
  await using node = await spawnNode({ data })
  await bringOnline(node.ambit, { url: upstream.url }, 'desk')
  access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
  for (let each = 0; each < 5; each++) expect(await call(node)).toContain('done')
  before = await actsOf(node)
  const over = new AbortController()
  const busy = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) await call(node)
    }),
  )
  const made = await ambit(node, 'backup')
  over.abort()
  await busy
  expect(made.code, made.stderr).toBe(0)
  backup = (JSON.parse(made.stdout) as { path: string }).path
  for (let each = 0; each < 5; each++) await call(node)
  await until('the acts after it are published', async () => {
    const { ledgers } = await node.ambit.status()
    return ledgers.every((ledger) => ledger.size === ledger.publishedSize)
  })
})

afterAll(async () => {
  await upstream[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

async function call(node: SpawnedNode): Promise<string> {
  return (await rawCall(node.port, { token: access.token, args: { text: 'x' } })).text
}

async function actsOf(node: SpawnedNode): Promise<string[]> {
  const { acts } = await node.ambit.acts.list({ limit: 200 })
  return acts.filter((act) => act.status === 'completed').map((act) => act.act)
}

async function ambit(node: SpawnedNode | undefined, ...argv: string[]) {
  const env = { ...process.env, AMBIT_URL: node?.url ?? '', AMBIT_TOKEN: node?.session ?? '' }
  return await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [cli, ...argv, '--json'], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

test('a stopped node can be checked: sound, or damaged with the entry named', async () => {
  const sound = fsck(data)
  expect([sound.status, sound.stdout]).toEqual([0, expect.stringContaining('Sound')])
  const damaged = join(root, 'damaged')
  cpSync(data, damaged, { recursive: true })
  const [period = ''] = readdirSync(join(damaged, 'log/activity')).filter((name) => /^\d{4}h[12]$/.test(name))
  const segment = join(damaged, 'log/activity', period, 'segments/00000001.log')
  const bytes = readFileSync(segment)
  const at = bytes.indexOf('"kind":"act.intent"')
  bytes[at + 10]! ^= 1
  writeFileSync(segment, bytes)
  const found = fsck(damaged)
  expect(found.status).toBe(1)
  expect(found.stdout).toMatch(/activity\/\d{4}h[12]\/segments\/00000001\.log, byte \d+, entry \d+: /)
})

function fsck(folder: string) {
  return spawnSync(process.execPath, [checker, folder, '--guard', `${data}-guard`], { encoding: 'utf8' })
}

test('a backup is whole, private, and lies beside the data folder', async () => {
  expect(backup.startsWith(join(root, 'data-backups'))).toBe(true)
  expect(readdirSync(backup).toSorted()).toEqual(['data', 'guard', 'manifest.json'])
  expect(readdirSync(join(root, 'data-backups'))).toHaveLength(1)
  for (const name of ['lock', 'store.sqlite-wal']) expect(existsSync(join(backup, 'data', name))).toBe(false)
})

test('where the old machine is gone, the restored node proves what was done before and goes on', async () => {
  const again = join(root, 'elsewhere')
  expect(await ambit(undefined, 'restore', backup, '--data', again)).toMatchObject({ code: 0 })
  await using node = await spawnNode({ data: again })
  expect(before.length).toBeGreaterThanOrEqual(5)
  for (const act of before) {
    const verdict = await verifyReceipt(await node.ambit.acts.receipt(act))
    expect(verdict.ok).toBe(true)
  }
  expect(await call(node)).toContain('done')
})

test('where the guard knows more, restoring stops and says how much is missing', async () => {
  const again = join(root, 'older')
  const stopped = await ambit(undefined, 'restore', backup, '--data', again, '--guard', `${data}-guard`)
  expect(stopped.code).toBe(1)
  const { losses } = JSON.parse(stopped.stdout) as {
    losses: { origin: string; signed: number; held: number }[]
  }
  expect(losses).toHaveLength(1)
  expect(losses[0]!.origin).toContain('/activity/')
  expect(losses[0]!.signed).toBeGreaterThan(losses[0]!.held)
  expect(existsSync(again)).toBe(false)
})

test('a copy put in place by hand does not start: it would sign a second history', async () => {
  const byHand = join(root, 'by-hand')
  cpSync(join(backup, 'data'), byHand, { recursive: true })
  const env = { ...process.env, ...testSettings({ env: { AMBIT_GUARD: `${data}-guard` } }, byHand) }
  const { status, stderr } = spawnSync(process.execPath, [main], { env, encoding: 'utf8', timeout: 30_000 })
  expect(status).toBe(1)
  expect(stderr).toContain('what was signed before')
  expect(stderr).toContain('/activity/')
})

test('with the loss accepted it begins a new log that says so, and proves the old acts still', async () => {
  const again = join(root, 'after-loss')
  const guard = `${data}-guard`
  const done = await ambit(
    undefined,
    'restore',
    backup,
    '--data',
    again,
    '--guard',
    guard,
    '--begin-after-loss',
  )
  expect(done.code).toBe(0)
  await using node = await spawnNode({ data: again, env: { AMBIT_GUARD: guard } })
  expect(await call(node)).toContain('done')
  for (const act of before) {
    expect((await verifyReceipt(await node.ambit.acts.receipt(act))).ok).toBe(true)
  }
  const shards = await (await fetch(`${node.url}/log/activity/shards`)).text()
  expect(shards.split('\n').filter((line) => line.includes('/activity/')).length).toBeGreaterThanOrEqual(2)
})
