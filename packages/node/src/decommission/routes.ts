import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { RoleName, Route } from '../kernel/route.ts'
import type { Decommission, Report } from './decommission.ts'

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ slug: z.string().min(1).max(100) })

const reportSchema = z.strictObject({
  record: z.string(),
  slug: z.string(),
  at: z.string(),
  done: z.array(z.strictObject({ what: z.string(), count: z.int() })),
  /** Empty: nothing is left. */
  residue: z.array(z.strictObject({ what: z.string(), count: z.int(), problem: z.string().optional() })),
  ruling: z.string().optional(),
})

export function decommissionRoutes(decommission: Decommission): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/records/:slug/decommission',
      summary:
        'Retires a record, revokes everything that hangs on it, and says what is left; safe to repeat.',
      access: operators,
      params,
      body: z.strictObject({ note: z.string().max(1000).optional() }).default({}),
      reply: reportSchema,
      handle: async ({ caller, params: { slug }, body: { note } }) => ({
        body: bodyOf(await decommission.decommission(caller, slug, note)),
      }),
    }),
    route({
      method: 'GET',
      path: '/api/records/:slug/decommission',
      summary: 'Shows what the newest decommissioning of a record did, and what it left.',
      access: 'person',
      params,
      reply: reportSchema,
      handle: async ({ caller, params: { slug } }) => ({
        body: bodyOf(await decommission.report(caller.organization, slug)),
      }),
    }),
  ]
}

function bodyOf({ done, residue, ...report }: Report) {
  return { ...report, done: [...done], residue: [...residue] }
}
