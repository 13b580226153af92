import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPromise } from '@ambit/core/promise-check'
import { verifyPromise } from '@ambit/core/promise'
import { verifyReceipt } from '@ambit/core/receipt'
import { handClock } from '@ambit/testkit/clock'
import { afterAll, expect, test } from 'vitest'
import { createKeyring } from '../kernel/keyring.ts'
import { noteSigner, openFileGuard, openLedger, openSeries } from '../ledger/ledger.ts'
import type { LedgerGuard } from '../ledger/ledger.ts'
import { proveAct } from './act-prover.ts'
import { createReceiptAnswers } from './receipt-answer.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-receipt-answer-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const act = '0192aa00000070008000000000000001'
const origin = 'node.example/activity'
const refused = JSON.stringify({
  act,
  arguments: `sha256:${'ab'.repeat(32)}`,
  at: '2026-01-01T00:00:00.000Z',
  callers: ['someone'],
  capability: 'echo',
  in: 'mcp/2026-07-28',
  kind: 'act.refused',
  links: [],
  reasons: [{ code: 'user.only', rule: 'm' }],
  rulings: 0,
  trace: act,
  v: 1,
})

/** A log whose guard waits while `hold` is set, as on a disk that hangs. */
async function slowLog(name: string) {
  const clock = handClock()
  const guard = await openFileGuard(join(root, `${name}-guard`))
  const gate: { hold: boolean; letGo: () => void } = { hold: false, letGo: () => undefined }
  const slow: LedgerGuard = {
    read: (of) => guard.read(of),
    async advance(of, from, to) {
      if (gate.hold) await new Promise<void>((resolve) => (gate.letGo = resolve))
      return await guard.advance(of, from, to)
    },
  }
  const ledger = await openLedger({
    directory: join(root, name),
    origin,
    signer: noteSigner(origin, generateKeyPairSync('ed25519').privateKey),
    guard: slow,
    clock,
    onFailure: (fault) => {
      throw fault
    },
  })
  const settle = async () => undefined
  const urlOf = (of: string) => `http://node.example/${of}`
  return { ledger, clock, gate, answers: createReceiptAnswers({ ledger, settle, clock, urlOf }) }
}

test('gives the receipt at once, without waiting for the merge delay', async () => {
  const { ledger, answers } = await slowLog('quick')
  const index = await ledger.write(refused)
  const answer = await answers.answer(act, 'receipt', [{ index, text: refused }])
  expect(answer).toMatchObject({ act, url: `http://node.example/${act}`, log: origin })
  expect(await verifyReceipt(answer.receipt, { vkeys: [ledger.vkey] })).toMatchObject({ ok: true, act })
  expect(Object.keys(answers.handle(act))).toEqual(['act', 'url', 'log'])
  await ledger[Symbol.asyncDispose]()
})

test('where the checkpoint is late, the answer carries the promise and says why', async () => {
  const { ledger, clock, gate, answers } = await slowLog('late')
  const index = await ledger.write(refused)
  gate.hold = true
  const waiting = answers.answer(act, 'receipt', [{ index, text: refused }])
  await new Promise(setImmediate)
  clock.advance(1000)
  const { promise, receipt, why } = await waiting
  expect(receipt).toBeUndefined()
  expect(why).toContain('not published within 1000 ms')
  expect(await verifyPromise(promise, { vkeys: [ledger.vkey] })).toMatchObject({ ok: true })
  gate.hold = false
  gate.letGo()
  const proved = await proveAct(ledger, act, [{ index, text: refused }])
  expect(await checkPromise(promise, { receipt: proved })).toMatchObject({ state: 'kept' })
  await ledger[Symbol.asyncDispose]()
})

test('a log that is closed promises nothing, and the answer says why', async () => {
  const { ledger, answers } = await slowLog('closed')
  const index = await ledger.write(refused)
  await ledger[Symbol.asyncDispose]()
  const answer = await answers.answer(act, 'promise', [{ index, text: refused }])
  expect(answer.promise).toBeUndefined()
  expect(answer.why).toContain('closed')
})

test('a log that has ended meanwhile is not promised for by the one after it', async () => {
  const clock = handClock()
  await using series = await openSeries({
    directory: join(root, 'series'),
    name: origin,
    keyring: createKeyring(Buffer.alloc(32, 1), clock),
    guard: await openFileGuard(join(root, 'series-guard')),
    clock,
    onFailure: (fault) => {
      throw fault
    },
  })
  const settle = async () => undefined
  const answers = createReceiptAnswers({ ledger: series, settle, clock, urlOf: (of) => of })
  const leaves = [{ index: await series.write(refused), text: refused }]
  const { vkey } = series
  expect(await verifyPromise((await answers.answer(act, 'promise', leaves)).promise)).toMatchObject({
    ok: true,
  })
  await series.rotate('a test')
  const answer = await answers.answer(act, 'promise', leaves)
  expect(answer.promise).toBeUndefined()
  expect(answer.why).toContain('has ended')
  const { receipt } = await answers.answer(act, 'receipt', leaves)
  expect(await verifyReceipt(receipt, { vkeys: [vkey] })).toMatchObject({ ok: true })
})

test('an act that is not in the log has a handle and a reason', async () => {
  const { ledger, answers } = await slowLog('none')
  for (const of of [act, 'nonsense']) {
    const answer = await answers.find(of, 'receipt')
    expect(answer.receipt).toBeUndefined()
    expect(answer.why?.length).toBeGreaterThan(10)
  }
  await ledger.write(refused)
  expect((await answers.find(act, 'receipt')).receipt?.leaves).toHaveLength(1)
  await ledger[Symbol.asyncDispose]()
})

test('leaves of two logs make one receipt, each leaf under the checkpoint of its own', async () => {
  const first = await slowLog('first')
  const second = await slowLog('second')
  const at = [await first.ledger.write('{"a":1}'), await second.ledger.write('{"b":2}')]
  const receipt = await proveAct(
    {
      prove: async (index) =>
        index === 0
          ? await first.ledger.prove(at[0]!)
          : { ...(await second.ledger.prove(at[1]!)), origin: 'node.example/next' },
    },
    act,
    [
      { index: 0, text: '{"a":1}' },
      { index: 1, text: '{"b":2}' },
    ],
  )
  expect(receipt).toMatchObject({
    log: { origin, vkey: first.ledger.vkey },
    more: [{ log: { origin: 'node.example/next' } }],
    leaves: [{ index: at[0] }, { log: 1, index: at[1] }],
  })
  expect(receipt.leaves[0]).not.toHaveProperty('log')
  await first.ledger[Symbol.asyncDispose]()
  await second.ledger[Symbol.asyncDispose]()
})
