import { Fault } from '@ambit/core/fault'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { Liveness } from './liveness.ts'
import { livenessSchema, livenessStates } from '../registry/registry.ts'

const wishSchema = z.strictObject({
  /** Records that are dead for so many days are suspended; null: none is. */
  suspendAfterDays: z.int().min(1).max(365).nullable(),
})

const troubleSchema = z.strictObject({
  record: z.string(),
  slug: z.string(),
  state: z.enum(livenessStates),
  since: z.iso.datetime(),
})

export interface LivenessRouteParts {
  readonly liveness: Liveness
  /** AIC of a record of the organisation. */
  readonly recordId: (slug: string, organization: string) => string | undefined
}

export function livenessRoutes({ liveness, recordId }: LivenessRouteParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/records/:slug/liveness',
      summary:
        'Shows whether each interface of a record answers: when last, how often, how fast, and what differs.',
      access: 'person',
      params: z.strictObject({ slug: z.string().min(1).max(100) }),
      reply: livenessSchema,
      async handle({ caller, params: { slug } }) {
        const id = recordId(slug, caller.organization)
        const view = id === undefined ? undefined : await liveness.of(id)
        if (view === undefined)
          throw new Fault('input.not-found', { detail: 'there is no such record', where: slug })
        return { body: view }
      },
    }),
    route({
      method: 'GET',
      path: '/api/liveness',
      summary:
        'Lists the records that are dead or serve something else than was accepted, and what the organisation wishes done.',
      access: 'person',
      reply: z.strictObject({ troubles: z.array(troubleSchema), ...wishSchema.shape }),
      handle: async ({ caller }) => ({
        body: {
          troubles: [...liveness.troubles(caller.organization)],
          suspendAfterDays: liveness.wishOf(caller.organization)?.suspendAfterDays ?? null,
        },
      }),
    }),
    route({
      method: 'PUT',
      path: '/api/liveness',
      summary: 'Says after how many days without an answer records are suspended, if at all.',
      access: ['owner'],
      body: wishSchema,
      reply: wishSchema,
      async handle({ caller, body: { suspendAfterDays } }) {
        await liveness.wish(caller.organization, { suspendAfterDays, by: caller.person })
        return { body: { suspendAfterDays } }
      },
    }),
  ]
}
