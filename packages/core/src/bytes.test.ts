import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64, base64Bytes, base64url, base64urlBytes, hex, hexBytes } from './bytes.ts'

test('every text form gives back the bytes, as Node writes them', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const own = Uint8Array.from(bytes)
      expect(hex(own)).toBe(Buffer.from(own).toString('hex'))
      expect(base64(own)).toBe(Buffer.from(own).toString('base64'))
      expect(base64url(own)).toBe(Buffer.from(own).toString('base64url'))
      expect(hexBytes(hex(own))).toEqual(own)
      expect(base64Bytes(base64(own))).toEqual(own)
      expect(base64urlBytes(base64url(own))).toEqual(own)
    }),
  )
})

test('refuses text that is not the one form of its bytes', () => {
  for (const text of ['A', 'AB', 'ABC', 'AB==\n', 'AR==', 'A-_=', 'AA=A']) {
    expect(() => base64Bytes(text), text).toThrow(SyntaxError)
  }
  expect(() => hexBytes('0')).toThrow(SyntaxError)
  expect(() => hexBytes('0g')).toThrow(SyntaxError)
  expect(() => base64urlBytes('AA+')).toThrow(SyntaxError)
})
