import type { Digest } from '@ambit/core/digest'
import { recordStates } from '@ambit/core/record'
import type { RecordState } from '@ambit/core/record'
import type { RulingKind } from '@ambit/core/ruling'
import { LatestRulings } from './latest-rulings.ts'
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
  readonly #states = new LatestRulings()
  /** The place of the state of each ruling in `recordStates`. */
  readonly #stateAt: number[] = []
  readonly #certificates = new LatestRulings()
  readonly #expires: (number | undefined)[] = []

  /** Whether it changed anything. */
  apply({ id, kind, digests, expires, issued }: RulingHead): boolean {
    const state = stateByKind[kind]
    let changed = false
    for (const digest of digests) {
      if (state !== undefined) {
        const row = this.#states.put(digest, id, issued)
        if (row < 0) continue
        this.#stateAt[row] = recordStates.indexOf(state)
        changed = true
      }
      if (kind === 'certificate') {
        const row = this.#certificates.put(digest, id, issued)
        if (row < 0) continue
        this.#expires[row] = expires ?? undefined
        changed = true
      }
    }
    return changed
  }

  stateOf(digest: Digest): StandingState | undefined {
    const row = this.#states.rowOf(digest)
    if (row < 0) return undefined
    return { state: recordStates[this.#stateAt[row]!]!, ruling: this.#states.idOf(row) }
  }

  certificateOf(digest: Digest): StandingCertificate | undefined {
    const row = this.#certificates.rowOf(digest)
    return row < 0 ? undefined : { ruling: this.#certificates.idOf(row), expiresAt: this.#expires[row] }
  }
}
