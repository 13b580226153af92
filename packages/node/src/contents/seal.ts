import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { SubjectKeys } from '../identity/identity.ts'
import { authenticatedBytes, closeHead, headBytes, writeOpenHead } from './block.ts'
import type { FoundBlock } from './shelf.ts'

export const nonceBytes = 12

/** Seals a block (AES-256-GCM) behind its head; `into` has room for both at `at`. */
export function sealBlock(
  into: Buffer,
  at: number,
  keys: SubjectKeys,
  facts: {
    readonly count: number
    readonly first: number
    readonly last: number
    readonly nonce: Uint8Array
  },
  content: Uint8Array,
): void {
  const { period, tag: subject } = keys
  writeOpenHead(into, at, { state: 'sealed', period, subject, bytes: content.length, ...facts })
  const cipher = createCipheriv('aes-256-gcm', keys.content, facts.nonce)
  cipher.setAAD(into.subarray(at, at + authenticatedBytes))
  into.set(cipher.update(content), at + headBytes)
  cipher.final()
  closeHead(into, at, cipher.getAuthTag(), content.length)
}

/** Undefined when it was not sealed with these keys, or is not as it was. */
export function openBlock({ head, bytes }: FoundBlock, keys: SubjectKeys): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', keys.content, head.nonce)
    decipher.setAAD(bytes.subarray(0, authenticatedBytes))
    decipher.setAuthTag(head.seal)
    const content = decipher.update(bytes.subarray(headBytes))
    decipher.final()
    return content
  } catch {
    // The answer of GCM to any changed bit or other key.
    return undefined
  }
}
