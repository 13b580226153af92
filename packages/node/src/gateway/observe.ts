import type { Decision, Reason } from '@ambit/core/decision'
import type { PathParts } from './parts.ts'

/**
 * What holds on a node that only observes, too: what a person has stopped, what an authority has ended or never let
 * begin, and mandates that are over. Who calls was proved before; records of other organisations are never reached.
 */
const enforced: ReadonlySet<string> = new Set([
  'user.stopped',
  'mandate.revoked',
  'mandate.expired',
  'mandate.not-yet',
  'record.recalled',
  'record.suspended',
  'record.not-active',
  'organization.closed',
  'person.no-role',
])

/**
 * On a node that only observes: the act goes on at once, and its intent says what would have been decided. `own`: the
 * target is of the holder's organisation.
 */
export function observed(decision: Decision, own: boolean): Decision {
  if (!own || decision.reasons.some(({ code }) => enforced.has(code))) return decision
  const { class: decided, reasons, holdMs, ...rest } = decision
  if (decided === 'allow') return holdMs === undefined ? decision : { ...rest, class: decided, reasons }
  return { class: 'allow', reasons, obligations: ['tell-user'], observed: { class: decided, reasons } }
}

/** The reasons for the intent of an act that is performed all the same; counts it. Undefined for all others. */
export function countObserved(
  { metrics }: Pick<PathParts, 'metrics'>,
  decision: Decision | undefined,
): readonly Reason[] | undefined {
  const would = decision?.observed
  if (would === undefined || would.class === 'allow') return undefined
  metrics.observed(would.class)
  return would.reasons
}
