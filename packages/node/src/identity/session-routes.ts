import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { OpenIdentity } from './identity.ts'
import { idSchema } from './people-routes.ts'
import type { SessionRow } from './session-store.ts'

const sessionSchema = z.object({
  id: z.string(),
  client: z.string(),
  created: z.string(),
  /** Exact to five minutes. */
  lastUsed: z.string(),
  expires: z.string(),
  /** Whether this request came with it. */
  current: z.boolean(),
})
const sessionsSchema = z.object({ sessions: z.array(sessionSchema) })
const ofPersonSchema = z.strictObject({ id: z.string().max(100), session: z.string().max(100) })

/** Where people are signed in: everybody's own sessions, and those of an owner's people. */
export function sessionRoutes(identity: OpenIdentity): readonly Route[] {
  return [...ownSessions(identity), ...sessionsOfPeople(identity)]
}

function ownSessions({ members, sessions }: OpenIdentity): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/sessions',
      summary: 'Lists where you are signed in.',
      access: 'person',
      reply: sessionsSchema,
      async handle({ caller }) {
        const rows = await sessions.list(caller.person)
        return { body: { sessions: rows.map((row) => sessionView(row, caller.credential)) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/sessions/:id',
      summary: 'Ends one of your sessions, at once.',
      access: 'person',
      sessionOnly: true,
      params: idSchema,
      reply: z.undefined(),
      status: 204,
      async handle({ params, caller }) {
        const person = await members.personOf(caller.organization, caller.person)
        await sessions.end(params.id, { person, by: caller.person })
        return { body: undefined }
      },
    }),
    route({
      method: 'POST',
      path: '/api/sessions/end-others',
      summary: 'Ends all your sessions but the one this request came with.',
      access: 'person',
      sessionOnly: true,
      reply: z.object({ ended: z.number() }),
      async handle({ caller }) {
        const person = await members.personOf(caller.organization, caller.person)
        const ended = await sessions.endOthers(caller.credential ?? '', { person, by: caller.person })
        return { body: { ended } }
      },
    }),
  ]
}

function sessionsOfPeople({ members, sessions }: OpenIdentity): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/people/:id/sessions',
      summary: 'Lists where a person is signed in.',
      access: ['owner'],
      params: idSchema,
      reply: sessionsSchema,
      async handle({ params, caller }) {
        const { id } = await members.personOf(caller.organization, params.id)
        const rows = await sessions.list(id)
        return { body: { sessions: rows.map((row) => sessionView(row, caller.credential)) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/people/:id/sessions/:session',
      summary: 'Ends a session of a person, at once.',
      access: ['owner'],
      sessionOnly: true,
      params: ofPersonSchema,
      reply: z.undefined(),
      status: 204,
      async handle({ params, caller }) {
        const person = await members.personOf(caller.organization, params.id)
        await sessions.end(params.session, { person, by: caller.person })
        return { body: undefined }
      },
    }),
  ]
}

function sessionView(row: SessionRow, current: string | undefined): z.input<typeof sessionSchema> {
  return {
    id: row.id,
    client: row.client,
    created: timeText(row.createdAt),
    lastUsed: timeText(row.seenAt),
    expires: timeText(row.expiresAt),
    current: row.id === current,
  }
}
