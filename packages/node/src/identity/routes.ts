import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { OpenIdentity } from './identity.ts'
import { organizationRoutes } from './organization-routes.ts'
import { browserJsonSchema, passkeyRoutes } from './passkey-routes.ts'
import { peopleRoutes } from './people-routes.ts'
import type { PersonRow } from './identity-store.ts'
import { roleSchema } from './roles.ts'
import { endedSessionCookie, sessionCookie } from './session-cookie.ts'
import { sessionRoutes } from './session-routes.ts'
import { sessionLifeMs } from './sessions.ts'
import { tokenRoutes } from './token-routes.ts'

const meSchema = z.object({
  person: z.object({ id: z.string(), name: z.string() }),
  organization: z.object({ id: z.string(), name: z.string() }),
  roles: z.array(roleSchema),
  by: z.enum(['session', 'token']),
})
const clientSchema = z.enum(['console', 'cli'])
const signedInSchema = z.object({ session: z.string().optional(), me: meSchema })

/** Who is who, who may come in, and by what. */
export function identityRoutes(identity: OpenIdentity): readonly Route[] {
  return [
    ...signInRoutes(identity),
    ...passkeySignInRoutes(identity),
    ...peopleRoutes(identity),
    ...tokenRoutes(identity),
    ...sessionRoutes(identity),
    ...passkeyRoutes(identity),
    ...organizationRoutes(identity),
  ]
}

function signInRoutes(identity: OpenIdentity): readonly Route[] {
  const { sessions, members } = identity
  return [
    route({
      method: 'POST',
      path: '/api/sign-in',
      summary: 'Uses a one-time sign-in link up and opens a session.',
      access: 'public',
      body: z.strictObject({ token: z.string().max(200), client: clientSchema.default('console') }),
      reply: signedInSchema,
      async handle({ body: { token, client }, origin }) {
        return await signedIn(identity, await sessions.signIn(token, client), client, origin)
      },
    }),
    route({
      method: 'POST',
      path: '/api/sign-out',
      summary: 'Ends the session this request came with.',
      access: 'person',
      sessionOnly: true,
      reply: z.undefined(),
      status: 204,
      async handle({ caller, origin }) {
        if (caller.credential !== undefined) {
          const person = await members.personOf(caller.organization, caller.person)
          await sessions.end(caller.credential, { person, by: caller.person })
        }
        return { body: undefined, headers: { 'set-cookie': endedSessionCookie(origin) } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/me',
      summary: 'Says who is signed in.',
      access: 'person',
      reply: meSchema,
      handle: async ({ caller }) => ({
        body: await meOf(identity, caller, await identity.person(caller.person)),
      }),
    }),
  ]
}

function passkeySignInRoutes(identity: OpenIdentity): readonly Route[] {
  const { passkeys } = identity
  return [
    route({
      method: 'POST',
      path: '/api/sign-in/passkey/options',
      summary: 'Gives the options with which a browser asks for a passkey to sign in with.',
      access: 'public',
      reply: browserJsonSchema,
      handle: async ({ origin }) => ({ body: { ...(await passkeys.signInOptions(origin)) } }),
    }),
    route({
      method: 'POST',
      path: '/api/sign-in/passkey/verify',
      summary: 'Opens a session for whoever the passkey belongs to.',
      access: 'public',
      body: z.strictObject({ response: browserJsonSchema, client: clientSchema.default('console') }),
      reply: signedInSchema,
      async handle({ body: { response, client }, origin }) {
        return await signedIn(identity, await passkeys.signIn(origin, response, client), client, origin)
      },
    }),
  ]
}

/** The console gets a cookie that no script reads; a program gets the session itself. */
async function signedIn(
  identity: OpenIdentity,
  { session, person }: { readonly session: string; readonly person: PersonRow },
  client: z.output<typeof clientSchema>,
  origin: string,
) {
  const me = await meOf(identity, { ...person, person: person.id, by: 'session' }, person)
  if (client === 'cli') return { body: { session, me } }
  return { body: { me }, headers: { 'set-cookie': sessionCookie(session, sessionLifeMs, origin) } }
}

async function meOf(
  { organizations }: OpenIdentity,
  caller: Pick<Caller, 'person' | 'organization' | 'roles' | 'by'>,
  person: { readonly name: string } | undefined,
) {
  const { organization: id, roles, by } = caller
  return {
    person: { id: caller.person, name: person?.name ?? caller.person },
    organization: { id, name: (await organizations.name(id)) ?? id },
    roles: [...roles],
    by,
  }
}
