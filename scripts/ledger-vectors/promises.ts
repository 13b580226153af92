/* Promises of a log, and receipts over two logs. Their keys are made from the seed of the README, and the bytes never change. */
import { TestLog, act, intent, outcome } from '@ambit/core/receipt-fixture'

const seed = Uint8Array.from({ length: 32 }, (_, at) => at + 1)

async function smallLog(): Promise<TestLog> {
  const log = await TestLog.make('log.example/activity', seed)
  log.append(intent)
  log.append(outcome)
  return log
}

export async function promises(): Promise<unknown> {
  const log = await smallLog()
  const leaves = [
    { kind: 'act.intent', index: 1, hash: log.hash(1) },
    { kind: 'act.outcome', index: 2, hash: log.hash(2) },
  ]
  const promise = log.promise(leaves)
  const one = log.promise(leaves.slice(1))
  const other = await TestLog.make('other.example/activity', seed)
  const receipt = receiptOf(log)
  const forked = await smallLog()
  forked.entries[2] = forked.entries[2]!.replace('completed', 'failed')
  return {
    vkey: log.vkey,
    valid: [
      { name: 'intent and outcome', dueAt: Date.UTC(2026, 10, 20, 0, 0, 1), promise },
      { name: 'one entry', dueAt: Date.UTC(2026, 10, 20, 0, 0, 1), promise: one },
    ],
    invalid: [
      { name: 'not a promise', code: 'promise.malformed', promise: {} },
      {
        name: 'a delay of more than a second',
        code: 'promise.malformed',
        promise: { ...promise, mergeDelayMs: 1001 },
      },
      { name: 'no entries', code: 'promise.malformed', promise: { ...promise, leaves: [] } },
      {
        name: 'two entries at one index',
        code: 'promise.malformed',
        promise: log.promise([leaves[0]!, { ...leaves[1]!, index: 1 }]),
      },
      {
        name: 'the key of another log',
        code: 'promise.malformed',
        promise: { ...promise, log: { ...promise.log, vkey: other.vkey } },
      },
      { name: 'another act', code: 'promise.signature', promise: { ...promise, act: 'another' } },
      {
        name: 'another time',
        code: 'promise.signature',
        promise: { ...promise, at: '2026-11-20T00:00:01.000Z' },
      },
      {
        name: 'the signature of a checkpoint',
        code: 'promise.signature',
        promise: { ...promise, signature: checkpointSignature(log) },
      },
    ],
    checks: [
      { name: 'a receipt with both entries', state: 'kept', promise, receipt },
      {
        name: 'a receipt with one of them',
        state: 'unproven',
        promise,
        receipt: { ...receipt, leaves: receipt.leaves.slice(0, 1) },
      },
      { name: 'another entry at a promised index', state: 'broken', promise, receipt: receiptOf(forked) },
    ],
  }
}

export async function receiptsOverLogs(): Promise<unknown> {
  const first = await TestLog.make('log.example/activity/2026h2', seed)
  const second = await TestLog.make('log.example/activity/2027h1', seed.toReversed())
  const begun = first.append(intent)
  const ended = second.append(outcome)
  const receipt = {
    v: 1,
    type: 'receipt',
    act,
    log: first.named,
    leaves: [first.leaf(begun), second.leaf(ended, 1)],
    checkpoint: first.checkpoint(),
    more: [{ log: second.named, checkpoint: second.checkpoint() }],
  }
  const [intentLeaf, outcomeLeaf] = receipt.leaves
  const turned = {
    ...receipt,
    log: second.named,
    checkpoint: second.checkpoint(),
    more: [{ log: first.named, checkpoint: first.checkpoint() }],
    leaves: [
      { ...outcomeLeaf, log: 0 },
      { ...intentLeaf, log: 1 },
    ],
  }
  return {
    vkeys: [first.vkey, second.vkey],
    valid: [{ name: 'the intent in one log, the outcome in the next', receipt }],
    invalid: [
      { name: 'the logs in the wrong order', code: 'receipt.order', receipt: turned },
      {
        name: 'a leaf of one log said to be of the other',
        code: 'receipt.malformed',
        receipt: { ...receipt, leaves: [intentLeaf, { ...outcomeLeaf, log: 0 }] },
      },
      {
        name: 'a leaf in a log that is not named',
        code: 'receipt.malformed',
        receipt: { ...receipt, leaves: [intentLeaf, { ...outcomeLeaf, log: 2 }] },
      },
      {
        name: 'one log named twice',
        code: 'receipt.malformed',
        receipt: { ...receipt, more: [{ log: first.named, checkpoint: first.checkpoint() }] },
      },
      {
        name: 'the checkpoint of the other log',
        code: 'receipt.checkpoint',
        receipt: { ...receipt, more: [{ log: second.named, checkpoint: first.checkpoint() }] },
      },
    ],
  }
}

function receiptOf(log: TestLog) {
  const leaves = [log.leaf(1), log.leaf(2)]
  return { v: 1, type: 'receipt', act, log: log.named, leaves, checkpoint: log.checkpoint() }
}

/** Without the key id before it. */
function checkpointSignature(log: TestLog): string {
  const payload = log.checkpoint().trimEnd().split(' ').at(-1)!
  return Uint8Array.fromBase64(payload).slice(4).toBase64()
}
