import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { base64url, utf8 } from './bytes.ts'
import { addSignatures, cosign } from './log/cosignature.ts'
import type { Cosigner } from './log/note.ts'
import { parsePolicy } from './log/policy.ts'
import { TestLog, act, intent, outcome } from './receipt-fixture.ts'
import { commitment, verifyReceipt } from './receipt.ts'
import type { Receipt } from './receipt.ts'

interface OverLogsVectors {
  vkeys: string[]
  valid: { name: string; receipt: unknown }[]
  invalid: { name: string; code: string; receipt: unknown }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/ledger/receipts-over-logs.json', import.meta.url), 'utf8'),
) as OverLogsVectors

test.each(vectors.valid)('verifies the vector: $name', async ({ receipt: given }) => {
  expect(await verifyReceipt(given, { vkeys: vectors.vkeys })).toMatchObject({ ok: true, keyPinned: true })
})

test.each(vectors.invalid)('refuses the vector: $name', async ({ receipt: given, code }) => {
  expect(await verifyReceipt(given, { vkeys: vectors.vkeys })).toMatchObject({ ok: false, code })
})

const salt = new Uint8Array(32).fill(5)

let first: TestLog
let second: TestLog
let receipt: Receipt

beforeAll(async () => {
  first = await TestLog.make('node.example/2026h2')
  second = await TestLog.make('node.example/2027h1')
  const begun = first.append({ ...intent, arguments: await commitment(salt, utf8('{}')) })
  const ended = second.append(outcome)
  second.append({ ...outcome, act: 'another' })
  receipt = {
    v: 1,
    type: 'receipt',
    act,
    log: first.named,
    checkpoint: first.checkpoint(),
    more: [{ log: second.named, checkpoint: second.checkpoint() }],
    leaves: [first.leaf(begun), second.leaf(ended, 1)],
  }
})

test('an act that began in one log and ended in the next is proved by both', async () => {
  expect(await verifyReceipt(receipt, { vkeys: [first.vkey, second.vkey] })).toMatchObject({
    ok: true,
    keyPinned: true,
    checkpointSize: 2,
    leaves: [
      { log: 0, index: 1, leaf: { kind: 'act.intent' } },
      { log: 1, index: 1, leaf: { kind: 'act.outcome' } },
    ],
    logs: [
      { origin: first.origin, size: 2, keyPinned: true },
      { origin: second.origin, size: 3, keyPinned: true },
    ],
  })
})

test('an opening is of the log that it names', async () => {
  const opening = { index: 1, field: 'arguments', salt: base64url(salt), text: '{}' }
  expect(await verifyReceipt({ ...receipt, openings: [opening] })).toMatchObject({ ok: true })
  expect(await verifyReceipt({ ...receipt, openings: [{ ...opening, log: 1 }] })).toMatchObject({
    ok: false,
    code: 'receipt.opening',
  })
})

test('leaves stand in the order of their logs, whatever their indexes', async () => {
  const asked = { ...approval, step: 'asked' }
  const [one, two] = [await TestLog.make('node.example/one'), await TestLog.make('node.example/two')]
  const early = two.append(asked)
  one.append({ ...outcome, act: 'another' })
  const late = one.append({ ...approval, step: 'denied' })
  const turned = {
    ...receipt,
    log: one.named,
    checkpoint: one.checkpoint(),
    more: [{ log: two.named, checkpoint: two.checkpoint() }],
    leaves: [two.leaf(early, 1), one.leaf(late)],
  }
  expect(early).toBeLessThan(late)
  expect(await verifyReceipt(turned)).toMatchObject({ ok: false, code: 'receipt.order' })
  const right = { ...turned, leaves: turned.leaves.toReversed() }
  expect(await verifyReceipt(right)).toMatchObject({ ok: true })
})

const approval = {
  v: 1,
  kind: 'approval',
  at: '2026-11-20T00:00:00Z',
  act,
  approval: 'ap_1',
  card: `sha256:${'cd'.repeat(32)}`,
}

test('trusting one of two logs is not enough', async () => {
  expect(await verifyReceipt(receipt, { vkeys: [first.vkey] })).toMatchObject({
    ok: false,
    code: 'receipt.key-unknown',
    where: 'more.0.log.vkey',
  })
})

test.each<[string, (from: Receipt) => unknown, string]>([
  ['logs in the wrong order', swapped, 'receipt.order'],
  ['a leaf in a log that is not named', (from) => withLog(from, 2), 'receipt.malformed'],
  ['a leaf of one log said to be of the other', (from) => withLog(from, 0), 'receipt.malformed'],
  ['a log number beyond the form', (from) => withLog(from, 2 ** 31), 'receipt.malformed'],
  ['a log number below zero', (from) => withLog(from, -1), 'receipt.malformed'],
  ['one log named twice', twice, 'receipt.malformed'],
  ['a checkpoint of the other log', otherCheckpoint, 'receipt.checkpoint'],
  ['an opening in a log that has no such leaf', opened, 'receipt.opening'],
  ['paths of ten thousand hashes', longPath, 'receipt.malformed'],
])('refuses %s', async (_, change, code) => {
  expect(await verifyReceipt(change(receipt))).toMatchObject({ ok: false, code })
})

function swapped(from: Receipt): unknown {
  const [begun, ended] = from.leaves
  const [after] = from.more!
  return {
    ...from,
    ...after!,
    more: [{ log: from.log, checkpoint: from.checkpoint }],
    leaves: [
      { ...ended!, log: 0 },
      { ...begun!, log: 1 },
    ],
  }
}

function withLog(from: Receipt, log: number): unknown {
  return { ...from, leaves: [from.leaves[0], { ...from.leaves[1], log }] }
}

function twice(from: Receipt): unknown {
  return { ...from, more: [{ log: from.log, checkpoint: from.checkpoint }] }
}

function otherCheckpoint(from: Receipt): unknown {
  return { ...from, more: [{ log: second.named, checkpoint: from.checkpoint }] }
}

function opened(from: Receipt): unknown {
  const salt = Buffer.alloc(32).toString('base64url')
  return { ...from, openings: [{ log: 1, index: 7, field: 'result', salt, text: '{}' }] }
}

function longPath(from: Receipt): unknown {
  const hashes = Array.from({ length: 10_000 }, () => Buffer.alloc(32).toString('base64'))
  return { ...from, leaves: [{ ...from.leaves[0], hashes }, from.leaves[1]] }
}

test('hostile numbers anywhere in a receipt are a named problem', async () => {
  const numbers = fc.oneof(
    fc.constantFrom(0, -0, -1, 1, 2, 3, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, 0.5),
    fc.integer(),
    fc.double({ noNaN: true }),
  )
  const place = fc.constantFrom('log', 'index')
  await fc.assert(
    fc.asyncProperty(numbers, place, fc.nat(1), async (number, name, at) => {
      const leaves = receipt.leaves.map((leaf, each) => (each === at ? { ...leaf, [name]: number } : leaf))
      const changed = { ...receipt, leaves }
      const isSame = JSON.stringify(normal(changed)) === JSON.stringify(normal(receipt))
      const verdict = await verifyReceipt(changed)
      expect(verdict.ok).toBe(isSame)
      if (!verdict.ok) expect(verdict.reason.length).toBeGreaterThan(5)
    }),
    { numRuns: 500 },
  )
})

/** A log that is left out is the first one. */
function normal(from: Receipt): unknown {
  return from.leaves.map(({ log = 0, index }) => [log + 0, index + 0])
}

test('a policy names the logs to trust, and asks for its witnesses', async () => {
  const none = await policyOf(`log ${first.vkey}\nlog ${second.vkey}\nquorum none\n`)
  expect(await verifyReceipt(receipt, { policy: none })).toMatchObject({ ok: true, keyPinned: true })
  const one = await policyOf(`log ${first.vkey}\nquorum none\n`)
  expect(await verifyReceipt(receipt, { policy: one })).toMatchObject({ code: 'receipt.key-unknown' })
})

test('a verdict names the witnesses of the policy and when they cosigned', async () => {
  const witness = await TestLog.makeWitness('witness.example')
  const policy = await policyOf(
    `log ${first.vkey}\nlog ${second.vkey}\nwitness ours ${witness.vkey}\nquorum ours\n`,
  )
  expect(await verifyReceipt(receipt, { policy })).toMatchObject({ ok: false, code: 'receipt.unwitnessed' })
  const [after] = receipt.more!
  const witnessed = {
    ...receipt,
    checkpoint: await cosigned(receipt.checkpoint, witness, 1_790_000_000),
    more: [{ ...after!, checkpoint: await cosigned(after!.checkpoint, witness, 1_790_000_001) }],
  }
  expect(await verifyReceipt(witnessed, { policy })).toMatchObject({
    ok: true,
    logs: [
      { witnesses: [{ name: 'ours', time: 1_790_000_000 }] },
      { witnesses: [{ name: 'ours', time: 1_790_000_001 }] },
    ],
  })
  // Without a policy nothing is said of witnesses.
  expect(await verifyReceipt(witnessed)).toMatchObject({ ok: true, logs: [{ witnesses: [] }, {}] })
})

async function cosigned(checkpoint: string, key: Cosigner, time: number): Promise<string> {
  const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1)
  return addSignatures(checkpoint, [await cosign(text, key, time)])
}

async function policyOf(text: string) {
  const parsed = await parsePolicy(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.policy
}
