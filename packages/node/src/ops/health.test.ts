import { handClock } from '@ambit/testkit/clock'
import { send } from '@ambit/testkit/raw-http'
import { expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import { openHealth } from './health.ts'
import type { Check } from './health.ts'

async function start(checks: readonly Check[], clock = handClock()) {
  const metrics = createMetrics()
  return await openHealth({
    addresses: ['127.0.0.1'],
    port: 0,
    hosts: ['node.example'],
    checks,
    metrics,
    clock,
    log: silentLog,
  })
}

test('is live, and ready when every check holds', async () => {
  let ledger: string | undefined
  await using health = await start([
    { name: 'ledger', reason: async () => ledger },
    { name: 'store', reason: async () => undefined },
  ])
  const { port } = health
  expect((await send(port, { path: '/health/live' })).json()).toEqual({ status: 'live' })
  expect((await send(port, { path: '/health/ready' })).json()).toEqual({ status: 'ready' })
  ledger = 'the disk is full'
  const answer = await send(port, { path: '/health/ready' })
  expect(answer.status).toBe(503)
  expect(answer.json()).toEqual({ status: 'not ready', reasons: ['ledger: the disk is full'] })
  expect((await send(port, { path: '/health/live' })).status).toBe(200)
})

test('a check that throws or never answers has failed, without its words', async () => {
  const clock = handClock()
  await using health = await start(
    [
      {
        name: 'store',
        reason: async () => {
          throw new TypeError('password hunter2')
        },
      },
      {
        name: 'ledger',
        reason: async () =>
          await new Promise<undefined>(() => {
            queueMicrotask(() => clock.advance(2000))
          }),
      },
    ],
    clock,
  )
  const answer = await send(health.port, { path: '/health/ready' })
  expect(answer.json()['reasons']).toEqual(['store: failed (TypeError)', 'ledger: no answer in 2000 ms'])
})

test('writes metrics of the process', async () => {
  await using health = await start([])
  const answer = await send(health.port, { path: '/metrics' })
  expect(answer.headers['content-type']).toContain('version=0.0.4')
  expect(answer.text).toMatch(/process_resident_memory_bytes \d{7,}/)
  expect(answer.text).toContain('ambit_uptime_seconds 0')
})

test('answers addresses and its own names, and no page', async () => {
  await using health = await start([])
  const status = async (headers: Record<string, string>, path = '/metrics') =>
    (await send(health.port, { path, headers })).status
  expect(await status({ host: '10.0.0.7:7103' })).toBe(200)
  expect(await status({ host: 'node.example' })).toBe(200)
  expect(await status({ host: 'evil.example' })).toBe(403)
  expect(await status({ origin: 'http://localhost:7100' })).toBe(403)
  expect(await status({}, '/')).toBe(404)
  expect((await send(health.port, { method: 'POST', path: '/metrics', body: '{}' })).status).toBe(405)
})
