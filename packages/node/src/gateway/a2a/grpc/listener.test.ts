import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { rawGrpcCaller } from '@ambit/testkit/a2a-grpc-raw'
import { startA2aNode } from '@ambit/testkit/a2a-node'
import { selfSigned } from '@ambit/testkit/certificate'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { silentLog } from '../../../kernel/log.ts'
import { openGrpcListener } from './listener.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-grpc-'))
const { cert, key } = selfSigned('localhost')
const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
writeFileSync(tls.certFile, cert)
writeFileSync(tls.keyFile, key)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const options = { addresses: ['127.0.0.1'], port: 0, services: [], clock: systemClock, log: silentLog }

test('serves TLS with the certificate of the node', async () => {
  const agent = await startA2aAgent({ bindings: ['GRPC'] })
  const node = await startA2aNode({ agents: { echo: agent.url }, grpcTls: tls })
  const caller = rawGrpcCaller(node.grpcAddress, Buffer.from(cert), 'localhost')
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  expect((await caller.call('SendMessage', { tenant: 'echo', message }, { token: 'ada' })).status).toBe('OK')
  const plain = rawGrpcCaller(node.grpcAddress)
  expect((await plain.call('SendMessage', { tenant: 'echo', message }, { token: 'ada' })).status).toBe(
    'UNAVAILABLE',
  )
  caller.close()
  plain.close()
  await node[Symbol.asyncDispose]()
  await agent.close()
})

test('a certificate that cannot be used is told of with its setting', async () => {
  for (const wrong of [
    { ...tls, certFile: join(folder, 'missing.pem') },
    { ...tls, certFile: tls.keyFile },
  ]) {
    await expect(openGrpcListener({ ...options, tls: wrong })).rejects.toMatchObject({
      code: 'config.invalid',
      where: 'AMBIT_TLS_CERT',
    })
  }
})

test('a port that is taken is told of with its setting', async () => {
  const first = await openGrpcListener({ ...options, tls: undefined })
  await expect(openGrpcListener({ ...options, port: first.port, tls: undefined })).rejects.toMatchObject({
    code: 'listen.failed',
    where: 'AMBIT_GRPC_PORT',
  })
  await first.close()
})

test('what is not HTTP/2, or breaks its rules, ends its own connection only', async () => {
  const listener = await openGrpcListener({ ...options, tls: undefined })
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  for (const bytes of [
    'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
    `${preface}nonsense nonsense nonsense`,
    // A SETTINGS frame, then one of 16 MiB, which nobody agreed to.
    `${preface}\x00\x00\x00\x04\x00\x00\x00\x00\x00\xff\xff\xff\x01\x05\x00\x00\x00\x01`,
  ]) {
    await new Promise<void>((resolve) => {
      const socket = connect(listener.port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      socket.resume()
      socket.setTimeout(500, () => socket.destroy())
    })
  }
  const caller = rawGrpcCaller(`127.0.0.1:${listener.port}`)
  expect((await caller.call('GetTask', { id: 't' })).status).toBe('UNIMPLEMENTED')
  caller.close()
  await listener.close()
})

test('closing does not wait for a connection that has nothing to say', async () => {
  const listener = await openGrpcListener({ ...options, tls: undefined })
  const caller = rawGrpcCaller(`127.0.0.1:${listener.port}`)
  // No service: the call fails, and its connection stays.
  expect((await caller.call('GetTask', { id: 't' })).status).toBe('UNIMPLEMENTED')
  await listener.close()
  caller.close()
})
