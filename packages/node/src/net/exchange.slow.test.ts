import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { until } from '@ambit/testkit/until'
import { afterEach, expect, test } from 'vitest'
import { createAddressGuard } from './address.ts'
import type { ExchangeLimits } from './exchange.ts'
import { createUpstream } from './upstream.ts'
import type { Upstream, UpstreamRequest } from './upstream.ts'

/*
 * Whatever an upstream does on its socket, a call ends with a fault that names it, and what it holds is bounded.
 */

const ends: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A server that does with each connection what the test says. */
async function socketServer(talk: (socket: Socket, count: number) => void, port = 0) {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    const count = connections
    socket.once('data', () => talk(socket, count))
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise<void>((resolve) => void server.close(() => resolve()))
  }
  ends.push(close)
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    get connections() {
      return connections
    },
    get open() {
      return sockets.size
    },
    close,
  }
}

function upstreamWith(limits: Partial<ExchangeLimits> = {}): Upstream {
  const upstream = createUpstream(createAddressGuard(['127.0.0.0/8']), { limits })
  ends.push(async () => await upstream.close())
  return upstream
}

interface Heard {
  readonly code: string
  readonly detail: string
  readonly sent: boolean
  readonly body: string
}

async function ask(upstream: Upstream, url: URL, more: Partial<UpstreamRequest> = {}): Promise<Heard> {
  let body = ''
  return await new Promise((resolve) => {
    upstream.send(
      {
        url,
        method: 'POST',
        headers: [],
        body: 'hello',
        headTimeoutMs: 5000,
        idleTimeoutMs: 5000,
        ...more,
      },
      {
        head: () => undefined,
        data(chunk) {
          body += chunk.toString()
          return true
        },
        end: () => resolve({ code: 'end', detail: '', sent: true, body }),
        error: ({ code, detail }, sent) => resolve({ code, detail, sent, body }),
      },
    )
  })
}

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

const hostile: readonly (readonly [string, (socket: Socket) => void, string, RegExp])[] = [
  ['takes the request and never answers', () => undefined, 'upstream.timeout', /did not answer in time/],
  [
    'answers one byte at a time, for ever',
    (socket) => {
      socket.write(`${head}content-length: 100000\r\n\r\n`)
      every(20, socket, () => socket.write(' '))
    },
    'upstream.timeout',
    /not complete in time/,
  ],
  [
    'sends its headers one byte at a time, for ever',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      every(20, socket, () => socket.write('y'))
    },
    'upstream.timeout',
    /did not answer in time/,
  ],
  [
    'says without end that it is about to answer',
    (socket) => every(1, socket, () => socket.write('HTTP/1.1 102 Processing\r\n\r\n')),
    'upstream.timeout',
    /in time/,
  ],
  [
    'closes in the middle of its body',
    (socket) => void socket.write(`${head}content-length: 10\r\n\r\n{"a"`, () => socket.destroy()),
    'upstream.unreachable',
    /broke off in its answer/,
  ],
  [
    'announces more than it sends',
    (socket) => socket.end(`${head}content-length: 10\r\n\r\n{}`),
    'upstream.unreachable',
    /broke off in its answer/,
  ],
  [
    'sends headers without end',
    (socket) => {
      socket.write(head)
      every(0, socket, () => socket.write(`x-more: ${'y'.repeat(1000)}\r\n`))
    },
    'upstream.too-large',
    /headers of its answer are larger than 16384 bytes/,
  ],
  [
    'speaks something else than HTTP',
    (socket) => socket.write('220 mail ready\r\n'),
    'upstream.invalid',
    /not HTTP/,
  ],
  [
    'gives two lengths',
    (socket) => socket.end(`${head}content-length: 2\r\ncontent-length: 3\r\n\r\n{}x`),
    'upstream.invalid',
    /not HTTP/,
  ],
  [
    'hangs up before it answers',
    (socket) => socket.destroy(),
    'upstream.unreachable',
    /the connection failed/,
  ],
]

function every(ms: number, socket: Socket, run: () => void): void {
  const timer = setInterval(run, ms)
  socket.on('close', () => clearInterval(timer))
}

test.each(hostile)('one that %s is a fault of its own', async (_what, talk, code, detail) => {
  const server = await socketServer(talk)
  const upstream = upstreamWith({ connectTimeoutMs: 200 })
  const heard = await ask(upstream, server.url, { headTimeoutMs: 300 })
  expect(heard).toMatchObject({ code, sent: true })
  expect(heard.detail).toMatch(detail)
  await until('the connection is closed', () => server.open === 0)
})

test('one that sends more than announced has answered; the rest is not taken for another answer', async () => {
  const server = await socketServer((socket) => socket.write(`${head}content-length: 2\r\n\r\n{}garbage`))
  const upstream = upstreamWith()
  expect(await ask(upstream, server.url)).toMatchObject({ code: 'end', body: '{}' })
  expect(await ask(upstream, server.url)).toMatchObject({ code: 'end', body: '{}' })
  expect(server.connections).toBe(2)
})

const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'

test('a stream ends when it is open for too long, whatever it sends', async () => {
  const server = await socketServer((socket) => {
    socket.write(streamHead)
    every(10, socket, () => socket.write(': still here\n\n'))
  })
  const heard = await ask(upstreamWith({ streamMsMax: 300 }), server.url)
  expect(heard).toMatchObject({ code: 'upstream.timeout', detail: expect.stringMatching(/open for longer/) })
  await until('the connection is closed', () => server.open === 0)
})

test('a stream that goes silent ends, and one that goes on slowly does not', async () => {
  const server = await socketServer((socket) => socket.write(`${streamHead}: hello\n\n`))
  const heard = await ask(upstreamWith(), server.url, { idleTimeoutMs: 300 })
  expect(heard).toMatchObject({ code: 'upstream.timeout', detail: expect.stringMatching(/did not go on/) })
  const slow = await socketServer((socket) => {
    socket.write(streamHead)
    let count = 0
    every(100, socket, () => (++count < 20 ? socket.write(': on\n\n') : socket.end()))
  })
  // A stream is not held to the time that one answer in one piece has.
  expect(await ask(upstreamWith(), slow.url, { headTimeoutMs: 300, idleTimeoutMs: 1500 })).toMatchObject({
    code: 'end',
  })
})

test('a stream ends at the bytes it may have', async () => {
  const server = await socketServer((socket) => {
    socket.write(streamHead)
    every(0, socket, () => socket.write(': '.repeat(50_000)))
  })
  const heard = await ask(upstreamWith({ bytesMax: 1_000_000 }), server.url)
  expect(heard.code).toBe('upstream.too-large')
  expect(heard.body.length).toBeLessThanOrEqual(1_000_000)
  await until('the connection is closed', () => server.open === 0)
})

test('a stream whose reader takes nothing is held, and ends when that goes on', async () => {
  let written = 0
  const server = await socketServer((socket) => {
    socket.write(streamHead)
    const piece = Buffer.alloc(64 * 1024, 'x')
    every(0, socket, () => {
      if (socket.writableLength < piece.length) {
        socket.write(piece)
        written += piece.length
      }
    })
  })
  let read = 0
  const code = await new Promise((resolve) => {
    upstreamWith({ pausedMsMax: 1500 }).send(
      { url: server.url, method: 'GET', headers: [], body: null, headTimeoutMs: 5000, idleTimeoutMs: 200 },
      {
        head: () => undefined,
        data(chunk) {
          read += chunk.length
          return false
        },
        end: () => resolve('end'),
        error: (fault) => resolve(fault.code),
      },
    )
  })
  // It is not the upstream that was slow.
  expect(code).toBe('act.cancelled')
  expect(read).toBeLessThan(256 * 1024)
  // What the two kernels hold of a connection, and no more.
  expect(written).toBeLessThan(32 * 1024 * 1024)
  await until('the connection is closed', () => server.open === 0)
})

test('an abort closes the connection at once, before and within the answer', async () => {
  for (const first of ['', `${streamHead}: hello\n\n`]) {
    let closed = false
    const server = await socketServer((socket) => {
      socket.on('close', () => (closed = true))
      socket.write(first)
    })
    let begun = first === ''
    const exchange = upstreamWith().send(
      { url: server.url, method: 'GET', headers: [], body: null, headTimeoutMs: 5000, idleTimeoutMs: 5000 },
      {
        head: () => undefined,
        data: () => (begun = true),
        end: () => expect.unreachable(),
        error: () => expect.unreachable(),
      },
    )
    await until('the request is there', () => server.connections === 1 && begun)
    exchange.abort()
    await until('the upstream sees it', () => closed)
  }
})

/** A port where nobody listens until the test says so. */
async function closedPort(): Promise<URL> {
  const server = await socketServer(() => undefined)
  await server.close()
  return server.url
}

test('a read that surely did not arrive is sent once more, and anything else is not', async () => {
  const url = await closedPort()
  const upstream = upstreamWith({ repeatMs: 100 })
  expect(await ask(upstream, url)).toMatchObject({ code: 'upstream.unreachable', sent: false })
  const again = ask(upstream, url, { repeat: 'unsent' })
  const server = await socketServer(
    (socket) => socket.end(`${head}content-length: 2\r\n\r\n{}`),
    Number(url.port),
  )
  expect(await again).toMatchObject({ code: 'end', body: '{}' })
  expect(server.connections).toBe(1)
})

test('it is sent once more only once, and not when there is no time left', async () => {
  const url = await closedPort()
  expect(await ask(upstreamWith({ repeatMs: 50 }), url, { repeat: 'unsent' })).toMatchObject({
    code: 'upstream.unreachable',
  })
  expect(
    await ask(upstreamWith({ repeatMs: 60_000 }), url, { repeat: 'unsent', headTimeoutMs: 500 }),
  ).toMatchObject({ code: 'upstream.unreachable' })
})

test('what may have arrived is sent again only for a method that is idempotent, and never after an answer began', async () => {
  const answered = `${head}content-length: 2\r\n\r\n{}`
  const talk = (socket: Socket, count: number) => (count === 1 ? socket.destroy() : socket.end(answered))
  for (const [repeat, code, connections] of [
    [undefined, 'upstream.unreachable', 1],
    ['unsent', 'upstream.unreachable', 1],
    ['unanswered', 'end', 2],
  ] as const) {
    const server = await socketServer(talk)
    expect((await ask(upstreamWith({ repeatMs: 10 }), server.url, { repeat })).code).toBe(code)
    expect(server.connections).toBe(connections)
  }
  const half = await socketServer(
    (socket) => void socket.write(`${head}content-length: 9\r\n\r\n{`, () => socket.destroy()),
  )
  expect((await ask(upstreamWith(), half.url, { repeat: 'unanswered' })).code).toBe('upstream.unreachable')
  expect(half.connections).toBe(1)
})

test('an address that may not be called is refused once, however safe the request', async () => {
  const upstream = createUpstream(createAddressGuard([]))
  ends.push(async () => await upstream.close())
  const heard = await ask(upstream, await closedPort(), { repeat: 'unanswered' })
  expect(heard).toMatchObject({ code: 'address.refused', sent: false })
})
