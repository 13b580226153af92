import { z } from 'zod'

export const decisionClassSchema = z.enum(['allow', 'ask', 'refuse'])
export type DecisionClass = z.infer<typeof decisionClassSchema>

/** Why a decision came out as it did. */
export interface Reason {
  /** A row of the reason table, e.g. `mandate.no-entry`. */
  readonly code: string
  /** What decided: a mandate id, a ruling id, a row of the catalogue. */
  readonly rule: string
  /** In words a user understands. */
  readonly what: string
  /** What was looked at: an argument's name, a digest, a state. */
  readonly evidence?: string
  /** How the reader could get what was asked for. */
  readonly howToAsk?: string
}

/** The result of deciding one act. The most restrictive source wins. */
export interface Decision {
  readonly class: DecisionClass
  readonly reasons: readonly Reason[]
  /** What must happen if the act goes on, e.g. `tell-user`. */
  readonly obligations: readonly string[]
}
