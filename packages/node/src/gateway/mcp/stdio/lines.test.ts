import { array, assert, nat, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { LineReader } from './lines.ts'
import { Tail } from './tail.ts'

test('reads the same lines however the stream is cut', () => {
  const text = 'one\ntwo 界\r\n\nfour\n'
  const bytes = Buffer.from(text)
  assert(
    property(array(nat(bytes.length)), (cuts) => {
      const reader = new LineReader(100)
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const lines = places.slice(1).flatMap((end, at) => reader.read(bytes.subarray(places[at], end)))
      expect(lines).toEqual(['one', 'two 界', '', 'four'])
    }),
  )
})

test('takes no line beyond its limit, in one piece or in many', () => {
  const reader = new LineReader(10)
  expect(reader.read(Buffer.from('0123456789\n'))).toEqual(['0123456789'])
  expect(() => reader.read(Buffer.from('01234567890'))).toThrow(RangeError)
  const slow = new LineReader(10)
  expect(() => {
    for (let at = 0; at < 11; at++) slow.read(Buffer.from('x'))
  }).toThrow(RangeError)
})

test('keeps the end of what was said', () => {
  assert(
    property(array(string({ maxLength: 40 }), { maxLength: 600 }), (pieces) => {
      const tail = new Tail(32)
      for (const piece of pieces) tail.add(Buffer.from(piece))
      expect(tail.text()).toBe(Buffer.from(pieces.join('')).subarray(-32).toString())
    }),
  )
})
