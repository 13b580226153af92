import type { RevocationReason } from './ca.ts'
import type { Head } from './ca-store.ts'

export interface Revoked {
  readonly at: number
  readonly reason: RevocationReason
}

/** What this authority gave and has not ended, in memory: for the handshake, the path of an act and OCSP. */
export class Standing {
  readonly #holding = new Map<string, Pick<Head, 'aic' | 'organization' | 'notAfter'>>()
  readonly #revoked = new Map<string, Revoked & { readonly notAfter: number }>()

  apply({ serial, aic, organization, notAfter, revokedAt, reason }: Head): void {
    if (revokedAt !== undefined) {
      this.#holding.delete(serial)
      this.#revoked.set(serial, { at: revokedAt, reason: reason ?? 0, notAfter })
    } else if (!this.#revoked.has(serial)) this.#holding.set(serial, { aic, organization, notAfter })
  }

  /** What narrows acts at once; the store is read for what it was. */
  revoke(serial: string, at: number, reason: RevocationReason): void {
    const notAfter = this.#holding.get(serial)?.notAfter ?? Number.MAX_SAFE_INTEGER
    this.#holding.delete(serial)
    if (!this.#revoked.has(serial)) this.#revoked.set(serial, { at, reason, notAfter })
  }

  holds(serial: string, now: number): boolean {
    const held = this.#holding.get(serial)
    return held !== undefined && now < held.notAfter
  }

  revocation(serial: string): Revoked | undefined {
    return this.#revoked.get(serial)
  }

  /** Of each certificate that holds: its identity code, and the organisation that kept the record when it was given. */
  agents(): readonly (readonly [aic: string, organization: string])[] {
    return [...this.#holding.values()].map(({ aic, organization }) => [aic, organization])
  }

  sweep(now: number): void {
    for (const entries of [this.#holding, this.#revoked]) {
      for (const [serial, { notAfter }] of entries) if (notAfter <= now) entries.delete(serial)
    }
  }

  /** Of the newest revocation that is remembered; undefined: of none. */
  get lastRevokedAt(): number | undefined {
    let last: number | undefined
    for (const { at } of this.#revoked.values()) if (last === undefined || at > last) last = at
    return last
  }

  get size(): number {
    return this.#holding.size
  }
}
