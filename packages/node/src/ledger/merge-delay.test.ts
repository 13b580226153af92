import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyPromise, signPromise } from '@ambit/core/promise'
import { handClock } from '@ambit/testkit/clock'
import { afterAll, expect, test } from 'vitest'
import { logsIn, origin } from './ledger-fixture.ts'
import { openLedger } from './ledger.ts'
import type { LedgerGuard } from './ledger.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-merge-delay-'))
const options = logsIn(root)
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('says how long entries wait for a checkpoint while the disk of the guard is slow', async () => {
  const clock = handClock()
  const given = await options({ clock })
  let letGo: () => void = () => undefined
  let slow = false
  const guard: LedgerGuard = {
    read: (of) => given.guard.read(of),
    async advance(of, from, to) {
      if (slow) await new Promise<void>((resolve) => (letGo = resolve))
      return await given.guard.advance(of, from, to)
    },
  }
  await using ledger = await openLedger({ ...given, guard })
  expect(ledger.state()).toMatchObject({ unpublishedMs: 0, size: 1, publishedSize: 1 })
  slow = true
  await ledger.write('one')
  clock.advance(400)
  expect(ledger.state().unpublishedMs).toBe(400)
  const published = ledger.checkpoint(2)
  await Promise.resolve()
  clock.advance(900)
  expect(ledger.state()).toMatchObject({ unpublishedMs: 1300, publishedSize: 1 })
  slow = false
  letGo()
  await published
  expect(ledger.state()).toMatchObject({ unpublishedMs: 0, mergeDelayMs: 1300, publishedSize: 2 })
  clock.advance(5000)
  expect(ledger.state().unpublishedMs).toBe(0)
})

test('an entry that came during a publication waits from when that began', async () => {
  const clock = handClock()
  const given = await options({ clock })
  const steps: (() => void)[] = []
  let slow = false
  const guard: LedgerGuard = {
    read: (of) => given.guard.read(of),
    async advance(of, from, to) {
      if (slow) await new Promise<void>((resolve) => void steps.push(resolve))
      return await given.guard.advance(of, from, to)
    },
  }
  await using ledger = await openLedger({ ...given, guard })
  slow = true
  await ledger.write('one')
  const published = ledger.checkpoint(2)
  await Promise.resolve()
  clock.advance(100)
  await ledger.write('two')
  slow = false
  steps.forEach((step) => step())
  await published
  clock.advance(50)
  expect(ledger.state()).toMatchObject({ size: 3, publishedSize: 2, unpublishedMs: 150 })
})

test('signs promises with the key of the log, and none once it is closed', async () => {
  const ledger = await openLedger(await options())
  const at = await ledger.write('one')
  expect(ledger.place(at)).toEqual({ origin, vkey: ledger.vkey, index: at })
  const said: Parameters<typeof signPromise>[0] = {
    v: 1,
    type: 'promise',
    act: 'a',
    log: { origin, vkey: ledger.vkey },
    leaves: [{ kind: 'x', index: at, hash: `sha256:${'0'.repeat(64)}` }],
    at: '2026-11-20T00:00:00Z',
    mergeDelayMs: 1000,
  }
  const promise = signPromise(said, (content) => ledger.sign('promise', content))
  expect(await verifyPromise(promise, { vkeys: [ledger.vkey] })).toMatchObject({ ok: true })
  await ledger[Symbol.asyncDispose]()
  expect(() => ledger.sign('promise', Buffer.from('x'))).toThrow('closed')
})
