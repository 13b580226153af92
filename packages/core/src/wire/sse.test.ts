import { array, assert, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { SseReader, sseText } from './sse.ts'

test('reads the same events however the stream is cut', () => {
  const stream = Buffer.from(
    ': hello\n\nevent: a\nid: 1\ndata: first 界\r\ndata: second\r\n\r\ndata:{"x":1}\n\nretry: 5\n\nevent: none\n\ndata\n\n',
  )
  const whole = new SseReader().read(stream)
  expect(whole).toEqual([
    { event: 'a', data: 'first 界\nsecond', id: '1' },
    { event: 'message', data: '{"x":1}', id: '1' },
    { event: 'message', data: '', id: '1' },
  ])
  assert(
    property(array(nat(stream.length)), (cuts) => {
      const reader = new SseReader()
      const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
      const events = places.slice(1).flatMap((end, at) => reader.read(stream.subarray(places[at], end)))
      expect(events).toEqual(whole)
    }),
  )
})

test('writes what it reads', () => {
  expect(new SseReader().read(Buffer.from(sseText('a\nb', 'e', '7')))).toEqual([
    { event: 'e', data: 'a\nb', id: '7' },
  ])
})

test('keeps what the stream asks for as the pause before connecting again', () => {
  const reader = new SseReader()
  reader.read(Buffer.from('retry: 250\ndata: a\n\nretry: soon\n\n'))
  expect(reader.retryMs).toBe(250)
})
