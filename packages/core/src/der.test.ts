import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hex, hexBytes } from './bytes.ts'
import {
  der,
  derBoolean,
  derGeneralizedTime,
  derInteger,
  derMembers,
  derMs,
  derOid,
  derSequence,
  derSet,
  derText,
  derTime,
  oidText,
  readDer,
  tags,
} from './der.ts'
import { pem, pemBlocks } from './pem.ts'

test('writes numbers, identifiers and times as X.690 and RFC 5280 have them', () => {
  expect(hex(derInteger(0))).toBe('020100')
  expect(hex(derInteger(127))).toBe('02017f')
  expect(hex(derInteger(128))).toBe('02020080')
  expect(hex(derInteger(Uint8Array.of(0, 0, 0x80)))).toBe('02020080')
  expect(hex(derOid('1.2.840.113549.1.1.11'))).toBe('06092a864886f70d01010b')
  expect(hex(derOid('2.5.4.3'))).toBe('0603550403')
  expect(hex(derTime(Date.UTC(2049, 11, 31, 23, 59, 59)))).toBe('170d3439313233313233353935395a')
  expect(hex(derTime(Date.UTC(2050, 0, 1)))).toBe('180f32303530303130313030303030305a')
  expect(hex(derGeneralizedTime(Date.UTC(2026, 0, 1)))).toBe('180f32303236303130313030303030305a')
  expect(hex(derSet(derInteger(2), derInteger(1)))).toBe('3106020101020102')
})

test('what is written is read again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.integer({ min: 0, max: Date.UTC(2099, 0, 1) / 1000 }),
      fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { maxLength: 6 }),
      (contents, seconds, arcs) => {
        const list = derSequence(...contents.map((content) => der(tags.octets, content)))
        expect(derMembers(readDer(list)).map(({ content }) => hex(content))).toEqual(contents.map(hex))
        expect(derMs(readDer(derTime(seconds * 1000)))).toBe(seconds * 1000)
        const oid = ['1', '3', ...arcs.map(String)].join('.')
        expect(oidText(readDer(derOid(oid)))).toBe(oid)
        expect(pemBlocks('X', `text\n${pem('X', list)}more ${pem('X', list)}`).map(hex)).toEqual([
          hex(list),
          hex(list),
        ])
      },
    ),
    { numRuns: 200 },
  )
})

test('of a value there is one text: no other form of it is read', () => {
  const wrong = [
    '',
    '30',
    '3001',
    '020100ff',
    '3080',
    '02810100',
    '0282000100',
    '1f0101',
    '0285000000000100',
    '0284ffffffff00',
  ]
  for (const bytes of wrong) expect(() => readDer(hexBytes(bytes)), bytes).toThrow(SyntaxError)
  expect(() => derMs(readDer(hexBytes('170d3236313330313030303030305a')))).toThrow(SyntaxError)
  expect(() => oidText(readDer(hexBytes('060180')))).toThrow(SyntaxError)
  // 2.5.29.19 with a zero before its third arc, days and hours that are none, truth values of BER.
  expect(() => oidText(readDer(hexBytes('060455801d13')))).toThrow(SyntaxError)
  for (const time of ['260230000000Z', '260101240000Z', '2601010000000', '26010100000é'])
    expect(() => derMs(readDer(derText(time, tags.utcTime))), time).toThrow(SyntaxError)
  for (const truth of ['010101', '0100', '0102ffff', '0201ff'])
    expect(() => derBoolean(readDer(hexBytes(truth))), truth).toThrow(SyntaxError)
  expect(derBoolean(readDer(hexBytes('0101ff')))).toBe(true)
  expect(derBoolean(readDer(hexBytes('010100')))).toBe(false)
  for (const text of ['-----BEGIN X-----\nAAAA', '-----BEGIN X-----\nA*==\n-----END X-----'])
    expect(() => pemBlocks('X', text)).toThrow(SyntaxError)
})

test('what was read does not change when the bytes that came are used again', () => {
  const bytes = Buffer.from(derInteger(7))
  const value = readDer(bytes)
  bytes.fill(0xff)
  expect(hex(value.whole)).toBe('020107')
})

test('whatever comes is read or refused, and what is read is written the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let value
      try {
        value = readDer(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
        return
      }
      expect(hex(der(value.tag, value.content))).toBe(hex(bytes))
    }),
    { numRuns: 2000 },
  )
})
