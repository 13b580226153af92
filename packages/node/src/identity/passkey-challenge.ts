import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'

/** As long as a person needs to find their key; the same for every browser. */
export const challengeLifeMs = 5 * 60 * 1000
const timeBytes = 6
const nonceBytes = 16
const macBytes = 32
const sealPurpose = 'identity.passkey-challenge'

/** What a challenge was made for: an answer to one is none to another. */
export interface ChallengeUse {
  readonly what: 'add' | 'sign-in'
  /** Whose; a sign-in does not know yet. */
  readonly person: string
  readonly rpId: string
}

/**
 * Challenges that carry their own proof (time, chance and an HMAC over both and their use), so that asking for one
 * keeps nothing in the node and any replica can take the answer. That one is answered once is the store's part.
 */
export interface Challenges {
  make(use: ChallengeUse): Buffer
  /** When it ends and the name it is used up under; undefined for one that is over, or was not made here for this. */
  check(
    challenge: string,
    use: ChallengeUse,
  ): { readonly expiresAt: number; readonly name: string } | undefined
}

export function createChallenges(keyring: Keyring, clock: Clock): Challenges {
  function mac(head: Buffer, { what, person, rpId }: ChallengeUse): Buffer {
    const use = JSON.stringify([what, person, rpId])
    return createHmac('sha256', keyring.derive(sealPurpose)).update(head).update(use).digest()
  }
  return {
    make(use) {
      const time = Buffer.alloc(timeBytes)
      time.writeUIntBE(clock.now(), 0, timeBytes)
      const head = Buffer.concat([time, clock.random(nonceBytes)])
      return Buffer.concat([head, mac(head, use)])
    },
    check(challenge, use) {
      const bytes = Buffer.from(challenge, 'base64url')
      if (bytes.length !== timeBytes + nonceBytes + macBytes) return undefined
      const head = bytes.subarray(0, timeBytes + nonceBytes)
      if (!timingSafeEqual(bytes.subarray(head.length), mac(head, use))) return undefined
      const expiresAt = head.readUIntBE(0, timeBytes) + challengeLifeMs
      return clock.now() < expiresAt ? { expiresAt, name: hash('sha256', bytes, 'base64url') } : undefined
    },
  }
}
