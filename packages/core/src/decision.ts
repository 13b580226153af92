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

export const obligationSchema = z.enum(['tell-user', 'step-up', 'second-person'])
/**
 * What goes with a decision: `tell-user` the person hears of it afterwards; `step-up` whoever approves proves anew who
 * they are, with a passkey; `second-person` two people must approve.
 */
export type Obligation = z.infer<typeof obligationSchema>

/** The result of deciding one act. The most restrictive source wins. */
export interface Decision {
  readonly class: DecisionClass
  readonly reasons: readonly Reason[]
  readonly obligations: readonly Obligation[]
  /** An allowed act waits this long in the outbox (ms), where its user can veto it; left out: it goes on at once. */
  readonly holdMs?: number
  /** Id of the standing approval that answers what would have been asked. */
  readonly approval?: string
  /** What would have been decided, on a node that only observes; `class` is then `allow`. */
  readonly observed?: Pick<Decision, 'class' | 'reasons'>
}

/** The reason of what an agent may prepare and only the person may do. */
export const userOnly = 'user.only'

/** 0 allowed, 1 asked, 2 refused because only the person may do it, 3 refused. */
export function strictness({ class: decided, reasons }: Pick<Decision, 'class' | 'reasons'>): 0 | 1 | 2 | 3 {
  if (decided === 'allow') return 0
  if (decided === 'ask') return 1
  return reasons.length > 0 && reasons.every(({ code }) => code === userOnly) ? 2 : 3
}

/** The stricter of two decisions on one act, with the reasons of that class and the obligations of both. */
export function stricter(left: Decision, right: Decision): Decision {
  const more = strictness(right) - strictness(left)
  const reasons = more === 0 ? [...left.reasons, ...right.reasons] : more > 0 ? right.reasons : left.reasons
  const { class: decided } = more > 0 ? right : left
  const joined = new Set([...left.obligations, ...right.obligations])
  // Whoever is asked knows of it anyway.
  if (decided !== 'allow') joined.delete('tell-user')
  const holdMs = decided === 'allow' ? Math.max(left.holdMs ?? 0, right.holdMs ?? 0) : 0
  return { class: decided, reasons, obligations: [...joined], ...(holdMs === 0 ? {} : { holdMs }) }
}
