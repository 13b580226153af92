import { allowSchema, limitsSchema, mandateSchema } from '@ambit/core/mandate'
import { effectSchema, timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { OAuth } from './oauth.ts'

const dayMs = 86_400_000
/** As a standing mandate that is given by hand. */
const daysDefault = 90
const daysMax = 366
const allow = z.array(allowSchema).min(1).max(200)
const uidParams = z.strictObject({ uid: z.string().min(1).max(100) })
const idParams = z.strictObject({ id: z.string().min(1).max(100) })
const goOn = z.strictObject({ location: z.string() })

const consentSchema = z.strictObject({
  id: z.string(),
  client: z.strictObject({
    id: z.string(),
    name: z.string(),
    url: z.string().optional(),
    known: z.enum(['document', 'registered']),
  }),
  redirectHost: z.string(),
  resource: z.string(),
  scopes: z.array(z.string()),
  purpose: z.string(),
  suggested: z.array(allowSchema),
  limits: limitsSchema,
  records: z.array(
    z.strictObject({
      id: z.string(),
      slug: z.string(),
      title: z.string(),
      kind: z.string(),
      capabilities: z.array(
        z.strictObject({ id: z.string(), effect: effectSchema, reversibility: z.int().min(0).max(3) }),
      ),
      capabilityCount: z.int(),
    }),
  ),
  expires: timeSchema,
})

const connectionSchema = z.strictObject({
  id: z.string(),
  client: z.strictObject({ id: z.string(), name: z.string() }),
  redirectHost: z.string(),
  mandate: z.string(),
  created: timeSchema,
  expires: timeSchema,
})

/** What a person decides about clients that want to be let in, and those they let in. Never for a token: it could let another in. */
export function oauthRoutes(oauth: OAuth): Route[] {
  return [...consentRoutes(oauth), ...connectionRoutes(oauth)]
}

function consentRoutes({ consents, now }: OAuth): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/oauth/consents/:uid',
      summary: 'A client that wants to be let in: who it is, and what it could be allowed.',
      access: 'person',
      sessionOnly: true,
      params: uidParams,
      reply: consentSchema,
      async handle({ caller, params }) {
        const { expires, ...view } = await consents.view(params.uid, caller)
        const { scopes, suggested, records } = view
        return {
          body: {
            ...view,
            scopes: [...scopes],
            suggested: [...suggested],
            records: records.map(({ capabilities, ...record }) => ({
              ...record,
              capabilities: capabilities as z.input<typeof consentSchema>['records'][0]['capabilities'],
            })),
            expires: timeText(expires),
          },
        }
      },
    }),
    route({
      method: 'POST',
      path: '/api/oauth/consents/:uid',
      summary: 'Lets a client in: gives a standing mandate and binds the client to it.',
      access: 'person',
      sessionOnly: true,
      params: uidParams,
      body: z.strictObject({
        purpose: mandateSchema.shape.purpose,
        allow,
        limits: limitsSchema.default({}),
        expiresInDays: z.number().positive().max(daysMax).default(daysDefault),
      }),
      reply: goOn.extend({ mandate: z.string() }),
      async handle({ caller, params, body }) {
        const { expiresInDays, ...choice } = body
        const expiresAt = Math.floor(now() + expiresInDays * dayMs)
        return { body: await consents.give(params.uid, caller, { ...choice, expiresAt }) }
      },
    }),
    route({
      method: 'POST',
      path: '/api/oauth/consents/:uid/deny',
      summary: 'Refuses a client that wants to be let in.',
      access: 'person',
      sessionOnly: true,
      params: uidParams,
      body: z.strictObject({}).default({}),
      reply: goOn,
      handle: async ({ caller, params }) => ({ body: await consents.deny(params.uid, caller) }),
    }),
  ]
}

function connectionRoutes({ connections }: OAuth): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/oauth/connections',
      summary: 'The clients you let in, newest first.',
      access: 'person',
      reply: z.strictObject({ connections: z.array(connectionSchema) }),
      async handle({ caller }) {
        const rows = await connections.list(caller.person)
        return {
          body: {
            connections: rows.map((row) => ({
              id: row.id,
              client: { id: row.client, name: row.client_name },
              redirectHost: row.redirect_host,
              mandate: row.mandate,
              created: timeText(row.created),
              expires: timeText(row.expires_at),
            })),
          },
        }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/oauth/connections/:id',
      summary:
        'Ends the access of a client at once; its mandate stays, and is named so that it can be revoked.',
      access: 'person',
      params: idParams,
      reply: z.strictObject({ ended: z.boolean(), mandate: z.string() }),
      handle: async ({ caller, params }) => ({ body: await connections.end(params.id, caller.person) }),
    }),
  ]
}
