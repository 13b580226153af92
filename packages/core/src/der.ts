import type { Bytes } from './bytes.ts'
import { concatBytes, utf8, utf8Text } from './bytes.ts'

/**
 * DER (ITU-T X.690), as much of it as certificates and what surrounds them need: one octet of tag, definite lengths in
 * their shortest form. The reader takes nothing else, so that one value has one text; it never recurses by itself.
 */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** Of a context tag: `context(0)` holds other values, `context(0, false)` a bare content. */
export function context(number: number, holds = true): number {
  return 0x80 | (holds ? 0x20 : 0) | number
}

/** One value with this tag. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const content = concatBytes(...contents)
  return concatBytes(Uint8Array.of(tag), lengthOctets(content.length), content)
}

export function derSequence(...parts: readonly Uint8Array[]): Bytes {
  return der(tags.sequence, ...parts)
}

/** Members in the order that DER asks of a SET OF (X.690, section 11.6). */
export function derSet(...parts: readonly Uint8Array[]): Bytes {
  return der(tags.set, ...parts.toSorted(compareBytes))
}

/** A whole number that is not negative: a safe integer, or its magnitude in big-endian bytes. */
export function derInteger(value: number | Uint8Array, tag: number = tags.integer): Bytes {
  let magnitude = typeof value === 'number' ? numberBytes(value) : value
  let zeros = 0
  while (zeros < magnitude.length - 1 && magnitude[zeros] === 0) zeros++
  magnitude = magnitude.subarray(zeros)
  // A first bit that is set would make it negative.
  return (magnitude[0] ?? 0x80) >= 0x80 ? der(tag, Uint8Array.of(0), magnitude) : der(tag, magnitude)
}

export function derOid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(tags.oid, ...[first * 40 + second, ...rest].map(base128))
}

/** All bits of these bytes but the last `unused` ones. */
export function derBits(bytes: Uint8Array, unused = 0): Bytes {
  return der(tags.bits, Uint8Array.of(unused), bytes)
}

export function derOctets(bytes: Uint8Array): Bytes {
  return der(tags.octets, bytes)
}

export function derText(text: string, tag: number = tags.utf8): Bytes {
  return der(tag, utf8(text))
}

export const derTrue: Bytes = der(tags.boolean, Uint8Array.of(0xff))
export const derNull: Bytes = der(tags.null)

/** A time in whole seconds: UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, section 4.1.2.5). */
export function derTime(ms: number): Bytes {
  const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  return Number(text.slice(0, 4)) < 2050 ? derText(text.slice(2), tags.utcTime) : derText(text, tags.time)
}

/** GeneralizedTime for every year, as OCSP has it (RFC 6960). */
export function derGeneralizedTime(ms: number): Bytes {
  return derText(`${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`, tags.time)
}

/** One value that was read. */
export interface DerValue {
  readonly tag: number
  readonly content: Bytes
  /** With its tag and length. */
  readonly whole: Bytes
}

/** Values of one list: more is no certificate, request or list of ours. */
const membersMax = 200_000

/** Reads exactly one value. Throws a SyntaxError on anything else: more bytes, fewer, or a form that DER does not have. */
export function readDer(bytes: Uint8Array, tag?: number): DerValue {
  const value = valueAt(Uint8Array.from(bytes), 0)
  if (value.whole.length !== bytes.length) throw new SyntaxError('DER: bytes after the value')
  if (tag !== undefined && value.tag !== tag) throw new SyntaxError('DER: another kind of value')
  return value
}

/** The values within one that holds values. Throws a SyntaxError. */
export function derMembers(value: DerValue, tag: number = value.tag): readonly DerValue[] {
  if (value.tag !== tag || (value.tag & 0x20) === 0) throw new SyntaxError('DER: another kind of value')
  const members: DerValue[] = []
  for (let at = 0; at < value.content.length;) {
    if (members.length === membersMax) throw new SyntaxError('DER: too many values')
    const member = valueAt(value.content, at)
    members.push(member)
    at += member.whole.length
  }
  return members
}

/** The dotted form of an object identifier. Throws a SyntaxError. */
export function oidText(value: DerValue): string {
  const { tag, content } = value
  if (tag !== tags.oid || content.length === 0 || content.length > 64 || content.at(-1)! >= 0x80)
    throw new SyntaxError('DER: not an object identifier')
  const arcs: number[] = []
  let arc = 0
  let isFirst = true
  for (const byte of content) {
    // A zero before an arc would be a second text of the same identifier (X.690, section 8.19.2).
    if (isFirst && byte === 0x80) throw new SyntaxError('DER: an arc that is not its shortest form')
    isFirst = byte < 0x80
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new SyntaxError('DER: an arc that is too large')
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  const first = Math.min(2, Math.floor(arcs[0]! / 40))
  return [first, arcs[0]! - first * 40, ...arcs.slice(1)].join('.')
}

/** Text of UTF8String, PrintableString or IA5String. Throws a SyntaxError. */
export function derString(value: DerValue): string {
  const { tag, content } = value
  if (tag !== tags.utf8 && tag !== tags.printable && tag !== tags.ia5)
    throw new SyntaxError('DER: not a text')
  try {
    return utf8Text(content)
  } catch {
    throw new SyntaxError('DER: a text that is not UTF-8')
  }
}

/** TRUE or FALSE, each in its one octet (X.690, section 11.1). Throws a SyntaxError. */
export function derBoolean({ tag, content }: DerValue): boolean {
  const [octet] = content
  if (tag !== tags.boolean || content.length !== 1 || (octet !== 0 && octet !== 0xff))
    throw new SyntaxError('DER: not a truth value')
  return octet === 0xff
}

/** The bytes of a BIT STRING that is made of whole bytes. Throws a SyntaxError. */
export function wholeBits(value: DerValue): Bytes {
  if (value.tag !== tags.bits || value.content[0] !== 0) throw new SyntaxError('DER: not whole bytes of bits')
  return value.content.subarray(1)
}

/** `YYYYMMDDHHMMSSZ`, and one more that makes a longer one none. */
const timeOctetsMax = 16

/** Milliseconds since 1970 of UTCTime or GeneralizedTime in UTC with seconds. Throws a SyntaxError. */
export function derMs(value: DerValue): number {
  const isTime = value.tag === tags.utcTime || value.tag === tags.time
  const text = isTime ? String.fromCharCode(...value.content.subarray(0, timeOctetsMax)) : ''
  const [, years, month, day, hour, minute, second] =
    /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text) ?? []
  if (years === undefined || (years.length === 2) !== (value.tag === tags.utcTime))
    throw new SyntaxError('DER: not a time')
  const century = years.length === 4 ? '' : Number(years) < 50 ? '20' : '19'
  const ms = Date.parse(`${century}${years}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // A day that its month does not have, or the hour 24, would be read as another time.
  if (Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day) || hour === '24')
    throw new SyntaxError('DER: not a time')
  return ms
}

function valueAt(bytes: Bytes, at: number): DerValue {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new SyntaxError('DER: it breaks off')
  if ((tag & 0x1f) === 0x1f) throw new SyntaxError('DER: a tag of several octets')
  let length = first
  let start = at + 2
  if (first >= 0x80) {
    const octets = first & 0x7f
    if (octets === 0 || octets > 4) throw new SyntaxError('DER: a length of another form')
    length = 0
    for (let octet = 0; octet < octets; octet++) length = length * 256 + (bytes[start + octet] ?? Number.NaN)
    start += octets
    if (!(length >= 0x80) || length < 256 ** (octets - 1))
      throw new SyntaxError('DER: a length that is not its shortest form')
  }
  const end = start + length
  if (!(end <= bytes.length)) throw new SyntaxError('DER: it breaks off')
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) }
}

function lengthOctets(length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(length)
  const bytes = numberBytes(length)
  return concatBytes(Uint8Array.of(0x80 | bytes.length), bytes)
}

function numberBytes(value: number): Bytes {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Uint8Array.from(bytes.length === 0 ? [0] : bytes)
}

function base128(value: number): Bytes {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    bytes.unshift((rest % 128) | 0x80)
  return Uint8Array.from(bytes)
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] !== right[at]) return left[at]! - right[at]!
  }
  return left.length - right.length
}
