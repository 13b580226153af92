import type { Digest } from '@ambit/core/digest'
import type { Effect, Reversibility } from '@ambit/core/record'

/**
 * How far an act is: `asked` or `held` before anything happened, `open` while it is performed, then how it ended. The
 * words of an end are those of its approval or its outcome leaf.
 */
export type JournalState =
  | 'asked'
  | 'held'
  | 'open'
  | 'done'
  | 'failed'
  | 'cancelled'
  | 'unknown'
  | 'not-observed'
  | 'refused'
  | 'denied'
  | 'expired'
  | 'void'

/** Who decided: the agent alone, the window of the outbox, a person, a standing approval, nobody, or an undo. */
export type JournalDecision = 'alone' | 'held' | 'approved' | 'standing' | 'observed' | 'undo'

/** One act in a person's name that changed something, or was to. Derived from the activity log; no contents. */
export interface JournalRow {
  readonly act: string
  readonly organization: string
  readonly person: string
  /** AIC or did:key of who acted. */
  readonly agent: string
  readonly trace: string
  readonly at: number
  readonly ended: number | null
  readonly target: Digest
  readonly slug: string
  readonly capability: string
  readonly effect: Effect
  readonly reversibility: Reversibility
  /** Ids of the mandates, root first; JSON. */
  readonly links: string
  readonly decision: JournalDecision
  readonly approval: string | null
  /** Who approved it, let it go early, or vetoed it. */
  readonly decided_by: string | null
  /** Until when it can be vetoed, for one that is held. */
  readonly due: number | null
  readonly state: JournalState
  /** Why it was refused or failed: a code. */
  readonly reason: string | null
  /** The declared inverse of the capability as it was then; JSON. */
  readonly inverse: string | null
  readonly undo_until: number | null
  /** The act that this one undoes. */
  readonly undoes: string | null
  readonly undo_state: 'undoing' | 'undone' | 'unknown' | null
  readonly undo_at: number | null
  readonly undone_by: string | null
}
