/** Text forms of bytes, the same in a browser and in Node. */

export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8(text: string): Bytes {
  return encoder.encode(text)
}

/** Throws on bytes that are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes)
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Throws a SyntaxError on anything but pairs of hexadecimal digits. */
export function hexBytes(text: string): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) throw new SyntaxError('not hexadecimal')
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16)
  return bytes
}

/** Standard padded base64 (RFC 4648 section 4), as signed notes and tiles use it. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

const paddedForm = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Accepts padded, canonical base64 only; throws a SyntaxError on anything else. */
export function base64Bytes(text: string): Bytes {
  if (!paddedForm.test(text)) throw new SyntaxError('not padded base64')
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  // Bits left over at the end must be zero, so that one content has one text.
  if (base64(bytes) !== text) throw new SyntaxError('not canonical base64')
  return bytes
}

/** Unpadded base64url (RFC 4648 section 5), as signatures and keys use it. */
export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Accepts unpadded base64url only; throws a SyntaxError on anything else. */
export function base64urlBytes(text: string): Bytes {
  if (/[^A-Za-z0-9_-]/.test(text)) throw new SyntaxError('not base64url')
  const standard = text.replaceAll('-', '+').replaceAll('_', '/')
  return base64Bytes(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='))
}

/** Compares in a time that does not depend on where the first difference stands. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  let difference = 0
  for (let at = 0; at < left.length; at++) difference |= left[at]! ^ right[at]!
  return difference === 0
}
