import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { resultResponse } from '@ambit/core/wire/mcp/message'
import { handClock } from '@ambit/testkit/clock'
import { beforeEach, expect, test } from 'vitest'
import { AnswerStream } from './answer-stream.ts'
import type { KeptEvents } from './answer-stream.ts'

/** The end of a connection that a test holds in its hand. As with Node's own, a write after the end is an error. */
class Client extends EventEmitter {
  text = ''
  destroyed = false
  slow = false
  ended = false
  get writableNeedDrain(): boolean {
    return this.slow && !this.ended
  }
  writeHead(): this {
    return this
  }
  flushHeaders(): void {}
  write(text: string): boolean {
    if (this.ended) throw new Error('written after the end')
    this.text += text
    return !this.slow
  }
  end(): void {
    this.ended = true
  }
  /** The connection is gone. */
  leave(): void {
    this.destroyed = true
    this.emit('close')
  }
  drain(): void {
    this.slow = false
    this.emit('drain')
  }
  get response(): ServerResponse {
    return this as unknown as ServerResponse
  }
}

let clock: ReturnType<typeof handClock>
let kept: KeptEvents
let heard: string[]
beforeEach(() => {
  clock = handClock()
  kept = { characters: 0 }
  heard = []
})

function open(client: Client, name: 'abc' | 'none' = 'abc'): AnswerStream {
  const hears = {
    drained: () => void heard.push('drained'),
    gone: () => void heard.push('gone'),
    ended: () => void heard.push('ended'),
  }
  const named = name === 'none' ? undefined : name
  return new AnswerStream({ clock, name: named, kept, ...hears }, client.response)
}

const message = (id: number, text = '') => resultResponse(id, { text })

test('what is said while the server has let its stream go waits for the client, and is not written after the end', () => {
  const client = new Client()
  const stream = open(client)
  expect(stream.pause()).toBe(true)
  expect(client.ended).toBe(true)
  expect(stream.write(message(1))).toBe(true)
  client.leave()
  const back = new Client()
  stream.resume(back.response, 0)
  expect(back.text).toContain('"id":1')
  clock.advance(60_000)
  expect(heard).not.toContain('gone')
})

test('an act that waits for a slow client goes on when that client leaves, and stops again when enough waits for it', () => {
  const client = new Client()
  const stream = open(client)
  client.slow = true
  expect(stream.write(message(1))).toBe(false)
  client.leave()
  expect(heard).toEqual(['drained'])
  expect(stream.write(message(2, 'x'.repeat(300_000)))).toBe(true)
  expect(stream.write(message(3, 'x'.repeat(300_000)))).toBe(false)
  const back = new Client()
  stream.resume(back.response, 1)
  expect(back.text).toMatch(/"id":2.*\n\n[^]*"id":3/)
  expect(heard).toEqual(['drained', 'drained'])
})

test('an act goes on only when the client that came back has taken what it missed', () => {
  const client = new Client()
  const stream = open(client)
  client.leave()
  stream.write(message(1))
  heard.length = 0
  const back = new Client()
  back.slow = true
  stream.resume(back.response, 0)
  expect(heard).toEqual([])
  back.drain()
  expect(heard).toEqual(['drained'])
})

test('the newest of two that take a stream up has it, and only that one may say that it has room', () => {
  const first = new Client()
  const stream = open(first)
  const second = new Client()
  const third = new Client()
  stream.resume(second.response, 0)
  stream.resume(third.response, 0)
  expect([first.ended, second.ended, third.ended]).toEqual([true, true, false])
  heard.length = 0
  second.emit('drain')
  second.leave()
  expect(heard).toEqual([])
  stream.end(message(1))
  expect(third.text).toContain('"id":1')
  expect(second.text).not.toContain('"id":1')
})

test('a client that names an event of the future gets what is said from now on', () => {
  const stream = open(new Client())
  stream.write(message(1))
  const back = new Client()
  stream.resume(back.response, 999)
  stream.end(message(2))
  expect(back.text).not.toContain('"id":1')
  expect(back.text).toContain('"id":2')
})

test('a stream that is over is kept for a while that no client makes longer by coming back', () => {
  const stream = open(new Client())
  stream.end(message(1))
  for (let round = 0; round < 3; round++) {
    clock.advance(6000)
    const back = new Client()
    stream.resume(back.response, 0)
    if (round < 2) expect(back.text).toContain('"id":1')
    else expect(back.text).toBe('')
  }
  expect(heard).toEqual(['ended'])
  expect([kept.characters, clock.timers]).toEqual([0, 0])
})

test('all streams together keep no more than they may, whatever the size of single answers', () => {
  const answer = 'x'.repeat(10_000_000)
  const streams = Array.from({ length: 20 }, () => open(new Client()))
  for (const stream of streams) stream.end(message(1, answer))
  expect(kept.characters).toBeLessThanOrEqual(64 * 1024 * 1024)
  expect(kept.characters).toBeGreaterThan(10_000_000)
  clock.advance(15_000)
  expect([kept.characters, clock.timers]).toEqual([0, 0])
})

test('a client that cannot come back holds nothing, and its act is given up at once', () => {
  const client = new Client()
  const stream = open(client, 'none')
  stream.write(message(1))
  expect(kept.characters).toBe(0)
  expect(stream.pause()).toBe(false)
  client.leave()
  expect(heard).toEqual(['ended', 'gone'])
  expect(clock.timers).toBe(0)
})
