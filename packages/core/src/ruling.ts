import { z } from 'zod'
import { digestSchema, timeSchema } from './record.ts'
import { signedSchema } from './signature.ts'

export const rulingKindSchema = z.enum([
  'submission',
  'activation',
  'filing',
  'test-report',
  'certificate',
  'recognition',
  'advisory',
  'suspension',
  'recall',
  'reinstatement',
  'retirement',
  'takedown',
  'transfer',
  'rename',
  'rating',
  'dispute',
])
export type RulingKind = z.infer<typeof rulingKindSchema>

/** What an authority says about exact versions of a record. */
export const rulingSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('ruling'),
  id: z.string().max(100),
  kind: rulingKindSchema,
  subject: z.strictObject({
    /** AIC. */
    record: z.string().max(100),
    /** The exact versions meant. */
    digests: z.array(digestSchema).min(1).max(100),
  }),
  /** did:key of the authority. */
  by: z.string().max(200),
  /** The person who decided, by principal id; absent when the node did by itself. */
  person: z.string().max(100).optional(),
  /** Clause, rule or test ids. */
  basis: z.array(z.string().max(200)).max(50),
  evidence: z.array(digestSchema).max(50),
  /** Why, in words. */
  note: z.string().max(2000).optional(),
  notBefore: timeSchema,
  expires: timeSchema.optional(),
})
export type Ruling = z.infer<typeof rulingSchema>

export const signedRulingSchema = signedSchema(rulingSchema)
export type SignedRuling = z.infer<typeof signedRulingSchema>
