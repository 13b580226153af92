import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '@ambit/core/canonical'
import type { Leaf } from '@ambit/core/leaf'
import { verifyReceipt } from '@ambit/core/receipt'
import { handClock } from '@ambit/testkit/clock'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeyring } from '../kernel/keyring.ts'
import { createLog } from '../kernel/log.ts'
import { openFileGuard, openSeries } from '../ledger/ledger.ts'
import type { Series } from '../ledger/ledger.ts'
import { createReceipts, recoverActs } from './receipt.ts'

/* Acts whose leaves stand in two logs of a series: around a half-year, and around the deleting of an older log. */

let root: string
let folders = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ambit-over-logs-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

const newYear = Date.UTC(2027, 0, 1)

async function seriesAt(
  clock: ReturnType<typeof handClock>,
  directory: string,
  retainMonths = 0,
): Promise<Series> {
  return await openSeries({
    directory,
    name: 'node.example/activity',
    keyring: createKeyring(Buffer.alloc(32, 1), clock),
    guard: await openFileGuard(`${directory}-guard`),
    clock,
    retainMonths,
    onFailure: (fault) => {
      throw fault
    },
  })
}

const idAt = (ms: number): string => `${ms.toString(16).padStart(12, '0')}70008000000000000000`
const digest = `sha256:${'0'.repeat(64)}` as const

function leaf(ms: number, rest: object): string {
  return canonicalJson({ v: 1, at: new Date(ms).toISOString(), ...rest })
}

function intent(act: string, ms: number): string {
  return leaf(ms, {
    kind: 'act.intent',
    act,
    trace: act,
    callers: ['a'],
    links: ['m'],
    chain: digest,
    target: digest,
    capability: 'c',
    definition: digest,
    in: 'mcp',
    out: 'mcp',
    arguments: digest,
    labels: { integrity: 3, confidentiality: 0 },
    rulings: 0,
    decision: 'allow',
  })
}

const outcome = (act: string, ms: number): string =>
  leaf(ms, { kind: 'act.outcome', act, status: 'completed', durationMs: 1 })

const may = (_leaves: readonly Leaf[]): boolean => true

test('an act begun before the half-year and ended after it has one receipt over both logs', async () => {
  const clock = handClock(newYear - 1000)
  const directory = join(root, String(folders++))
  const act = idAt(newYear - 500)
  const others = Array.from({ length: 20 }, (_, at) => idAt(newYear - 900 + 90 * at))
  await using ledger = await seriesAt(clock, directory)
  for (const id of others.slice(0, 5)) await ledger.write(intent(id, newYear - 900))
  await ledger.write(intent(act, newYear - 500))
  clock.advance(1000)
  await ledger.settle()
  expect(ledger.origin).toBe('node.example/activity/2027h1')
  await ledger.write(outcome(act, newYear + 500))
  for (const id of others.slice(0, 5)) await ledger.write(outcome(id, newYear + 600))

  const receipts = createReceipts(ledger, async () => undefined)
  const receipt = await receipts.receipt(act, may)
  expect(receipt.log.origin).toBe('node.example/activity/2026h2')
  expect(receipt.more?.map(({ log }) => log.origin)).toEqual(['node.example/activity/2027h1'])
  const vkeys = ledger.list.shards.map((shard) => shard.vkeys[0]!)
  expect(await verifyReceipt(receipt, { vkeys })).toMatchObject({ ok: true, keyPinned: true })
  expect(await verifyReceipt(receipt, { vkeys: vkeys.slice(0, 1) })).toMatchObject({ ok: false })

  const { acts } = await receipts.feed(100, undefined, () => true)
  expect(acts.find((each) => each.act === act)?.leaves.map(({ kind }) => kind)).toEqual([
    'act.intent',
    'act.outcome',
  ])
})

test('recovery counts from a snapshot in the log that ended, and closes what was open in it', async () => {
  const clock = handClock(newYear - 1000)
  const directory = join(root, String(folders++))
  const [counted, open] = [idAt(newYear - 900), idAt(newYear - 800)]
  await using ledger = await seriesAt(clock, directory)
  await ledger.write(intent(counted, newYear - 900))
  const logSize = ledger.size
  await ledger.write(outcome(counted, newYear - 850))
  await ledger.write(intent(open, newYear - 800))
  clock.advance(1000)
  await ledger.settle()
  const replayed: string[] = []
  await recoverActs({
    ledger,
    clock,
    log: createLog('silent'),
    open: {
      load: async () => ({ size: logSize, acts: [counted] }),
      save: async () => undefined,
      remove: async () => undefined,
    },
    spent: {
      recount: async () => ({
        position: logSize,
        intent: ({ links }) => void replayed.push(...links),
        outcome: () => undefined,
        settle: async () => undefined,
      }),
      saveSpent: async () => undefined,
    },
  })
  expect(replayed).toEqual(['m'])
  const last = JSON.parse(Buffer.from(await ledger.read(ledger.size - 1)).toString()) as Leaf
  expect(last).toMatchObject({ kind: 'act.outcome', act: open, status: 'unknown' })
})

test('acts of the log that is kept are found behind one whose entries are deleted', async () => {
  const directory = join(root, String(folders++))
  const start = Date.UTC(2026, 5, 30)
  const early = handClock(start)
  {
    await using ledger = await seriesAt(early, directory)
    for (let at = 0; at < 50; at++) await ledger.write(intent(idAt(start + at), start + at))
    early.advance(86_400_000)
    await ledger.settle()
  }
  const clock = handClock(Date.UTC(2026, 8, 1))
  await using ledger = await seriesAt(clock, directory, 1)
  await until('the entries are deleted', () => !existsSync(join(directory, '2026h1', 'segments')))
  const act = idAt(clock.now())
  await ledger.write(intent(act, clock.now()))
  await ledger.write(outcome(act, clock.now()))
  const receipts = createReceipts(ledger, async () => undefined)
  expect(await verifyReceipt(await receipts.receipt(act, may))).toMatchObject({ ok: true })
  await expect(receipts.receipt(idAt(start), may)).rejects.toMatchObject({ code: 'act.unknown' })
  const { acts, next } = await receipts.feed(10, undefined, () => true)
  expect(acts.map((each) => each.act)).toEqual([act])
  expect(next).toBeUndefined()
})
