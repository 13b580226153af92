import { createServer, connect } from 'node:net'
import type { Server } from 'node:net'
import { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import { listenAt } from './listen.ts'
import type { Log } from './log.ts'
import { silentLog } from './log.ts'

function options(port = 0, addresses = ['127.0.0.1', '::1']) {
  return {
    addresses,
    port,
    setting: 'AMBIT_PORT',
    log: silentLog,
    create: () => createServer((socket) => socket.end()),
  }
}

function close(servers: readonly Server[]): void {
  for (const server of servers) server.close()
}

test('listens on both loopback addresses with one port', async () => {
  const { port, servers, at } = await listenAt(options())
  expect(at[0]).toBe(`127.0.0.1:${port}`)
  for (const address of at.map((text) => text.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '')))
    await new Promise<void>((resolve, reject) => {
      connect({ host: address, port }).once('connect', resolve).once('error', reject).resume()
    })
  close(servers)
})

test('names the setting and the port when another process has it', async () => {
  const first = await listenAt(options(0, ['127.0.0.1']))
  const refused = await listenAt(options(first.port)).catch((error: unknown) => error)
  expect(Fault.is(refused, 'listen.failed') && refused.where).toBe('AMBIT_PORT')
  expect(String(refused)).toContain(String(first.port))
  close(first.servers)
})

test('leaves ::1 out with a line where there is no IPv6', async () => {
  const lines: string[] = []
  const log: Log = { ...silentLog, warn: (event) => void lines.push(event) }
  const { port, servers, at } = await listenAt({ ...options(), log, create: serverWithoutIPv6 })
  expect(at).toEqual([`127.0.0.1:${port}`])
  expect(lines).toEqual(['listen.no-ipv6'])
  close(servers)
})

function serverWithoutIPv6(): Server {
  const server = createServer()
  const listen = server.listen.bind(server) as (at: { host: string }, done: () => void) => Server
  const refuse = () => server.emit('error', Object.assign(new Error('no'), { code: 'EADDRNOTAVAIL' }))
  const listenWithoutIPv6 = (at: { host: string }, done: () => void) => {
    if (at.host !== '::1') return listen(at, done)
    process.nextTick(refuse)
    return server
  }
  return Object.assign(server, { listen: listenWithoutIPv6 as Server['listen'] })
}
