import { createHmac, timingSafeEqual } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { AcmeWriter } from './acme-store.ts'

const chanceBytes = 16
const timeBytes = 6
const macBytes = 16
/** A client asks and uses it at once. */
const lifeMs = 3_600_000

/**
 * Nonces of ACME (RFC 8555, section 6.5): made without remembering them, so that asking for many fills nothing; used once,
 * whichever replica gave them and whichever is asked.
 */
export interface Nonces {
  next(): string
  /** Throws `acme.nonce` for what is none of this node, or has aged out. Writes nothing. */
  check(nonce: unknown): void
  /**
   * Throws `acme.nonce`. Only for a key that is known here, or bound by a credential: anybody can make keys, and have
   * no rows written with them.
   */
  use(nonce: unknown): Promise<void>
}

export function createNonces(store: Pick<AcmeWriter, 'useNonce'>, keyring: Keyring, clock: Clock): Nonces {
  const key = keyring.derive('acme.nonce')
  const macOf = (body: Buffer) => createHmac('sha256', key).update(body).digest().subarray(0, macBytes)
  /** The nonce and when it ends. Throws `acme.nonce`. */
  function read(nonce: unknown): { readonly text: string; readonly expiresAt: number } {
    if (typeof nonce !== 'string') throw refused('the request bears no nonce')
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== timeBytes + chanceBytes + macBytes || bytes.toString('base64url') !== nonce)
      throw refused('that is no nonce of this node')
    const body = bytes.subarray(0, timeBytes + chanceBytes)
    if (!timingSafeEqual(bytes.subarray(body.length), macOf(body)))
      throw refused('that is no nonce of this node')
    const expiresAt = body.readUIntBE(0, timeBytes) + lifeMs
    if (clock.now() >= expiresAt) throw refused('the nonce has aged out')
    return { text: nonce, expiresAt }
  }
  return {
    next() {
      const time = Buffer.alloc(timeBytes)
      time.writeUIntBE(clock.now(), 0, timeBytes)
      const body = Buffer.concat([time, clock.random(chanceBytes)])
      return Buffer.concat([body, macOf(body)]).toString('base64url')
    },
    check: (nonce) => void read(nonce),
    async use(nonce) {
      const { text, expiresAt } = read(nonce)
      if (!(await store.useNonce(text, expiresAt))) throw refused('the nonce was used before')
    },
  }
}

function refused(detail: string): Fault {
  return new Fault('acme.nonce', { detail, where: 'nonce' })
}
