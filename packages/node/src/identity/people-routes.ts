import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { PersonRow } from './identity-store.ts'
import type { OpenIdentity } from './identity.ts'
import { roleSchema, rolesSchema } from './roles.ts'

export const nameSchema = z.string().trim().min(1).max(200)
export const idSchema = z.strictObject({ id: z.string().max(100) })
const personSchema = z.object({ id: z.string(), name: z.string(), roles: z.array(roleSchema) })
export const linkSchema = z.object({ signInLink: z.string(), expires: z.string() })

/** The people of an organisation. What mints a way to sign in needs a session, or a token could approve through it. */
export function peopleRoutes({ members }: OpenIdentity): readonly Route[] {
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
      async handle({ body: { name, roles }, caller: { organization, person: by }, origin }) {
        const person = await members.addPerson(organization, name, roles, by)
        const link = await members.createLink(organization, person.id, by)
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
      async handle({ params, caller, origin }) {
        const link = await members.createLink(caller.organization, params.id, caller.person)
        return { body: linkView(link, origin) }
      },
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
      async handle({ params, body, caller }) {
        const changed = await members.changePerson(caller.organization, params.id, body, caller.person)
        return { body: personView(changed) }
      },
    }),
  ]
}

function personView({ id, name, roles }: PersonRow) {
  return { id, name, roles: [...roles] }
}

export function linkView({ token, expiresAt }: { token: string; expiresAt: number }, origin: string) {
  return { signInLink: signInLink(origin, token), expires: timeText(expiresAt) }
}

/** The address a person opens once. Opening it changes nothing: the console posts the token, so that a preview cannot use it up. */
export function signInLink(origin: string, token: string): string {
  return `${origin}/sign-in?token=${token}`
}
