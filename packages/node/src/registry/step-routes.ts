import { signedRulingSchema } from '@ambit/core/ruling'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Caller, RoleName, Route } from '../kernel/route.ts'
import type { RegistryRouteParts } from './routes.ts'
import { dependantSchema, reachDependants } from './takedown-routes.ts'
import { recordViewSchema } from './view.ts'

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ slug: z.string().min(1).max(100) })
const note = z.string().max(2000)
const reached = { tookMs: z.number(), stopped: z.int(), acts: z.array(z.string()) }

/** Routes that make a ruling of the life cycle. */
export function stepRoutes(parts: RegistryRouteParts): Route[] {
  const { registry, recall, governed } = parts
  const body = z.strictObject({ note: note.optional() }).default({})
  const reply = recordViewSchema
  const stepRoute = (
    name: 'submit' | 'activate' | 'suspend' | 'reinstate',
    summary: string,
    take: (order: ReturnType<typeof orderOf>, by: Caller['by']) => Promise<void>,
  ) =>
    route({
      method: 'POST',
      path: `/api/records/:slug/${name}`,
      summary,
      access: operators,
      params,
      body,
      reply,
      async handle({ caller, params: { slug }, body: given }) {
        await take(orderOf(caller, slug, given), caller.by)
        return { body: await registry.view(slug, caller.organization, governed) }
      },
    })
  return [
    stepRoute('submit', 'Freezes the draft as a version and submits it.', async (order) => {
      await registry.step({ ...order, step: 'submission' })
    }),
    stepRoute('activate', 'Puts the submitted version in force.', async (order, by) => {
      await registry.step({ ...order, by, step: 'activation' })
    }),
    stepRoute('suspend', 'Suspends the version in force and stops what is in flight.', async (order) => {
      await recall.suspend(order)
    }),
    stepRoute('reinstate', 'Ends a suspension.', async (order) => {
      await recall.reinstate(order)
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/retire',
      summary: 'Retires a record and gives its name back.',
      access: operators,
      params,
      body,
      reply: z.strictObject({ retired: z.literal(true), ruling: signedRulingSchema.optional() }),
      async handle({ caller, params: { slug }, body: given }) {
        const { ruling } = await registry.step({ ...orderOf(caller, slug, given), step: 'retirement' })
        return { body: { retired: true as const, ...(ruling === undefined ? {} : { ruling }) } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/recall',
      summary: 'Recalls exact versions and stops what is in flight, as callee and as caller.',
      access: operators,
      params,
      body: z.strictObject({
        version: z.string().max(150).optional(),
        note: note.min(1),
        /** Also suspends the organisation's own records that are made of it. */
        dependants: z.boolean().optional(),
      }),
      reply: z.strictObject({ ruling: signedRulingSchema, ...reached, dependants: z.array(dependantSchema) }),
      async handle({ caller, params: { slug }, body: { version, note: why, dependants } }) {
        const order = orderOf(caller, slug, { note: why })
        const recalled = await recall.recall({ ...order, ...(version === undefined ? {} : { version }) })
        const suspend = dependants === true ? 'own' : 'none'
        const told = await reachDependants(parts, caller, recalled.ruling, suspend)
        return { body: { ...recalled, acts: [...recalled.acts], dependants: told } }
      },
    }),
  ]
}

function orderOf(caller: Caller, record: string, { note: why }: { note?: string | undefined }) {
  const { organization, person } = caller
  return { record, organization, person, ...(why === undefined ? {} : { note: why }) }
}
