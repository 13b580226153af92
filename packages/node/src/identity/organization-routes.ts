import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { OpenIdentity } from './identity.ts'
import type { OrganizationRow } from './organization-store.ts'
import { idSchema, linkSchema, linkView, nameSchema } from './people-routes.ts'

const organizationSchema = z.object({
  id: z.string(),
  name: z.string(),
  created: z.string(),
  /** Since when; absent while it is open. */
  closed: z.string().optional(),
})
const slugSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/)

/** The organisations of the node: for the owners of the first, who run it. */
export function organizationRoutes({ organizations }: OpenIdentity): readonly Route[] {
  const owners = { access: ['owner'], sessionOnly: true, nodeOnly: true } as const
  return [
    route({
      method: 'GET',
      path: '/api/organizations',
      summary: 'Lists the organisations of the node.',
      access: ['owner'],
      nodeOnly: true,
      reply: z.object({ organizations: z.array(organizationSchema) }),
      handle: async () => ({ body: { organizations: (await organizations.list()).map(organizationView) } }),
    }),
    route({
      method: 'POST',
      path: '/api/organizations',
      summary:
        'Adds an organisation with its first owner, and makes the one-time sign-in link of that owner.',
      ...owners,
      body: z.strictObject({ id: slugSchema, name: nameSchema, owner: nameSchema }),
      reply: z.object({
        organization: organizationSchema,
        owner: z.object({ id: z.string(), name: z.string() }),
        ...linkSchema.shape,
      }),
      status: 201,
      async handle({ body, caller, origin }) {
        const added = await organizations.add(body, caller.person)
        const { id, name } = added.owner
        const organization = organizationView(added.organization)
        return { body: { organization, owner: { id, name }, ...linkView(added, origin) } }
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/organizations/:id',
      summary: 'Renames an organisation.',
      ...owners,
      params: idSchema,
      body: z.strictObject({ name: nameSchema }),
      reply: organizationSchema,
      handle: async ({ params, body }) => ({
        body: organizationView(await organizations.rename(params.id, body.name)),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/organizations/:id/close',
      summary: 'Ends the access of all people of an organisation and refuses its mandates, at once.',
      ...owners,
      params: idSchema,
      reply: organizationSchema,
      handle: async ({ params, caller }) => ({
        body: organizationView(await organizations.close(params.id, caller.person)),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/organizations/:id/reopen',
      summary: 'Opens a closed organisation again, as it was.',
      ...owners,
      params: idSchema,
      reply: organizationSchema,
      handle: async ({ params, caller }) => ({
        body: organizationView(await organizations.reopen(params.id, caller.person)),
      }),
    }),
  ]
}

function organizationView(row: OrganizationRow): z.input<typeof organizationSchema> {
  const closed = row.closedAt === null ? {} : { closed: timeText(row.closedAt) }
  return { id: row.id, name: row.name, created: timeText(row.createdAt), ...closed }
}
