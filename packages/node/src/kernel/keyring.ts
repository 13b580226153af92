import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import type { Clock } from './clock.ts'

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const formVersion = 1

/**
 * Seals what must not lie open at rest (AES-256-GCM). Each purpose has a key of its own, derived from the master key
 * (HKDF-SHA-256, RFC 5869), and the context (a row's id) is authenticated, so that no sealed value can be moved to
 * another row.
 */
export interface Keyring {
  seal(purpose: string, context: string, content: Uint8Array | string): Buffer
  /** Throws a Fault `internal` when the value was not sealed here, for this purpose and context. */
  open(purpose: string, context: string, sealed: Uint8Array): Buffer
  /** 32 bytes for a purpose, always the same. */
  derive(purpose: string): Buffer
}

export function createKeyring(master: Buffer, clock: Clock): Keyring {
  const keys = new Map<string, Buffer>()
  function derive(purpose: string): Buffer {
    let key = keys.get(purpose)
    if (key === undefined) {
      key = derivedKey(master, purpose)
      keys.set(purpose, key)
    }
    return key
  }
  return {
    derive,
    seal(purpose, context, content) {
      const nonce = clock.random(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', derive(purpose), nonce)
      cipher.setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(content), cipher.final()])
      return Buffer.concat([Buffer.of(formVersion), nonce, cipher.getAuthTag(), body])
    },
    open(purpose, context, sealed) {
      try {
        if (sealed[0] !== formVersion) throw new Error('unknown form of a sealed value')
        const bytes = Buffer.from(sealed)
        const decipher = createDecipheriv('aes-256-gcm', derive(purpose), bytes.subarray(1, 1 + nonceBytes))
        decipher.setAAD(Buffer.from(context))
        decipher.setAuthTag(bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes))
        return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes + tagBytes)), decipher.final()])
      } catch (error) {
        throw new Fault('internal', {
          detail: `a sealed value (${purpose}) cannot be opened with this node's master key`,
          remedy: 'Start the node with the master key that belongs to this store.',
          cause: error,
        })
      }
    },
  }
}

/** HKDF-SHA-256 (RFC 5869) of the master key for one purpose. */
export function derivedKey(master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, 'ambit/keyring/v1', purpose, keyBytes))
}

/** A short name of a key for people to compare, never the key. */
export function fingerprint(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
