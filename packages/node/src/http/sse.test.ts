import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { writeEvents } from './sse.ts'
import type { SseOptions } from './sse.ts'

async function serve(
  options: Pick<SseOptions, 'events' | 'clock'>,
): Promise<{ server: Server; port: number; done: Promise<unknown> }> {
  const { promise: done, resolve } = Promise.withResolvers<unknown>()
  const server = createServer((_request, response) => {
    const signal = AbortSignal.any([])
    const allowed = async () => true
    writeEvents({ ...options, response, headers: {}, signal, allowed }).then(resolve, resolve)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, done }
}

test('lets go of a reader that takes nothing, and takes no further events for it', async () => {
  const clock = handClock()
  let taken = 0
  const { promise: waiting, resolve: waits } = Promise.withResolvers<void>()
  async function* source() {
    for (;;) {
      taken += 1
      yield { event: 'record', data: 'x'.repeat(1_000_000) }
    }
  }
  const observed = {
    ...clock,
    after(ms: number, run: () => void) {
      // The wait for a slow reader is the only timer of this length.
      if (ms === 30_000) waits()
      return clock.after(ms, run)
    },
  }
  const { server, port, done } = await serve({ events: source(), clock: observed })
  const socket = connect({ host: '127.0.0.1', port })
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await waiting
  // The operating system may still take what its buffers hold; each time the wait begins anew, until it is full.
  const turn = async () => await new Promise<'turn'>((resolve) => setImmediate(resolve, 'turn'))
  while ((await Promise.race([done, turn()])) === 'turn') clock.advance(30_000)
  const before = taken
  expect(before).toBeLessThan(200)
  await new Promise(setImmediate)
  expect(taken).toBe(before)
  socket.destroy()
  server.close()
})

test('refuses an event whose name would forge another one', async () => {
  async function* source() {
    yield { event: 'record\ndata: forged', data: 1 }
  }
  const { server, port, done } = await serve({ events: source(), clock: handClock() })
  const socket = connect({ host: '127.0.0.1', port })
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await once(socket, 'close')
  expect(await done).toBeInstanceOf(Error)
  expect(text).not.toContain('forged')
  server.close()
})
