import { hash } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'
import type { Digest } from '@ambit/core/digest'

/** SHA-256 of bytes or UTF-8 text, at once (core's is asynchronous, for browsers). */
export function digestBytes(content: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', content, 'hex')}`
}

/** SHA-256 of the canonical form (RFC 8785). */
export function digestValue(value: unknown): Digest {
  return digestBytes(canonicalJson(value))
}
