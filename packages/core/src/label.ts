import { z } from 'zod'

/** Integrity: 3 said by the user, 2 mandate or trusted source, 1 minted by a system, 0 third-party text. */
export const integritySchema = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
export type Integrity = z.infer<typeof integritySchema>

/** Confidentiality: 0 public, 1 internal, 2 personal, 3 secret. */
export const confidentialitySchema = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
export type Confidentiality = z.infer<typeof confidentialitySchema>

/** The lowest integrity and the highest confidentiality of what an act carries. */
export const labelsSchema = z.strictObject({
  integrity: integritySchema,
  confidentiality: confidentialitySchema,
})
export type Labels = z.infer<typeof labelsSchema>
