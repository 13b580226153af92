import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { clientSettingsSchema } from '../signin/signin.ts'
import type { Registry } from './registry.ts'

const path = '/api/records/:slug/sign-in'
/** A JWT in its compact form. */
export const idTokenSchema = z
  .string()
  .max(16_384)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'a JWT')

const params = z.strictObject({ slug: z.string().min(1).max(100) })

/** Signing in to the server of a record; where people come back to is a route of signin/. */
export function signInRoutes(registry: Registry): Route[] {
  return [
    route({
      method: 'GET',
      path,
      summary: 'Says whether you are signed in to the server of a record.',
      access: 'person',
      params,
      reply: z.strictObject({
        wanted: z.boolean(),
        signedIn: z.boolean(),
        forEveryone: z.boolean(),
        scopes: z.array(z.string()),
        since: timeSchema.optional(),
        expires: timeSchema.optional(),
      }),
      async handle({ caller, params: { slug } }) {
        const { expires, since, scopes, ...rest } = await registry.signIn.status(slug, caller)
        return {
          body: {
            ...rest,
            scopes: [...scopes],
            ...(since === undefined ? {} : { since: timeText(since) }),
            ...(expires === undefined ? {} : { expires: timeText(expires) }),
          },
        }
      },
    }),
    route({
      method: 'POST',
      path,
      summary: 'Begins a sign-in to the server of a record and gives the address where you go on.',
      access: 'person',
      // Whoever holds a token alone could not end it.
      sessionOnly: true,
      params,
      reply: z.strictObject({ url: z.string(), expires: timeSchema }),
      handle: async ({ caller, params: { slug } }) => ({ body: await registry.signIn.begin(slug, caller) }),
    }),
    route({
      method: 'DELETE',
      path,
      summary: 'Forgets your sign-in to the server of a record.',
      access: 'person',
      params,
      reply: z.strictObject({ forgotten: z.literal(true) }),
      async handle({ caller, params: { slug } }) {
        await registry.signIn.forget(slug, caller)
        return { body: { forgotten: true as const } }
      },
    }),
    route({
      method: 'PUT',
      path: `${path}/identity`,
      summary: 'Keeps an ID token of yours, by which your identity provider vouches for you to this server.',
      access: 'person',
      params,
      body: z.strictObject({ idToken: idTokenSchema }),
      reply: z.strictObject({ kept: z.literal(true) }),
      async handle({ caller, params: { slug }, body }) {
        await registry.signIn.setIdentity(slug, caller, body.idToken)
        return { body: { kept: true as const } }
      },
    }),
    route({
      method: 'PUT',
      path: `${path}/client`,
      summary: 'Keeps the OAuth client that was registered by hand for the server of a record.',
      access: ['owner', 'operator'],
      params,
      body: clientSettingsSchema,
      reply: z.strictObject({ kept: z.literal(true) }),
      async handle({ caller, params: { slug }, body }) {
        await registry.signIn.setClient(slug, caller, body)
        return { body: { kept: true as const } }
      },
    }),
  ]
}
