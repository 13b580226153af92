import type { Digest } from '@ambit/core/digest'
import type { RecordState } from '@ambit/core/record'
import type { RulingKind } from '@ambit/core/ruling'
import type { RulingHead } from './ruling-store.ts'

/** The kinds of ruling that say in which state a version is. */
export const stateByKind: Readonly<Partial<Record<RulingKind, RecordState>>> = {
  submission: 'submitted',
  activation: 'active',
  suspension: 'suspended',
  recall: 'recalled',
  reinstatement: 'active',
  retirement: 'retired',
  // Nobody but those who run the node ends it; all that a recall stops is stopped.
  takedown: 'recalled',
}

export interface StandingState {
  readonly state: RecordState
  readonly ruling: string
}

export interface StandingCertificate {
  readonly ruling: string
  readonly expiresAt: number | undefined
}

/** What holds of each version: the latest ruling on it, in whatever order rulings of several replicas are heard. */
export class Standing {
  readonly #states = new Map<Digest, Placed<StandingState>>()
  readonly #certificates = new Map<Digest, Placed<StandingCertificate>>()

  /** Whether it changed anything. */
  apply({ id, kind, digests, expires, issued }: RulingHead): boolean {
    const state = stateByKind[kind]
    let changed = false
    for (const digest of digests) {
      if (state !== undefined && isLater(this.#states.get(digest), id, issued)) {
        this.#states.set(digest, { holds: { state, ruling: id }, issued })
        changed = true
      }
      if (kind === 'certificate' && isLater(this.#certificates.get(digest), id, issued)) {
        const holds = { ruling: id, expiresAt: expires ?? undefined }
        this.#certificates.set(digest, { holds, issued })
        changed = true
      }
    }
    return changed
  }

  stateOf(digest: Digest): StandingState | undefined {
    return this.#states.get(digest)?.holds
  }

  certificateOf(digest: Digest): StandingCertificate | undefined {
    return this.#certificates.get(digest)?.holds
  }
}

interface Placed<T> {
  readonly holds: T
  readonly issued: number
}

/** As the store orders them: by time, then by id. */
function isLater(
  known: Placed<{ readonly ruling: string }> | undefined,
  id: string,
  issued: number,
): boolean {
  if (known === undefined || issued > known.issued) return true
  return issued === known.issued && id > known.holds.ruling
}
