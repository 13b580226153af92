import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import type { StopRow } from '../authority/authority.ts'
import { timeText } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { stopProof } from './stop-proof.ts'
import type { StopProofParts } from './stop-proof.ts'
import type { Stopping } from './stop.ts'

const whatSchema = z.enum(['everything', 'person', 'agent', 'mandate'])
const stopViewSchema = z.strictObject({
  id: z.string(),
  what: whatSchema,
  subject: z.string().optional(),
  /** In whose name the acts are that it reaches; left out: in anybody's. */
  name: z.string().optional(),
  by: z.string(),
  at: timeSchema,
  note: z.string().optional(),
  lifted: timeSchema.optional(),
  liftedBy: z.string().optional(),
})

/** The routes of `/api/stops`. */
export function stopRoutes(stopping: Stopping, proofs: StopProofParts): Route[] {
  const { stops } = proofs
  return [
    route({
      method: 'GET',
      path: '/api/stops',
      summary: 'The stops that concern you, newest first; all of the organisation for owners and auditors.',
      access: 'person',
      query: z.strictObject({
        cursor: z.string().max(100).optional(),
        limit: z.coerce.number().int().min(1).max(limits.pageRowsMax).default(50),
        /** Only those that were not lifted. */
        inForce: z.literal('1').optional(),
      }),
      reply: z.strictObject({ stops: z.array(stopViewSchema), next: z.string().optional() }),
      handle: async ({ caller, query }) => {
        const seesAll = caller.roles.includes('owner') || caller.roles.includes('auditor')
        const rows = await stops.store.list({
          organization: caller.organization,
          limit: query.limit,
          ...(seesAll ? {} : { person: caller.person }),
          ...(query.inForce === undefined ? {} : { inForce: true }),
          ...(query.cursor === undefined ? {} : { before: query.cursor }),
        })
        const next = rows.length === query.limit ? rows.at(-1)?.id : undefined
        return { body: { stops: rows.map(stopView), ...(next === undefined ? {} : { next }) } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/stops',
      summary:
        'Stops an agent, a mandate, everything in your name, or everything, at once and in flight too.',
      access: 'person',
      body: z.strictObject({
        what: whatSchema,
        subject: z.string().min(1).max(200).optional(),
        scope: z.enum(['mine', 'organization']).optional(),
        note: z.string().max(2000).optional(),
      }),
      reply: z.strictObject({
        stop: stopViewSchema,
        stopped: z.int(),
        acts: z.array(z.string()),
        tookMs: z.number(),
      }),
      status: 201,
      handle: async ({ caller, body }) => {
        const { stop, ...reached } = await stopping.stop(caller, body)
        return { status: 201, body: { stop: stopView(stop), ...reached, acts: [...reached.acts] } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/stops/:id/proof',
      summary: 'The receipt of a stop: its entry of the activity log with a proof file, verifiable offline.',
      access: 'person',
      params: z.strictObject({ id: z.string().min(1).max(100) }),
      reply: z.strictObject({
        index: z.int(),
        entry: z.string(),
        origin: z.string(),
        vkey: z.string(),
        proof: z.string(),
      }),
      handle: async ({ caller, params }) => ({ body: await stopProof(proofs, caller, params.id) }),
    }),
    route({
      method: 'POST',
      path: '/api/stops/:id/lift',
      summary: 'Lifts a stop: whoever set it or an owner, in the console, never by a token.',
      access: 'person',
      sessionOnly: true,
      params: z.strictObject({ id: z.string().min(1).max(100) }),
      reply: z.strictObject({ lifted: z.literal(true) }),
      handle: async ({ caller, params }) => {
        await stopping.lift(caller, params.id)
        return { body: { lifted: true as const } }
      },
    }),
  ]
}

function stopView(
  row: Omit<StopRow, 'lifted' | 'liftedBy' | 'leaf'> & Partial<StopRow>,
): z.input<typeof stopViewSchema> {
  const { id, what, subject, name, by, at, note, lifted, liftedBy } = row
  return {
    id,
    what,
    ...(subject === null ? {} : { subject }),
    ...(name === null ? {} : { name }),
    by,
    at: timeText(at),
    ...(note === null ? {} : { note }),
    ...(lifted == null ? {} : { lifted: timeText(lifted) }),
    ...(liftedBy == null ? {} : { liftedBy }),
  }
}
