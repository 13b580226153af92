import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handClock } from '@ambit/testkit/clock'
import { send } from '@ambit/testkit/raw-http'
import { afterAll, expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import { noteSigner, openFileGuard, openLedger } from '../ledger/ledger.ts'
import type { LedgerGuard } from '../ledger/ledger.ts'
import { openHealth } from './health.ts'
import { countMergeDelay, ledgerCheck } from './merge-delay.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-ops-merge-delay-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('a log whose guard hangs says how late it is, is not ready when that lasts, and ready again when it has published', async () => {
  const clock = handClock()
  const origin = 'node.example/activity'
  const guard = await openFileGuard(join(root, 'guard'))
  let letGo: (() => void) | undefined
  let slow = false
  const hanging: LedgerGuard = {
    read: (of) => guard.read(of),
    async advance(of, from, to) {
      if (slow) await new Promise<void>((resolve) => (letGo = resolve))
      return await guard.advance(of, from, to)
    },
  }
  await using ledger = await openLedger({
    directory: join(root, 'log'),
    origin,
    signer: noteSigner(origin, generateKeyPairSync('ed25519').privateKey),
    guard: hanging,
    clock,
    onFailure: (fault) => {
      throw fault
    },
  })
  const metrics = createMetrics()
  countMergeDelay(metrics, [ledger])
  await using health = await openHealth({
    addresses: ['127.0.0.1'],
    port: 0,
    hosts: [],
    checks: [ledgerCheck(origin, ledger)],
    metrics,
    clock: handClock(),
    log: silentLog,
  })
  const ready = async () => await send(health.port, { path: '/health/ready' })
  const metric = async () =>
    /^ambit_log_merge_delay_ms (\d+)$/m.exec((await send(health.port, { path: '/metrics' })).text)?.[1]

  slow = true
  await ledger.write('late')
  const published = ledger.checkpoint(2)
  clock.advance(1000)
  expect((await ready()).status).toBe(200)
  expect(await metric()).toBe('1000')
  clock.advance(250)
  // The promise is broken, and the metric says so.
  expect((await ready()).status).toBe(200)
  expect(await metric()).toBe('1250')
  clock.advance(4000)
  const answer = await ready()
  expect(answer.status).toBe(503)
  expect(answer.text).toContain('entries wait 5250 ms for their checkpoint')
  expect(await metric()).toBe('5250')
  slow = false
  letGo?.()
  await published
  expect((await ready()).status).toBe(200)
  // What was late stays to be seen until the next publication.
  expect(await metric()).toBe('5250')
})
