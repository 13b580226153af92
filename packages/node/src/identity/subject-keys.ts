import { hkdfSync } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import { periodEnd } from './period.ts'
import type { Period } from './period.ts'

const keyBytes = 32

/**
 * What is derived from the secret of one person and period (HKDF-SHA-256, RFC 5869). There is one object for each
 * secret in a process, so that destroying it reaches whoever holds it.
 */
export class SubjectKeys {
  readonly period: Period
  /** First millisecond of the next period: from then on the holder takes other keys. */
  readonly until: number
  /** Salts of commitments are derived from it. */
  readonly salt: Buffer
  /** AES-256 key of the contents. */
  readonly content: Buffer
  /** Name of the contents at rest: nobody without the secret can say whose they are. */
  readonly tag: Buffer
  /** Where the contents that are being collected stand; kept by whoever collects them (see kernel/roll.ts). */
  place = -1
  #gone = false

  constructor(secret: Buffer, period: Period) {
    this.period = period
    this.until = periodEnd(period)
    this.salt = derived(secret, 'salt')
    this.content = derived(secret, 'content')
    this.tag = derived(secret, 'tag')
  }

  /** Destroyed: what was sealed or committed under it stays closed for good. */
  get gone(): boolean {
    return this.#gone
  }

  /** Chance and not zeros: an act under way still commits, and nobody may guess its salt. The tag is no secret. */
  destroy(clock: Clock): void {
    this.#gone = true
    clock.fill(this.salt)
    clock.fill(this.content)
  }
}

function derived(secret: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'ambit/subject/v1', use, keyBytes))
}
