import { z } from 'zod'
import { timeSchema } from '../record.ts'
import { signatureSchema, signedSchema } from '../signature.ts'
import { parseAic } from './aic.ts'
import { keyBytes } from './did-key.ts'

/**
 * What the holder of an agent's key says with it, over the RFC 8785 bytes of the statement: each names its purpose, so
 * that a signature given for one thing is none for another.
 */
const agent = z
  .string()
  .max(100)
  .refine((text) => parseAic(text)?.text === text, { error: 'an identity code in upper case' })
export const agentKeySchema = z
  .string()
  .max(200)
  .refine((text) => keyBytes(text) !== undefined, { error: 'a did:key of Ed25519 or P-256' })
const nonce = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/, '16 to 64 characters of base64url')
const base = { v: z.literal(1), at: timeSchema }

/** A key that proves it is held by whoever names it in a record, over a challenge of the node. */
export const possessionSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('agent-key.possession'),
  organization: z.string().max(100),
  slug: z.string().max(63),
  key: agentKeySchema,
  /** From `GET /api/agent-keys/challenge`. */
  challenge: z.string().max(200),
})
export const signedPossessionSchema = signedSchema(possessionSchema)
export type Possession = z.infer<typeof possessionSchema>
export type SignedPossession = z.infer<typeof signedPossessionSchema>

/** The old key names its successor, and the successor signs the same words. */
export const rotationSchema = z.strictObject({
  ...base,
  type: z.literal('agent-key.rotation'),
  agent,
  key: agentKeySchema,
  next: agentKeySchema,
  /** How long both speak for the agent; left out: a day. In s. */
  overlapS: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .optional(),
  nonce,
})
export const signedRotationSchema = z.strictObject({
  body: rotationSchema,
  /** By `key`. */
  signature: signatureSchema,
  /** By `next`. */
  proof: signatureSchema,
})
export type Rotation = z.infer<typeof rotationSchema>
export type SignedRotation = z.infer<typeof signedRotationSchema>

/** Whoever holds a key says that others hold it too. Never taken back. */
export const compromiseSchema = z.strictObject({
  ...base,
  type: z.literal('agent-key.compromise'),
  agent,
  key: agentKeySchema,
  nonce,
})
export const signedCompromiseSchema = signedSchema(compromiseSchema)
export type SignedCompromise = z.infer<typeof signedCompromiseSchema>
