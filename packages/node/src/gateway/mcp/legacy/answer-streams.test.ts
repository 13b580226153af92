import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resultResponse } from '@ambit/core/wire/mcp/message'
import { handClock } from '@ambit/testkit/clock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AnswerStream } from './answer-stream.ts'
import { AnswerStreams } from './answer-streams.ts'

let clock: ReturnType<typeof handClock>
let streams: AnswerStreams
let server: Server
let url: string
let heard: string[]
let connections = 0
let opened: PromiseWithResolvers<AnswerStream>

beforeEach(async () => {
  clock = handClock()
  streams = new AnswerStreams(clock)
  heard = []
  opened = Promise.withResolvers()
  const hears = {
    drained: () => undefined,
    gone: () => void heard.push('gone'),
    ended: () => void heard.push('ended'),
  }
  server = createServer((request, response: ServerResponse) => {
    const last = request.headers['last-event-id']
    if (typeof last === 'string') {
      if (!streams.resume(response, String(request.headers['x-owner']), last)) response.writeHead(404).end()
    } else {
      opened.resolve(streams.open(response, 'ann', request.url === '/plain' ? undefined : 'abc', hears))
    }
  }).listen(0, '127.0.0.1')
  server.on('connection', (socket) => {
    connections += 1
    socket.on('close', () => (connections -= 1))
  })
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  server.close()
  server.closeAllConnections()
})

async function leave(path = ''): Promise<AnswerStream> {
  const asked = get(`${url}${path}`)
  asked.on('error', () => undefined) // the connection is cut on purpose
  await once(asked, 'response')
  const stream = await opened.promise
  asked.destroy()
  await vi.waitFor(() => expect(connections).toBe(0))
  return stream
}

async function resume(owner: string, last: string): Promise<Response> {
  return await fetch(url, { headers: { 'last-event-id': last, 'x-owner': owner } })
}

test('what was said while the client was away is said when it comes back, from where it was', async () => {
  const stream = await leave()
  stream.write(resultResponse(1, { a: 1 }))
  stream.write(resultResponse(2, { a: 2 }))
  const back = resume('ann', 'abc.1')
  stream.end(resultResponse(3, { a: 3 }))
  const text = await (await back).text()
  expect(text).not.toContain('"id":1')
  expect(text).toContain('"id":2')
  expect(text).toContain('"id":3')
  clock.advance(15_000)
  expect(heard).toEqual(['ended'])
})

test('nobody else takes a stream up, and a name nobody gave is no stream', async () => {
  const stream = await leave()
  for (const [owner, last] of [
    ['bob', 'abc.0'],
    ['ann', 'abd.0'],
    ['ann', 'abc'],
    ['ann', `${'a'.repeat(5000)}.0`],
  ] as const) {
    expect((await resume(owner, last)).status).toBe(404)
  }
  stream.end(undefined)
})

test('a client that does not come back is given up, and one without event ids at once', async () => {
  await leave()
  expect(heard).toEqual([])
  clock.advance(15_000)
  expect(heard).toEqual(['ended', 'gone'])
  heard.length = 0
  opened = Promise.withResolvers()
  await leave('/plain')
  await vi.waitFor(() => expect(heard).toEqual(['ended', 'gone']))
  expect(clock.timers).toBe(0)
})

test('a stream that is kept forgets its oldest events before it grows without bound', async () => {
  const stream = await leave()
  const big = 'x'.repeat(600_000)
  for (let id = 1; id <= 5; id++) stream.write(resultResponse(id, { big }))
  const back = resume('ann', 'abc.0')
  stream.end(resultResponse(6, {}))
  const text = await (await back).text()
  expect(text.length).toBeLessThan(1_300_000)
  expect(text).toContain('"id":6')
})
