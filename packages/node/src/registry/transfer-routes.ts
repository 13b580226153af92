import { recordSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { TransferRow } from './life-store.ts'
import type { RegistryRouteParts } from './routes.ts'
import { recordViewSchema } from './view.ts'

const id = z.strictObject({ id: z.string().min(1).max(100) })
/** What is given away, and what is taken over, is said by an owner, in person. */
const owners = { access: ['owner'], sessionOnly: true } as const

const transferSchema = z.strictObject({
  id: z.string(),
  /** AIC */
  record: z.string(),
  slug: z.string(),
  title: z.string(),
  from: z.string(),
  to: z.string(),
  /** `accepting`: accepted, and not at its end; accepting it again goes on with it. */
  state: z.enum(['offered', 'accepting', 'accepted', 'declined', 'withdrawn']),
  note: z.string(),
  offered: z.string(),
  decided: z.string().optional(),
  /** Why it did not come to its end. */
  problem: z.string().optional(),
})

export function transferRoutes({ registry, takeOvers, governed }: RegistryRouteParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/records/:slug/transfer',
      summary: 'Offers a record to another organisation of the node.',
      ...owners,
      params: z.strictObject({ slug: z.string().min(1).max(100) }),
      body: z.strictObject({ to: z.string().min(1).max(100), note: z.string().max(1000).optional() }),
      reply: transferSchema,
      status: 201,
      handle: async ({ caller, params: { slug }, body }) => ({
        status: 201,
        body: viewOf(await registry.transfers.offer(slug, caller, body)),
      }),
    }),
    route({
      method: 'GET',
      path: '/api/transfers',
      summary: 'Lists what the organisation offered, and what was offered to it, newest first.',
      access: 'person',
      reply: z.strictObject({ transfers: z.array(transferSchema) }),
      handle: async ({ caller }) => ({
        body: { transfers: (await registry.transfers.list(caller.organization)).map(viewOf) },
      }),
    }),
    route({
      method: 'POST',
      path: '/api/transfers/:id/accept',
      summary:
        'Takes a record over: its identity code and history stay, and what its former keeper allowed ends.',
      ...owners,
      params: id,
      body: z
        .strictObject({
          slug: recordSchema.shape.slug.optional(),
          responsible: recordSchema.shape.responsible.optional(),
          confirmName: z.boolean().optional(),
        })
        .default({}),
      reply: recordViewSchema,
      async handle({ caller, params, body }) {
        const record = await takeOvers.accept(caller, params.id, body)
        return { body: await registry.view(record, caller.organization, governed) }
      },
    }),
    ...(['decline', 'withdraw'] as const).map((word) =>
      route({
        method: 'POST',
        path: `/api/transfers/:id/${word}`,
        summary: word === 'decline' ? 'Does not take a record over.' : 'Takes an offer back.',
        ...owners,
        params: id,
        body: z.strictObject({}).default({}),
        reply: transferSchema,
        handle: async ({ caller, params }) => ({
          body: viewOf(
            await registry.transfers.end(params.id, caller, word === 'decline' ? 'declined' : 'withdrawn'),
          ),
        }),
      }),
    ),
  ]
}

function viewOf(row: TransferRow): z.input<typeof transferSchema> {
  const { organization: from, receiver: to, offered, decided } = row
  return {
    id: row.id,
    record: row.record,
    slug: row.slug,
    title: row.title,
    from,
    to,
    state: row.state,
    note: row.note,
    offered: timeText(offered),
    ...(decided === null ? {} : { decided: timeText(decided) }),
    ...(row.problem === null ? {} : { problem: row.problem }),
  }
}
