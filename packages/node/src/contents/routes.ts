import { Fault } from '@ambit/core/fault'
import { z } from 'zod'
import { periodPattern } from '../identity/identity.ts'
import type { Identity } from '../identity/identity.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { Contents } from './contents.ts'

export interface ContentsRouteParts {
  readonly contents: Contents
  readonly identity: Pick<Identity, 'person'>
}

const params = z.strictObject({ id: z.string().max(100) })
const groundSchema = z.string().trim().min(1).max(500)

/** Erasing and freezing what was said in the acts of a person: by the person, or by an owner on their request. */
export function contentsRoutes(parts: ContentsRouteParts): readonly Route[] {
  return [eraseRoute(parts), freezeRoute(parts), releaseRoute(parts)]
}

function eraseRoute(parts: ContentsRouteParts): Route {
  return route({
    method: 'POST',
    path: '/api/people/:id/erase',
    summary:
      'Erases what was said in the acts of a person, keys first, for good; the entries of the log and their proofs stay.',
    access: 'person',
    sessionOnly: true,
    params,
    body: z.strictObject({ ground: groundSchema, period: z.string().regex(periodPattern).optional() }),
    reply: z.object({
      periods: z.array(z.string()),
      entry: z.object({ index: z.number(), subject: z.string(), salt: z.string() }).optional(),
    }),
    async handle({ params: { id }, body: { ground, period }, caller }) {
      await mayDecide(parts, caller, id)
      const request = { person: id, ground, by: caller.person, ...(period === undefined ? {} : { period }) }
      const { periods, ...rest } = await parts.contents.erase(request)
      return { body: { periods: [...periods], ...rest } }
    },
  })
}

function freezeRoute(parts: ContentsRouteParts): Route {
  return route({
    method: 'POST',
    path: '/api/people/:id/freeze',
    summary:
      'Keeps what was said in the acts of a person, but opens and erases it for nobody until it is released.',
    access: ['owner'],
    sessionOnly: true,
    params,
    body: z.strictObject({ ground: groundSchema }),
    reply: z.undefined(),
    status: 204,
    async handle({ params: { id }, body, caller }) {
      await mayDecide(parts, caller, id)
      await parts.contents.freeze(id, body.ground, caller.person)
      return { body: undefined }
    },
  })
}

function releaseRoute(parts: ContentsRouteParts): Route {
  return route({
    method: 'POST',
    path: '/api/people/:id/release',
    summary: 'Ends the freezing of what was said in the acts of a person.',
    access: ['owner'],
    sessionOnly: true,
    params,
    reply: z.undefined(),
    status: 204,
    async handle({ params: { id }, caller }) {
      await mayDecide(parts, caller, id)
      await parts.contents.release(id)
      return { body: undefined }
    },
  })
}

async function mayDecide({ identity }: ContentsRouteParts, caller: Caller, id: string): Promise<void> {
  const person = await identity.person(id)
  const isOwn = caller.person === id
  if (!isOwn && !caller.roles.includes('owner')) {
    throw new Fault('auth.role', { detail: 'only the person and an owner may decide over their contents' })
  }
  if (person?.organization !== caller.organization) {
    throw new Fault('input.not-found', { detail: 'there is no such person' })
  }
}
