import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { RoleName, Route } from '../kernel/route.ts'
import { stateOf } from './ownership.ts'
import type { DomainRow, Ownership } from './ownership.ts'

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ domain: z.string().min(1).max(253) })

const domainSchema = z.strictObject({
  domain: z.string(),
  /** `failing`: proved still, but its last checks did not find the proof. */
  state: z.enum(['claimed', 'proved', 'failing']),
  /** What the file `https://<domain>/.well-known/ambit-domain` or a TXT record of `_ambit.<domain>` holds. */
  token: z.string(),
  way: z.enum(['file', 'dns']).optional(),
  since: z.string().optional(),
  checked: z.string().optional(),
  /** Why the last check failed. */
  problem: z.string().optional(),
})

export function ownershipRoutes(ownership: Ownership): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/domains',
      summary: 'Lists the domains of the organisation, and which of them are proved.',
      access: 'person',
      reply: z.strictObject({ domains: z.array(domainSchema) }),
      handle: async ({ caller }) => ({
        body: { domains: (await ownership.list(caller.organization)).map(viewOf) },
      }),
    }),
    route({
      method: 'POST',
      path: '/api/domains',
      summary: 'Claims a domain, and gives the token that proves it where only its owner can put it.',
      access: operators,
      body: z.strictObject({ domain: z.string().min(1).max(300) }),
      reply: domainSchema,
      handle: async ({ caller, body }) => ({ body: viewOf(await ownership.add(caller, body.domain)) }),
    }),
    route({
      method: 'POST',
      path: '/api/domains/:domain/check',
      summary: 'Looks for the proof of a domain now.',
      access: operators,
      params,
      body: z.strictObject({}).default({}),
      reply: domainSchema,
      handle: async ({ caller, params: { domain } }) => ({
        body: viewOf(await ownership.check(caller, domain)),
      }),
    }),
    route({
      method: 'DELETE',
      path: '/api/domains/:domain',
      summary: 'Gives a domain up.',
      access: operators,
      params,
      reply: z.strictObject({ removed: z.literal(true) }),
      async handle({ caller, params: { domain } }) {
        await ownership.remove(caller, domain)
        return { body: { removed: true as const } }
      },
    }),
  ]
}

function viewOf(row: DomainRow): z.input<typeof domainSchema> {
  const { domain, token, way, proved, checked, problem } = row
  return {
    domain,
    state: stateOf(row),
    token,
    ...(way === null || proved === null ? {} : { way }),
    ...(proved === null ? {} : { since: timeText(proved) }),
    ...(checked === null ? {} : { checked: timeText(checked) }),
    ...(problem === null ? {} : { problem }),
  }
}
