import { z } from 'zod'
import { canonicalJson } from '../canonical.ts'
import { allowSchema, limitsSchema } from '../mandate.ts'
import type { Allow, Limits } from '../mandate.ts'

/** What a mandate allows, in words that OAuth has: none of it is a mandate, which only its signature makes. */

/** The authorization details type (RFC 9396 section 2) of an allow entry. */
export const mandateDetailType = 'ambit_mandate'

/** Entries of one request. */
const detailsMax = 200

const detailSchema = z.strictObject({
  type: z.literal(mandateDetailType),
  /** A record's slug or AIC, or `*`. */
  identifier: allowSchema.shape.target,
  /** Capabilities: ids, prefixes ending in `*`, or `*`. */
  actions: z.array(allowSchema.shape.capability).min(1).max(50),
  effect: allowSchema.shape.effect,
  arguments: allowSchema.shape.arguments,
  places: allowSchema.shape.places,
  confidentiality: allowSchema.shape.confidentiality,
  decision: allowSchema.shape.decision,
  /** Of the mandate as a whole: the same in every detail of one request. */
  limits: limitsSchema.optional(),
})
/** One authorization detail: an allow entry, and the limits of the mandate it stands in. */
export type MandateDetail = z.infer<typeof detailSchema>

/** What a mandate allows as `authorization_details` (RFC 9396): one detail for each entry. */
export function authorizationDetails(allow: readonly Allow[], limits: Limits): MandateDetail[] {
  const shared = Object.keys(limits).length === 0 ? {} : { limits }
  return allow.map(({ target, capability, ...bounds }) => ({
    type: mandateDetailType,
    identifier: target,
    actions: [capability],
    ...bounds,
    ...shared,
  }))
}

export type DetailsReading =
  | { readonly ok: true; readonly allow: readonly Allow[]; readonly limits: Limits }
  | { readonly ok: false; readonly reason: string }

/**
 * Reads `authorization_details` back into what a mandate would allow; a detail with several actions is an entry for
 * each. Any input is safe; never throws.
 */
export function readAuthorizationDetails(raw: unknown): DetailsReading {
  const parsed = z.array(detailSchema).min(1).max(detailsMax).safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { ok: false, reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not of its form'}` }
  }
  const limits = parsed.data[0]?.limits ?? {}
  const text = canonicalJson(limits)
  if (parsed.data.some((detail) => canonicalJson(detail.limits ?? {}) !== text)) {
    return { ok: false, reason: 'limits: they are of the mandate as a whole, so every detail has the same' }
  }
  const allow = parsed.data.flatMap(({ type: _type, identifier, actions, limits: _shared, ...bounds }) =>
    actions.map((capability) => ({ target: identifier, capability, ...bounds })),
  )
  if (allow.length > detailsMax) return { ok: false, reason: `a mandate has ${detailsMax} entries at most` }
  return { ok: true, allow, limits }
}

/** Who acts, and for whom (RFC 8693 section 4.1). */
export interface ActClaim {
  readonly sub: string
  readonly act?: ActClaim
}

/**
 * The callers of an act as claims of a token: `sub` is the person, `act` whoever acts, and within it each caller before.
 *
 * @example
 * ```ts
 * actClaims(['agent-b', 'agent-a', 'p_ann']) // { sub: 'p_ann', act: { sub: 'agent-b', act: { sub: 'agent-a' } } }
 * ```
 */
export function actClaims(callers: readonly [string, ...string[]]): ActClaim {
  const person = callers.at(-1)!
  const act = callers
    .slice(0, -1)
    .reduceRight<ActClaim | undefined>(
      (before, sub) => (before === undefined ? { sub } : { sub, act: before }),
      undefined,
    )
  return act === undefined ? { sub: person } : { sub: person, act }
}

/** The callers that such claims name, who acts first and the person last. */
export function callersOfClaims({ sub, act }: ActClaim): string[] {
  const callers: string[] = []
  for (let actor = act; actor !== undefined; actor = actor.act) callers.push(actor.sub)
  return [...callers, sub]
}
