import { createServer, get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { handClock } from '@ambit/testkit/clock'
import { expect, test, vi } from 'vitest'
import { ChangeStreams } from './change-streams.ts'

async function setUp() {
  const clock = handClock()
  let change: () => void = () => undefined
  const streams = new ChangeStreams(clock, (listener) => {
    change = listener
    return () => (change = () => undefined)
  })
  const server = createServer((request, response) => {
    expect(streams.open(request.url!, response)).toBe(true)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    clock,
    streams,
    change: () => change(),
    async open(holder: string) {
      const seen = { text: '', ended: false }
      const answer = await new Promise<IncomingMessage>((resolve) =>
        get({ port, path: holder, host: '127.0.0.1', agent: false }, resolve),
      )
      answer.on('data', (piece: Buffer) => (seen.text += piece.toString()))
      answer.on('close', () => (seen.ended = true))
      answer.on('error', () => undefined)
      return { seen, leave: () => answer.destroy() }
    },
    close() {
      streams.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

test('tells every stream of several changes at once', async () => {
  const room = await setUp()
  const streams = [await room.open('/a'), await room.open('/b')]
  room.change()
  room.change()
  room.clock.advance(200)
  for (const { seen } of streams) {
    await vi.waitFor(() =>
      expect(seen.text).toBe('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n'),
    )
  }
  room.close()
})

test('keeps silent streams open and forgets those that were left', async () => {
  const room = await setUp()
  const { seen, leave } = await room.open('/a')
  room.clock.advance(60_000)
  await vi.waitFor(() => expect(seen.text).toBe(': \n\n: \n\n'))
  leave()
  await vi.waitFor(() => expect(room.streams.size).toBe(0))
  room.clock.advance(60_000)
  expect(room.clock.timers).toBe(0)
  room.close()
})

test('closes the oldest stream of a holder who opens too many', async () => {
  const room = await setUp()
  const first = await room.open('/a')
  const other = await room.open('/b')
  for (let at = 0; at < 16; at++) await room.open('/a')
  await vi.waitFor(() => expect(first.seen.ended).toBe(true))
  await vi.waitFor(() => expect(room.streams.size).toBe(17))
  expect(other.seen.ended).toBe(false)
  room.close()
})
