import { z } from 'zod'
import { canonicalJson } from './canonical.ts'
import { digestOf } from './digest.ts'
import type { Digest } from './digest.ts'
import { confidentialitySchema } from './label.ts'
import { currencySchema, effectSchema, timeSchema } from './record.ts'
import { valueSchemaProblem } from './mandate/value-schema.ts'
import type { ValueSchema } from './mandate/value-schema.ts'
import { signedSchema } from './signature.ts'
import { visible } from './visible.ts'

/** What nobody sees cannot be agreed to. A lone surrogate is left to whoever signs: it has no canonical form. */
const seen = (text: string) => !text.isWellFormed() || visible(text) === text
const unseenText = { error: 'it holds characters that nobody sees' }
const scalar = z.union([z.string().max(10_000).refine(seen, unseenText), z.number(), z.boolean(), z.null()])
const valueSchema = z
  .custom<ValueSchema>()
  .superRefine((raw, context) => {
    const problem = valueSchemaProblem(raw)
    if (problem !== undefined) context.addIssue(problem)
  })
  .meta({ type: 'object' })

/**
 * An address whose host is left open at its end: `https://shop.example` would also begin `https://shop.example.evil`
 * and `https://shop.example@evil`.
 */
const openHost = /^[a-z][a-z0-9+.-]*:\/\/[^/]+$/i

/** A bound on one top-level argument, which must be there; every member given must hold (`mandate/constraint.ts`). */
export const constraintSchema = z.strictObject({
  eq: scalar.optional(),
  in: z.array(scalar).min(1).max(500).optional(),
  prefix: z
    .string()
    .min(1)
    .max(2000)
    .refine(seen, unseenText)
    .refine((text) => !openHost.test(text), { error: 'end the host of an address with `/`' })
    .optional(),
  max: z.number().optional(),
  min: z.number().optional(),
  /** What a nested value must be: a closed part of JSON Schema (`mandate/value-schema.ts`). */
  schema: valueSchema.optional(),
  /** The value stands, as a whole word or number, in the words of the task: the user said it. */
  fromUser: z.boolean().optional(),
  /**
   * The value comes from the user or from a source that is trusted. Until values are traced, only the user's own words
   * count: it holds less often than it will, never more often.
   */
  fromTrusted: z.boolean().optional(),
})
export type Constraint = z.infer<typeof constraintSchema>

export const authorityClassSchema = z.enum(['autonomous', 'ask', 'user'])
/** Who decides: the agent alone, the agent with this user's authorisation, the user only (Opinions, clause 6). */
export type AuthorityClass = z.infer<typeof authorityClassSchema>

/** A member called `__proto__` would be dropped without a word, and its bound with it: refused instead. */
const argumentsSchema = z
  .unknown()
  .refine((value) => typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__'), {
    error: 'an argument called `__proto__` cannot be bounded',
  })
  .meta({ type: 'object' })
  .pipe(z.record(z.string().max(200), constraintSchema))

export const allowSchema = z.strictObject({
  /** A record's slug or AIC, or `*`. */
  target: z.string().min(1).max(100),
  /** A capability id, a prefix ending in `*`, or `*`. */
  capability: z.string().min(1).max(256),
  /** Ceiling: nothing graver than this effect (order of `effects`). */
  effect: effectSchema.optional(),
  arguments: argumentsSchema.optional(),
  places: z.array(z.string().max(100)).max(50).optional(),
  /** Ceiling of the confidentiality of what may be sent. */
  confidentiality: confidentialitySchema.optional(),
  /** Left out: the catalogue's default for effect and reversibility. */
  decision: authorityClassSchema.optional(),
})
export type Allow = z.infer<typeof allowSchema>

export const limitsSchema = z.strictObject({
  /** Acts in the mandate's life. */
  calls: z.int().min(0).max(1_000_000_000).optional(),
  /** Acts per period. */
  rate: z
    .strictObject({ calls: z.int().min(1).max(1_000_000), periodMs: z.int().min(1000).max(86_400_000) })
    .optional(),
  /** Money in the mandate's life: minor units (cents) by ISO 4217 code. A currency that is not named is not allowed. */
  money: z.record(currencySchema, z.int().min(0).max(1_000_000_000_000)).optional(),
  /** Bytes of arguments sent in the mandate's life. */
  bytesOut: z.int().min(0).max(1_000_000_000_000).optional(),
})
export type Limits = z.infer<typeof limitsSchema>

/**
 * What a user allows: signed, scoped, limited, expiring; handed on only by narrowing.
 * A standing mandate has no parent and is signed by the user; a task mandate is a child for one task and carries
 * the user's own words; a leaf is a child of at most 15 minutes that calls are made under.
 */
export const mandateSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('mandate'),
  id: z.string().min(1).max(100),
  /** did:key of the signer: the user for a root, the parent's holder for a child. */
  issuer: z.string().max(200),
  /** did:key of whoever may act under it and narrow it. */
  holder: z.string().max(200),
  /** The person on whose word everything below happens: a principal id. The same on the whole chain. */
  subject: z.string().max(100),
  /** The organisation on this node. The same on the whole chain. */
  organization: z.string().max(100),
  /** AIC of the registered agent that holds it, where there is one. */
  agent: z.string().max(100).optional(),
  parent: z.string().max(100).optional(),
  purpose: z.string().min(1).max(1000),
  allow: z.array(allowSchema).min(1).max(200),
  limits: limitsSchema,
  delegate: z.strictObject({
    /** How many links may still follow. */
    depthMax: z.int().min(0).max(16),
    to: z.array(z.string().max(200)).max(100).optional(),
  }),
  /** The user's own words for one task. */
  task: z.string().max(10_000).optional(),
  notBefore: timeSchema,
  expires: timeSchema,
  nonce: z.string().min(16).max(100),
})
export type Mandate = z.infer<typeof mandateSchema>

export const signedMandateSchema = signedSchema(mandateSchema)
export type SignedMandate = z.infer<typeof signedMandateSchema>

/** Links from the root to the leaf. */
export type Chain = readonly SignedMandate[]

/** The longest chain this version verifies. */
export const chainLinksMax = 16

/** Digest over the ids and signatures of the links, root first. */
export async function chainDigest(chain: Chain): Promise<Digest> {
  return await digestOf(chain.map((link) => canonicalJson(link)))
}
