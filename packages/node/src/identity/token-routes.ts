import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { TokenRow } from './identity-store.ts'
import type { OpenIdentity } from './identity.ts'
import { idSchema, nameSchema } from './people-routes.ts'

const dayMs = 24 * 60 * 60 * 1000
const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  created: z.string(),
  expires: z.string().optional(),
})
const ofPersonSchema = z.strictObject({ id: z.string().max(100), token: z.string().max(100) })

/** API tokens: everybody's own, and those of an owner's people. */
export function tokenRoutes({ members }: OpenIdentity): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/tokens',
      summary: 'Lists your API tokens, without the tokens themselves.',
      access: 'person',
      reply: z.object({ tokens: z.array(tokenSchema) }),
      handle: async ({ caller }) => ({
        body: { tokens: (await members.tokens(caller.person)).map(tokenView) },
      }),
    }),
    route({
      method: 'POST',
      path: '/api/tokens',
      summary: 'Makes an API token for yourself; it is shown this once.',
      access: 'person',
      sessionOnly: true,
      body: z.strictObject({ name: nameSchema, expiresInDays: z.int().min(1).max(3650).optional() }),
      reply: z.object({ ...tokenSchema.shape, token: z.string() }),
      status: 201,
      async handle({ body, caller }) {
        const lifeMs = body.expiresInDays === undefined ? undefined : body.expiresInDays * dayMs
        const person = await members.personOf(caller.organization, caller.person)
        const made = await members.createToken(person, body.name, lifeMs)
        return { body: { ...tokenView(made), token: made.token } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/tokens/:id',
      summary: 'Revokes one of your API tokens, at once.',
      access: 'person',
      params: idSchema,
      reply: z.undefined(),
      status: 204,
      async handle({ params, caller }) {
        const person = await members.personOf(caller.organization, caller.person)
        await members.revokeToken(person, params.id, caller.person)
        return { body: undefined }
      },
    }),
    ...tokensOfPeople(members),
  ]
}

function tokensOfPeople(members: OpenIdentity['members']): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/people/:id/tokens',
      summary: 'Lists the API tokens of a person, without the tokens themselves.',
      access: ['owner'],
      params: idSchema,
      reply: z.object({ tokens: z.array(tokenSchema) }),
      async handle({ params, caller }) {
        const person = await members.personOf(caller.organization, params.id)
        return { body: { tokens: (await members.tokens(person.id)).map(tokenView) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/people/:id/tokens/:token',
      summary: 'Revokes an API token of a person, at once.',
      access: ['owner'],
      sessionOnly: true,
      params: ofPersonSchema,
      reply: z.undefined(),
      status: 204,
      async handle({ params, caller }) {
        const person = await members.personOf(caller.organization, params.id)
        await members.revokeToken(person, params.token, caller.person)
        return { body: undefined }
      },
    }),
  ]
}

function tokenView({ id, name, createdAt, expiresAt }: TokenRow) {
  return {
    id,
    name,
    created: timeText(createdAt),
    ...(expiresAt === null ? {} : { expires: timeText(expiresAt) }),
  }
}
