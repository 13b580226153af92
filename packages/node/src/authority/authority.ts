import type { Decision, Reason } from '@ambit/core/decision'
import type { Digest } from '@ambit/core/digest'
import type { Labels } from '@ambit/core/label'
import type { Mandate } from '@ambit/core/mandate'
import type { Target, TargetCapability } from '../registry/target.ts'

/** Whoever holds a token: what the path of an act knows of the caller. One object per token, changed in place. */
export interface Holder {
  /** did:key that holds the standing mandate; history and sessions belong to it. */
  readonly key: string
  /** Principal id of the person on whose word it acts. */
  readonly subject: string
  readonly organization: string
  /** AIC of the registered agent that calls, where it is one. */
  readonly agent: string | undefined
  /** Who acts, then each caller before: AIC or did:key, then the person. As the intent leaf has it. */
  readonly callers: readonly string[]
  /** The chain in force, leaf last; a new one is minted before it expires. */
  readonly chain: HeldChain
  /** Secret of 32 bytes from which the salts of this person's commitments are made. */
  readonly subjectKey: Buffer
}

export interface HeldChain {
  readonly mandates: readonly Mandate[]
  /** Ids, root first. */
  readonly links: readonly string[]
  readonly digest: Digest
  /** Earliest end of any link, in ms. */
  readonly expiresAt: number
  /** Set at once when any link is revoked. */
  readonly revoked: boolean
}

export type Authentication =
  | { readonly ok: true; readonly holder: Holder }
  | {
      readonly ok: false
      readonly code: 'auth.missing' | 'auth.unknown-token' | 'auth.expired' | 'auth.revoked'
      readonly detail: string
    }

/** What is to be decided. */
export interface Question {
  readonly chain: HeldChain
  readonly target: Target
  readonly capability: TargetCapability
  readonly arguments: unknown
  readonly labels: Labels
  readonly place: string | undefined
  readonly now: number
}

export interface Authority {
  /** Looks a bearer token up in memory (by its SHA-256). No promise, no database. */
  authenticate(token: string): Authentication
  /** Mandate chain, profile and catalogue default together. Pure and in memory. */
  decide(question: Question): Decision
  /** Whether the chain lets its holder see the capability at all (lists). */
  mayCall(chain: HeldChain, target: Target, capability: TargetCapability): boolean
  /** Takes one act from the budgets of every link, or says which is used up. */
  reserve(chain: HeldChain, now: number): Reason | undefined
  /** Gives the act back to the budgets: it was reserved but never sent. */
  release(chain: HeldChain): void
}
