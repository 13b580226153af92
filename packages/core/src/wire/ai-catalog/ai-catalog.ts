import { z } from 'zod'
import { entriesSchema } from '../ard/entry.ts'

export const catalogVersion = '1.0'

/** An AI Catalog (`application/ai-catalog+json`) around its entries, each of which is read by `catalogEntrySchema`. */
export const aiCatalogSchema = z.looseObject({
  /** Major and minor; what comes with another minor is read as far as it is known. */
  specVersion: z.string().regex(/^1\.\d{1,3}$/, 'version 1 of AI Catalog'),
  entries: entriesSchema,
  host: z.looseObject({ displayName: z.string().max(500) }).optional(),
})
