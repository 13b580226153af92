import { ruleSchema, ruleTermsSchema } from '@ambit/core/rule'
import { z } from 'zod'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { Clock } from '../kernel/clock.ts'
import { seesAll } from './permission.ts'
import type { Rules } from './rules.ts'

/** The routes of `/api/rules`. */
export function ruleRoutes(rules: Rules, clock: Pick<Clock, 'now'>): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/rules',
      summary: 'Your rules and those of the organisation, newest first; everybody’s for owners and auditors.',
      access: 'person',
      query: z.strictObject({
        cursor: z.string().max(100).optional(),
        limit: z.coerce.number().int().min(1).max(limits.pageRowsMax).default(50),
      }),
      reply: z.strictObject({ rules: z.array(ruleSchema), next: z.string().optional() }),
      handle: async ({ caller, query }) => {
        const list = await rules.store.list(
          {
            organization: caller.organization,
            limit: query.limit,
            ...(seesAll(caller) ? {} : { person: caller.person }),
            ...(query.cursor === undefined ? {} : { before: query.cursor }),
          },
          clock.now(),
        )
        const next = list.length === query.limit ? list.at(-1)?.id : undefined
        return { body: { rules: list, ...(next === undefined ? {} : { next }) } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/rules',
      summary: 'Sets a rule that makes decisions stricter, for what is done in your name or for everybody.',
      access: 'person',
      body: ruleTermsSchema,
      reply: ruleSchema,
      status: 201,
      handle: async ({ caller, body }) => ({ status: 201, body: await rules.set(caller, body) }),
    }),
    route({
      method: 'DELETE',
      path: '/api/rules/:id',
      summary: 'Takes a rule away; in the console, never by a token.',
      access: 'person',
      sessionOnly: true,
      params: z.strictObject({ id: z.string().min(1).max(100) }),
      reply: z.strictObject({ removed: z.literal(true) }),
      handle: async ({ caller, params }) => {
        await rules.remove(caller, params.id)
        return { body: { removed: true as const } }
      },
    }),
  ]
}
