import { certifiedClient } from '@ambit/testkit/agent-client'
import { openCaRoom } from '@ambit/testkit/ca-room'
import { certificateRequest } from '@ambit/testkit/certificate-request'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import { openStore } from '../store/store.ts'
import { openAgentListener } from './agent-listener.ts'

test('a request that waited for its mandate begins nothing when the certificate was revoked meanwhile', async () => {
  await using store = await openStore('sqlite::memory:')
  // TLS knows no other time than that of the machine.
  const clock = handClock(Date.now())
  await using room = await openCaRoom(store, { clock })
  const { ca, bus } = room
  const aic = room.records.add('one')
  const { der: csr, privateKey } = await certificateRequest(aic)
  const { certificate, chain } = await ca.issue({ aic, usage: 'clientAuth', csr, by: 'p_1' })
  const handled: string[] = []
  const waiting: (() => void)[] = []
  const listener = await openAgentListener({
    ca,
    bus,
    clock,
    log: silentLog,
    metrics: createMetrics(),
    addresses: ['127.0.0.1'],
    port: 0,
    hosts: [],
    dataPaths: [
      {
        claims: () => true,
        handle(request, response) {
          handled.push(request.url ?? '')
          response.end('done')
        },
      },
    ],
    over: async () => await new Promise<void>((resolve) => waiting.push(resolve)),
    ended: () => undefined,
  })
  const client = certifiedClient(ca.trustBundle(), { privateKey, chain })
  const call = async (path: string) =>
    await client.fetch(`https://localhost:${listener.port}${path}`).then(
      async (answer) => await answer.text(),
      () => 'disconnected',
    )
  const first = call('/first')
  await expect.poll(() => waiting.length).toBe(1)
  waiting.pop()!()
  expect(await first).toBe('done')
  const second = call('/second')
  await expect.poll(() => waiting.length).toBe(1)
  await ca.revoke({ aic, serial: certificate.serial, reason: 4, by: 'p_1' })
  waiting.pop()!()
  expect(await second).toBe('disconnected')
  expect(handled).toEqual(['/first'])
  client.close()
  await listener.close()
})
