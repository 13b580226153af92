import { handClock } from '@ambit/testkit/clock'
import { Fault } from '@ambit/core/fault'
import { beforeEach, expect, test } from 'vitest'
import type { Upstream, UpstreamHandler, UpstreamRequest } from '../../../net/upstream.ts'
import { ServerStream } from './server-stream.ts'

interface Opening {
  readonly request: UpstreamRequest
  readonly server: UpstreamHandler
  aborted: boolean
}

let clock: ReturnType<typeof handClock>
let openings: Opening[]
let heard: unknown[]
let lost: string[]
let settled: number

beforeEach(() => {
  clock = handClock()
  openings = []
  heard = []
  lost = []
  settled = 0
})

function open(hasSession = true): ServerStream {
  const upstream: Pick<Upstream, 'send'> = {
    send(request, server) {
      const opening: Opening = { request, server, aborted: false }
      openings.push(opening)
      return { abort: () => void (opening.aborted = true), resume: () => undefined }
    },
  }
  const stream = new ServerStream({
    upstream: upstream as Upstream,
    clock,
    url: new URL('http://127.0.0.1:1/mcp'),
    hasSession,
    headers: () => [],
    receive: (value) => heard.push(value) > 0,
    settled: () => void (settled += 1),
    lost: (fault) => lost.push(fault.detail),
  })
  stream.open()
  return stream
}

const head = { 'content-type': 'text/event-stream; charset=utf-8' }
const last = () => openings.at(-1)!
const say = (text: string) => last().server.data(Buffer.from(text))
const unreachable = new Fault('upstream.unreachable', { detail: 'cut' })

test.each([
  ['405', 405, {}],
  ['501', 501, {}],
  ['a page in place of a stream', 200, { 'content-type': 'text/html' }],
])('a server that answers %s has no such stream and is not asked again', (_name, status, headers) => {
  open()
  last().server.head(status, headers)
  clock.advance(3_600_000)
  expect([openings.length, last().aborted, lost.length, settled > 0]).toEqual([1, true, 0, true])
  expect(clock.timers).toBe(0)
})

test('404 says that the session is gone, and nothing where there is none', () => {
  open()
  last().server.head(404, {})
  expect(lost).toHaveLength(1)
  open(false)
  last().server.head(404, {})
  clock.advance(3_600_000)
  expect([lost.length, openings.length]).toEqual([1, 2])
})

test('a stream that ends is opened again after the pause it asked for, behind the last event it gave', () => {
  open()
  last().server.head(200, head)
  say('id: 7\nretry: 3000\ndata: {"a":1}\n\n')
  last().server.end()
  clock.advance(2999)
  expect(openings).toHaveLength(1)
  clock.advance(1)
  expect(last().request.headers).toEqual(expect.arrayContaining(['last-event-id', '7']))
  // The pause it asked for counts until it asks for another one.
  last().server.error(unreachable, true)
  clock.advance(2999)
  expect(openings).toHaveLength(2)
  clock.advance(1)
  expect(openings).toHaveLength(3)
  expect(heard).toEqual([{ a: 1 }])
})

test('a pause is neither shorter nor longer than is sensible', () => {
  open()
  for (const [asked, pause] of [
    [0, 100],
    [999_999_999, 30_000],
  ] as const) {
    last().server.head(200, head)
    say(`retry: ${asked}\ndata: {}\n\n`)
    const before = openings.length
    last().server.end()
    clock.advance(pause - 1)
    expect(openings).toHaveLength(before)
    clock.advance(1)
    expect(openings).toHaveLength(before + 1)
  }
})

test('an event beyond every limit is left out, and the stream goes on behind it', () => {
  open()
  last().server.head(200, head)
  const piece = `data: ${'x'.repeat(1024 * 1024)}`
  for (let at = 0; at < 20 && !last().aborted; at++) say(piece)
  expect(last().aborted).toBe(true)
  clock.advance(1000)
  expect(openings).toHaveLength(2)
  last().server.head(200, head)
  say('data: {"after":true}\n\ndata: no JSON\n\nevent: other\ndata: {}\n\n')
  expect(heard).toEqual([{ after: true }])
})

test('a server that cannot be reached is given up after some tries', () => {
  open()
  for (let at = 0; at < 20 && lost.length === 0; at++) {
    last().server.error(unreachable, false)
    clock.advance(1000)
  }
  expect(openings).toHaveLength(6)
  expect(lost).toHaveLength(1)
  expect(clock.timers).toBe(0)
})

test('a stream that proxies close because it is silent is opened again for ever', () => {
  open()
  for (let at = 0; at < 50; at++) {
    last().server.head(200, head)
    clock.advance(60_000)
    last().server.end()
    clock.advance(1000)
  }
  expect([openings.length, lost.length]).toEqual([51, 0])
})

test('a server that gives no sign before it has something to say is not given up', () => {
  open()
  for (let at = 0; at < 10; at++) {
    clock.advance(600_000)
    last().server.error(new Fault('upstream.timeout', { detail: 'no head' }), true)
    clock.advance(1000)
  }
  expect(lost).toEqual([])
})

test('closed, it opens nothing again and hears nothing', () => {
  const stream = open()
  last().server.head(200, head)
  stream.close()
  expect(last().aborted).toBe(true)
  say('data: {}\n\n')
  last().server.end()
  clock.advance(60_000)
  expect([openings.length, heard.length, clock.timers]).toEqual([1, 0, 0])
})
