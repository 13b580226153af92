import { problemOf } from '@ambit/core/fault'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { batchDocumentsMax } from './batch.ts'
import type { BatchResult } from './batch.ts'
import type { Registry } from './registry.ts'

const resultSchema = z.strictObject({
  ok: z.boolean(),
  slug: z.string().optional(),
  /** AIC. */
  id: z.string().optional(),
  /** Nothing in the document was new. */
  unchanged: z.boolean().optional(),
  problem: z.looseObject({ code: z.string(), detail: z.string().optional() }).optional(),
})

/** Many documents at once. */
export function batchRoutes(registry: Pick<Registry, 'applyBatch'>): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/records/batch',
      summary:
        'Makes drafts of many record documents, or puts them in force; each with its own result, in their order.',
      access: ['owner', 'operator'],
      body: z.strictObject({
        documents: z.array(z.looseObject({})).min(1).max(batchDocumentsMax),
        activate: z.boolean().optional(),
      }),
      reply: z.strictObject({ results: z.array(resultSchema) }),
      async handle({ caller, body: { documents, activate } }) {
        const results = await registry.applyBatch(caller, documents, { activate })
        return { body: { results: results.map(resultOf) } }
      },
    }),
  ]
}

function resultOf(result: BatchResult): z.infer<typeof resultSchema> {
  if (result.ok) return { ...result }
  const { fault, ...rest } = result
  return { ...rest, problem: { ...problemOf(fault) } }
}
