import { z } from 'zod'
import { digestOf } from './digest.ts'
import type { Digest } from './digest.ts'
import { allowSchema, constraintSchema } from './mandate.ts'
import { currencySchema, effectSchema, timeSchema } from './record.ts'

/** Who decides where a rule applies: this user is asked, only the user may do it, or nobody. */
export const ruleDecisionSchema = z.enum(['ask', 'user', 'refuse'])
export type RuleDecision = z.infer<typeof ruleDecisionSchema>

/** Where a rule applies and what it decides, as whoever makes it says it. Every member given must hold. */
export const ruleTermsSchema = z.strictObject({
  /** `mine`: for acts in the name of whoever makes it; `organization`: for everybody's. */
  scope: z.enum(['mine', 'organization']),
  /** As in an allow entry of a mandate: a record's slug or AIC, or `*`. */
  target: allowSchema.shape.target,
  /** A capability id, a prefix ending in `*`, or `*`. */
  capability: allowSchema.shape.capability,
  /** This effect and graver ones. */
  effect: effectSchema.optional(),
  /** By argument: the values it is about. Where one cannot be told, the rule applies. */
  arguments: z
    .record(z.string().max(200), constraintSchema.omit({ fromUser: true, fromTrusted: true }))
    .optional(),
  /** Places it applies in; an unknown place counts as one of them. */
  places: z.array(z.string().max(100)).min(1).max(50).optional(),
  /** More money than this, in minor units; an amount that cannot be read, or of another currency, counts as more. */
  amountAbove: z
    .strictObject({ currency: currencySchema, minor: z.int().min(0).max(1_000_000_000_000) })
    .optional(),
  decision: ruleDecisionSchema,
  /** What goes with asking, see `Obligation`. */
  obligations: z
    .array(z.enum(['step-up', 'second-person']))
    .max(2)
    .optional(),
  note: z.string().max(2000).optional(),
  expires: timeSchema.optional(),
})
export type RuleTerms = z.infer<typeof ruleTermsSchema>

/**
 * A rule of a person or of an organisation that makes decisions stricter; it never makes one laxer.
 *
 * @example
 * ```ts
 * ruleTermsSchema.parse({
 *   scope: 'mine',
 *   target: 'shop',
 *   capability: '*',
 *   amountAbove: { currency: 'EUR', minor: 5000 },
 *   decision: 'ask',
 * })
 * ```
 */
export const ruleSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('rule'),
  id: z.string().min(1).max(100),
  organization: z.string().max(100),
  /** Principal id of whoever made it. */
  person: z.string().max(100),
  created: timeSchema,
  ...ruleTermsSchema.shape,
})
export type Rule = z.infer<typeof ruleSchema>

/** As the `rule` leaf has it. */
export async function ruleDigest(rule: Rule): Promise<Digest> {
  return await digestOf(rule)
}
