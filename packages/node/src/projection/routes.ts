import { formats } from '@ambit/core/format'
import { Fault } from '@ambit/core/fault'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { assetCsv, assetJson } from './asset-table.ts'
import { assetRows, exportRecord } from './export.ts'
import type { ExportParts } from './export.ts'

const query = z.strictObject({
  format: z.enum([...formats, 'gbz185', 'tc260']),
  /** Of the asset register alone: `csv` is a table for spreadsheets. */
  as: z.enum(['json', 'csv']).optional(),
  /** `node`: with this node's addresses in place of the agent's own, where it serves the record. */
  addresses: z.enum(['own', 'node']).optional(),
})

const reply = z.strictObject({
  format: z.enum([...formats, 'gbz185', 'tc260']),
  document: z.record(z.string(), z.unknown()).optional(),
  /** A table in place of a document (RFC 4180). */
  csv: z.string().optional(),
  /** What the record holds and the format has no place for. */
  losses: z.array(z.string()),
})

/** What leaves the registry in the formats of others. */
export function exportRoutes(parts: ExportParts): Route[] {
  async function register(organization: string, slug: string | undefined, as: 'json' | 'csv' | undefined) {
    const rows = await assetRows(parts, organization, slug)
    const body = as === 'csv' ? { csv: assetCsv(rows) } : { document: assetJson(rows) }
    return { body: { format: 'tc260' as const, ...body, losses: [] } }
  }
  return [
    route({
      method: 'GET',
      path: '/api/records/:slug/export',
      summary: 'Writes a record in another format, and says what that format has no place for.',
      access: 'person',
      params: z.strictObject({ slug: z.string().min(1).max(100) }),
      query,
      reply,
      async handle({ caller: { organization }, params: { slug }, query: { format, as, addresses } }) {
        if (format === 'tc260') return await register(organization, slug, as)
        if (as === 'csv') throw onlyRegister()
        const { document, losses } = await exportRecord(parts, slug, organization, format, addresses ?? 'own')
        return { body: { format, document, losses: [...losses] } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/asset-register',
      summary: 'Writes all records of the organisation in the asset register of TC260-PG-20266A.',
      access: 'person',
      query: query.pick({ as: true }),
      reply,
      handle: async ({ caller: { organization }, query: { as } }) =>
        await register(organization, undefined, as),
    }),
  ]
}

function onlyRegister(): Fault {
  return new Fault('input.invalid', {
    detail: 'only the asset register is written as a table',
    where: 'query.as',
    remedy: 'Leave `as` out, or ask for the format tc260.',
  })
}
