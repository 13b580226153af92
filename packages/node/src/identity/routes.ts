import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { PersonRow, TokenRow } from './identity-store.ts'
import type { OpenIdentity } from './identity.ts'
import { sessionLifeMs } from './members.ts'
import { roleSchema, rolesSchema } from './roles.ts'
import { endedSessionCookie, sessionCookie } from './session-cookie.ts'

const dayMs = 24 * 60 * 60 * 1000
const nameSchema = z.string().trim().min(1).max(200)
const idSchema = z.strictObject({ id: z.string().max(100) })
const personSchema = z.object({ id: z.string(), name: z.string(), roles: z.array(roleSchema) })
const meSchema = z.object({
  person: z.object({ id: z.string(), name: z.string() }),
  organization: z.object({ id: z.string(), name: z.string() }),
  roles: z.array(roleSchema),
  by: z.enum(['session', 'token']),
})
const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  created: z.string(),
  expires: z.string().optional(),
})

const linkSchema = z.object({ signInLink: z.string(), expires: z.string() })

/** Sign-in, people and API tokens. What mints a way to sign in needs a session, or a token could approve through it. */
export function identityRoutes(identity: OpenIdentity): readonly Route[] {
  return [...signInRoutes(identity), ...peopleRoutes(identity), ...tokenRoutes(identity)]
}

function signInRoutes(identity: OpenIdentity): readonly Route[] {
  const { members } = identity
  return [
    route({
      method: 'POST',
      path: '/api/sign-in',
      summary: 'Uses a one-time sign-in link up and opens a session.',
      access: 'public',
      body: z.strictObject({
        token: z.string().max(200),
        client: z.enum(['console', 'cli']).default('console'),
      }),
      reply: z.object({ session: z.string().optional(), me: meSchema }),
      async handle({ body, origin }) {
        const { session, person } = await members.signIn(body.token, body.client)
        const me = await meOf(identity, { ...person, person: person.id, by: 'session' }, person)
        if (body.client === 'cli') return { body: { session, me } }
        return { body: { me }, headers: { 'set-cookie': sessionCookie(session, sessionLifeMs, origin) } }
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
        if (caller.credential !== undefined) await members.signOut(caller.credential)
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

function peopleRoutes({ members }: OpenIdentity): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/people',
      summary: 'Lists the people of the organisation and their roles.',
      access: 'person',
      reply: z.object({ people: z.array(personSchema) }),
      handle: async ({ caller }) => ({
        body: { people: (await members.people(caller.organization)).map(personView) },
      }),
    }),
    route({
      method: 'POST',
      path: '/api/people',
      summary: 'Adds a person and makes their one-time sign-in link.',
      access: ['owner'],
      sessionOnly: true,
      body: z.strictObject({ name: nameSchema, roles: rolesSchema.min(1) }),
      reply: z.object({ person: personSchema, ...linkSchema.shape }),
      status: 201,
      async handle({ body, caller, origin }) {
        const person = await members.addPerson(caller.organization, body.name, body.roles)
        const link = await members.createLink(caller.organization, person.id)
        return { body: { person: personView(person), ...linkView(link, origin) } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/people/:id/sign-in-link',
      summary: 'Makes a new one-time sign-in link for a person; their earlier links end.',
      access: ['owner'],
      sessionOnly: true,
      params: idSchema,
      reply: linkSchema,
      status: 201,
      handle: async ({ params, caller, origin }) => ({
        body: linkView(await members.createLink(caller.organization, params.id), origin),
      }),
    }),
    route({
      method: 'PATCH',
      path: '/api/people/:id',
      summary: 'Changes the name or roles of a person; no roles ends all their access at once.',
      access: ['owner'],
      sessionOnly: true,
      params: idSchema,
      body: z.strictObject({ name: nameSchema.optional(), roles: rolesSchema.optional() }),
      reply: personSchema,
      handle: async ({ params, body, caller }) => ({
        body: personView(await members.changePerson(caller.organization, params.id, body)),
      }),
    }),
  ]
}

function tokenRoutes({ members }: OpenIdentity): readonly Route[] {
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
        const made = await members.createToken(caller.person, body.name, lifeMs)
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
        await members.revokeToken(caller.person, params.id)
        return { body: undefined }
      },
    }),
  ]
}

async function meOf(
  { members }: OpenIdentity,
  caller: Pick<Caller, 'person' | 'organization' | 'roles' | 'by'>,
  person: { readonly name: string } | undefined,
) {
  return {
    person: { id: caller.person, name: person?.name ?? caller.person },
    organization: {
      id: caller.organization,
      name: await members.organizationName(caller.organization),
    },
    roles: [...caller.roles],
    by: caller.by,
  }
}

function personView({ id, name, roles }: PersonRow) {
  return { id, name, roles: [...roles] }
}

function linkView({ token, expiresAt }: { token: string; expiresAt: number }, origin: string) {
  return { signInLink: signInLink(origin, token), expires: timeText(expiresAt) }
}

/** The address a person opens once. Opening it changes nothing: the console posts the token, so that a preview cannot use it up. */
export function signInLink(origin: string, token: string): string {
  return `${origin}/sign-in?token=${token}`
}

function tokenView({ id, name, createdAt, expiresAt }: TokenRow) {
  return {
    id,
    name,
    created: timeText(createdAt),
    ...(expiresAt === null ? {} : { expires: timeText(expiresAt) }),
  }
}
