import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { clientMetadata } from './registration.ts'
import type { SignIns } from './signin.ts'

/** As long as authorization servers make their codes. */
const parameterCharactersMax = 4096
const parameter = z.string().max(parameterCharactersMax)

/** Where people come back to from an authorization server, and the document under which this node is known to it. */
export function signInRoutes(signIns: SignIns): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/sign-ins',
      summary: 'Ends a sign-in to a server with what its authorization server sent you back with.',
      access: 'person',
      // A token could end it for a person who is not there.
      sessionOnly: true,
      body: z.strictObject({
        state: parameter,
        code: parameter.optional(),
        iss: parameter.optional(),
        error: parameter.optional(),
      }),
      reply: z.strictObject({ server: z.string(), slug: z.string().optional() }),
      async handle({ caller, body }) {
        const answer = new URLSearchParams()
        for (const [name, value] of Object.entries(body)) if (value !== undefined) answer.set(name, value)
        return { body: await signIns.complete(caller, answer) }
      },
    }),
    route({
      method: 'GET',
      path: '/oauth/client.json',
      summary:
        'What this node is as an OAuth client; its address is the client id (client id metadata document).',
      access: 'public',
      reply: z.looseObject({ client_id: z.string(), redirect_uris: z.array(z.string()) }),
      async handle({ origin }) {
        return {
          body: {
            client_id: signIns.document() ?? `${origin}/oauth/client.json`,
            token_endpoint_auth_method: 'none',
            ...clientMetadata(signIns.redirect()),
          },
          headers: { 'cache-control': 'public, max-age=3600' },
        }
      },
    }),
  ]
}
