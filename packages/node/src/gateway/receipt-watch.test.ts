import type { ReceiptAnswer } from '@ambit/core/wire/receipt-wish'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import type { LoggedLeaf } from '../receipt/receipt.ts'
import type { IngressSink } from './gateway.ts'
import { aPath, anIntake } from './path-fixture.ts'
import { submit } from './submit.ts'

function watched(wish: 'handle' | 'promise' | 'receipt') {
  const clock = handClock()
  const path = aPath(clock)
  const told: { word: string; receipt: ReceiptAnswer | undefined }[] = []
  const proved: (readonly LoggedLeaf[])[] = []
  const sink: IngressSink = {
    event: () => true,
    outcome: (outcome, _act, receipt) => void told.push({ word: outcome.status, receipt }),
    refused: (_decision, _act, receipt) => void told.push({ word: 'refused', receipt }),
    asked: () => void told.push({ word: 'asked', receipt: undefined }),
    failed: (fault) => void told.push({ word: fault.code, receipt: undefined }),
  }
  const receipts = {
    ...path.parts.receipts,
    answer: async (act: string, _wish: unknown, leaves: readonly LoggedLeaf[]) => {
      proved.push(leaves)
      return { ...path.parts.receipts.handle(act), why: 'proved' }
    },
  }
  const submitIt = () => submit({ ...path.parts, receipts }, { ...anIntake(), receipt: wish }, sink)
  return { clock, path, told, proved, submitIt }
}

const completed = { status: 'completed', value: {} } as const
const turn = async () => await new Promise(setImmediate)

test('holds the answer back until both leaves are durable, and proves exactly those', async () => {
  const { path, told, proved, submitIt } = watched('receipt')
  const { id } = submitIt()
  path.sync()
  path.upstream[0]!.sink.outcome(completed)
  await turn()
  expect(told).toEqual([])
  path.sync()
  await turn()
  expect(told).toMatchObject([{ word: 'completed', receipt: { act: id, why: 'proved' } }])
  expect(proved[0]?.map(({ text }) => (JSON.parse(text) as { kind: string }).kind)).toEqual([
    'act.intent',
    'act.outcome',
  ])
})

test('an outcome that is not durable within a second is told with a handle and the reason', async () => {
  const { clock, path, told, submitIt } = watched('promise')
  submitIt()
  path.sync()
  path.upstream[0]!.sink.outcome(completed)
  await turn()
  clock.advance(999)
  await turn()
  expect(told).toEqual([])
  clock.advance(1)
  await turn()
  expect(told).toMatchObject([{ word: 'completed', receipt: { why: expect.stringContaining('durable') } }])
  expect(told[0]?.receipt?.promise).toBeUndefined()
})

test('a handle waits for nothing', async () => {
  const { path, told, submitIt } = watched('handle')
  submitIt()
  path.sync()
  path.upstream[0]!.sink.outcome(completed)
  expect(told).toMatchObject([{ word: 'completed', receipt: { log: 'test' } }])
})

test('a refusal is proved by its one leaf', async () => {
  const { path, told, proved, submitIt } = watched('receipt')
  path.decision = { class: 'refuse', reasons: [{ code: 'x', rule: 'r', what: 'no' }], obligations: [] }
  submitIt()
  path.sync()
  await turn()
  expect(told).toMatchObject([{ word: 'refused', receipt: { why: 'proved' } }])
  expect(proved[0]).toHaveLength(1)
})
