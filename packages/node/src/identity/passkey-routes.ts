import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { OpenIdentity } from './identity.ts'
import type { PasskeyRow } from './passkey-store.ts'
import { idSchema, nameSchema } from './people-routes.ts'

const passkeySchema = z.object({
  id: z.string(),
  name: z.string(),
  /** The host of the console that it works at. */
  host: z.string(),
  created: z.string(),
  lastUsed: z.string().optional(),
})
/** What a browser is given, and gives back, as JSON (W3C Web Authentication sections 5.1.8 and 5.1.9). */
export const browserJsonSchema = z.record(z.string(), z.unknown())
const lastOne = 'Without a passkey you cannot sign in with one, nor decide what asks for one.'

/** Everybody's own passkeys, and only with a session: what a token may do, whoever finds it may. */
export function passkeyRoutes(identity: OpenIdentity): readonly Route[] {
  const { passkeys } = identity
  return [
    ...addRoutes(identity),
    route({
      method: 'GET',
      path: '/api/passkeys',
      summary: 'Lists your passkeys.',
      access: 'person',
      reply: z.object({ passkeys: z.array(passkeySchema) }),
      async handle({ caller }) {
        return { body: { passkeys: (await passkeys.list(caller.person)).map(passkeyView) } }
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/passkeys/:id',
      summary: 'Renames one of your passkeys.',
      access: 'person',
      sessionOnly: true,
      params: idSchema,
      body: z.strictObject({ name: nameSchema }),
      reply: z.undefined(),
      status: 204,
      async handle({ params, body, caller }) {
        await passkeys.rename(await personOf(identity, caller), params.id, body.name)
        return { body: undefined }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/passkeys/:id',
      summary: 'Removes one of your passkeys; says what no longer works when it was the last.',
      access: 'person',
      sessionOnly: true,
      params: idSchema,
      reply: z.object({ left: z.number(), warning: z.string().optional() }),
      async handle({ params, caller }) {
        const left = await passkeys.remove(await personOf(identity, caller), params.id)
        return { body: { left, ...(left === 0 ? { warning: lastOne } : {}) } }
      },
    }),
  ]
}

function addRoutes(identity: OpenIdentity): readonly Route[] {
  const { passkeys } = identity
  return [
    route({
      method: 'POST',
      path: '/api/passkeys/options',
      summary: 'Gives the options with which a browser makes a passkey; within ten minutes of signing in.',
      access: 'person',
      sessionOnly: true,
      reply: browserJsonSchema,
      async handle({ caller, origin }) {
        const person = await personOf(identity, caller)
        return {
          body: { ...(await passkeys.addOptions({ person, session: caller.credential, address: origin })) },
        }
      },
    }),
    route({
      method: 'POST',
      path: '/api/passkeys',
      summary: 'Adds the passkey that the browser made with those options.',
      access: 'person',
      sessionOnly: true,
      body: z.strictObject({ name: nameSchema, response: browserJsonSchema }),
      reply: passkeySchema,
      status: 201,
      async handle({ body, caller, origin }) {
        const person = await personOf(identity, caller)
        const adding = { person, session: caller.credential, address: origin }
        return { body: passkeyView(await passkeys.add(adding, body.name, body.response)) }
      },
    }),
  ]
}

async function personOf({ members }: OpenIdentity, caller: Caller) {
  return await members.personOf(caller.organization, caller.person)
}

function passkeyView({ id, name, rpId, createdAt, usedAt }: PasskeyRow): z.input<typeof passkeySchema> {
  const lastUsed = usedAt === null ? {} : { lastUsed: timeText(usedAt) }
  return { id, name, host: rpId, created: timeText(createdAt), ...lastUsed }
}
