import { hex, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { canonicalJson } from './canonical.ts'

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`

const digestForm = /^sha256:[0-9a-f]{64}$/

export function isDigest(text: string): text is Digest {
  return digestForm.test(text)
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** The digest of a value's canonical form (RFC 8785). */
export async function digestOf(value: unknown): Promise<Digest> {
  return `sha256:${hex(await sha256(utf8(canonicalJson(value))))}`
}
