import { recordSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { TransferRow } from './life-store.ts'
import type { RegistryRouteParts } from './routes.ts'
import type { AcceptRequest } from './transfer.ts'
import { recordViewSchema } from './view.ts'
import type { RecordView } from './view.ts'

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
  state: z.enum(['offered', 'accepted', 'declined', 'withdrawn']),
  note: z.string(),
  offered: z.string(),
  decided: z.string().optional(),
})

export function transferRoutes(parts: RegistryRouteParts): Route[] {
  const { registry } = parts
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
      handle: async ({ caller, params, body }) => ({ body: await takeOver(parts, caller, params.id, body) }),
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

/**
 * Out of use first, so that nothing of the giver's is under way; then out of the giver's hands; then it moves. Should
 * anything fail in between, it is suspended and nobody is allowed more than before.
 */
async function takeOver(
  { registry, recall, governed, handOver }: RegistryRouteParts,
  caller: Caller,
  id: string,
  given: AcceptRequest,
): Promise<RecordView> {
  const { record, organization } = await registry.transfers.offered(id, caller, given)
  const wasActive = registry.target(record, organization)?.state === 'active'
  if (wasActive) await recall.suspend({ record, organization, person: caller.person, note: 'handed over' })
  await handOver(record, organization, caller.person)
  await registry.transfers.accept(id, caller, given, wasActive)
  return await registry.view(record, caller.organization, governed)
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
  }
}
