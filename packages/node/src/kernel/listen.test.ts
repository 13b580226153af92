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

test('leaves the loopback of a family out with a line where there is none of it, and no other address', async () => {
  const lines: string[] = []
  const log: Log = { ...silentLog, warn: (event) => void lines.push(event) }
  const open = async (missing: string, addresses?: string[]) =>
    await listenAt({ ...options(0, addresses), log, create: () => serverWithout(missing) })
  const [four, six] = [await open('::1'), await open('127.0.0.1')]
  expect(four.at).toEqual([`127.0.0.1:${four.port}`])
  expect(six.at).toEqual([`[::1]:${six.port}`])
  expect(lines).toEqual(['listen.no-ipv6', 'listen.no-ipv4'])
  await expect(open('127.0.0.2', ['127.0.0.2'])).rejects.toMatchObject({ code: 'listen.failed' })
  await expect(open('::1', ['::1'])).rejects.toMatchObject({ code: 'listen.failed' })
  close([...four.servers, ...six.servers])
})

test('closes connections to addresses that it does not take, unread', async () => {
  const taken: Promise<boolean>[] = []
  let heard = 0
  const { port, servers } = await listenAt({
    ...options(0, ['127.0.0.1']),
    admits: () => taken.shift() ?? false,
    create: () => createServer((socket) => void socket.end('hello', () => (heard += 1))),
  })
  const said = async () =>
    await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect({ host: '127.0.0.1', port })
      socket.on('data', (bytes) => (text += bytes.toString()))
      socket.on('error', () => undefined)
      socket.once('close', () => resolve(text))
    })
  expect(await said()).toBe('')
  taken.push(Promise.resolve(false), Promise.resolve(true))
  expect(await said()).toBe('')
  expect(await said()).toBe('hello')
  expect(heard).toBe(1)
  close(servers)
})

function serverWithout(missing: string): Server {
  const server = createServer()
  const listen = server.listen.bind(server) as (at: { host: string }, done: () => void) => Server
  const refuse = () => server.emit('error', Object.assign(new Error('no'), { code: 'EADDRNOTAVAIL' }))
  const listenElsewhere = (at: { host: string }, done: () => void) => {
    if (at.host !== missing) return listen(at, done)
    process.nextTick(refuse)
    return server
  }
  return Object.assign(server, { listen: listenElsewhere as Server['listen'] })
}
