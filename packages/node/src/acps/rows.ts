import { Fault } from '@ambit/core/fault'
import { entityRequestSchema } from '@ambit/core/wire/acps/entity'
import {
  agentDraftSchema,
  agentListSchema,
  loginSchema,
  processSchema,
  reasonSchema,
} from '@ambit/core/wire/acps/registration'
import type { z } from 'zod'
import type { Identity } from '../identity/identity.ts'
import { isOperator, requireOperator } from './access.ts'
import type { Access } from './access.ts'
import type { Exchange, Reply, Row } from './data-path.ts'
import type { EntitySender, RegisteredEntity } from './entities.ts'
import type { AgentPage, Registrations } from './registrations.ts'
import type { Trusted } from './trusted.ts'

/** Seconds a specification may be kept: a disabled agent is refused at once, its description lives on this long. */
const maxAgeS = 60
const segment = '(?<id>[^/]{1,200})'

type Errors = Row['errors']
type Register = (
  request: z.infer<typeof entityRequestSchema>,
  sender: EntitySender,
) => Promise<RegisteredEntity>

export interface RowParts {
  readonly access: Access
  readonly identity: Pick<Identity, 'person'>
  readonly nameOf: (organization: string) => Promise<string | undefined>
  readonly registrations: Registrations
  readonly trusted: Trusted
  readonly registerEntity: Register
}

/** What is served where clients of ACPs look for it: the registration API and the trusted registration. */
export function publicRows(parts: RowParts): readonly Row[] {
  return [...accountRows(parts), ...clientRows(parts), ...staffRows(parts), ...trustedRows(parts)]
}

/** What is served over mutual TLS alone; without a certificate it says so. */
export function entityRow({ registerEntity }: Pick<RowParts, 'registerEntity'>): Row {
  return row('POST', '/acps-atr-v2/entity', 'atr', async ({ body, caller, peer }) => {
    const request = parse(entityRequestSchema, body ?? {}, 'body')
    const result = await registerEntity(request, { peer, caller: await caller() })
    return { status: 201, body: { status: 'ok', result } }
  })
}

function accountRows({ access, identity, nameOf }: RowParts): readonly Row[] {
  const verification = async () => {
    throw new Fault('acps.verification', { detail: 'nothing of what was sent was kept' })
  }
  return [
    row('POST', '/api/v1/auth/login', 'registry', async ({ body }) => {
      const { username, password } = parse(loginSchema, body ?? {}, 'body')
      return { status: 200, body: await access.logIn(username, password) }
    }),
    row('POST', '/api/v1/auth/register', 'registry', async () => {
      throw new Fault('acps.registration', { detail: 'people are added by an owner' })
    }),
    row('GET', '/api/v1/account/me', 'registry', async ({ caller }) => {
      const { person: id, organization, roles } = await caller()
      const person = await identity.person(id)
      const body = {
        id,
        username: person?.name ?? id,
        name: person?.name ?? id,
        org_name: (await nameOf(organization)) ?? organization,
        is_active: true,
        // Here one organisation registers and reviews its own.
        roles: isOperator(roles) ? ['client', 'staff'] : [],
      }
      return { status: 200, body }
    }),
    row('POST', '/api/v1/verification/identity', 'registry', verification),
    row('POST', '/api/v1/verification/org', 'registry', verification),
  ]
}

function clientRows({ registrations }: RowParts): readonly Row[] {
  const base = '/api/v1/agent/client'
  return [
    row('POST', base, 'registry', async ({ caller, body }) =>
      done(await registrations.create(await caller(), parse(agentDraftSchema, body ?? {}, 'body'))),
    ),
    row('GET', base, 'registry', async ({ caller, query }) =>
      done(await page(registrations, await caller(), query)),
    ),
    row('GET', `${base}/${segment}`, 'registry', async ({ caller, part }) =>
      done(await registrations.read(await caller(), part('id'))),
    ),
    row('PUT', `${base}/${segment}`, 'registry', async ({ caller, part, body }) =>
      done(
        await registrations.update(await caller(), part('id'), parse(agentDraftSchema, body ?? {}, 'body')),
      ),
    ),
    row('DELETE', `${base}/${segment}`, 'registry', async ({ caller, part, body }) => {
      await registrations.remove(await caller(), part('id'), parse(reasonSchema, body, 'body'))
      return done({ message: 'Agent deleted' })
    }),
    row('POST', `${base}/${segment}/submit`, 'registry', async ({ caller, part }) =>
      done(await registrations.submit(await caller(), part('id'))),
    ),
    row('POST', `${base}/${segment}/cancel`, 'registry', async ({ caller, part }) =>
      done(await registrations.cancel(await caller(), part('id'))),
    ),
  ]
}

function staffRows({ registrations }: RowParts): readonly Row[] {
  const base = '/api/v1/agent/staff'
  return [
    row('GET', base, 'registry', async ({ caller, query }) => {
      const who = await caller()
      requireOperator(who)
      return done(await page(registrations, who, query))
    }),
    row('GET', `${base}/${segment}`, 'registry', async ({ caller, part }) => {
      const who = await caller()
      requireOperator(who)
      return done(await registrations.read(who, part('id')))
    }),
    row('POST', `${base}/${segment}/process`, 'registry', async ({ caller, part, body }) => {
      const who = await caller()
      const { approve, comments } = parse(processSchema, body ?? {}, 'body')
      return done(await registrations.process(who, part('id'), { approve, comments: comments ?? undefined }))
    }),
    row('POST', `${base}/${segment}/disable`, 'registry', async ({ caller, part, body }) =>
      done(await registrations.disable(await caller(), part('id'), parse(reasonSchema, body, 'body'))),
    ),
    row('POST', `${base}/${segment}/enable`, 'registry', async ({ caller, part }) =>
      done(await registrations.enable(await caller(), part('id'))),
    ),
  ]
}

function trustedRows({ trusted, registerEntity }: RowParts): readonly Row[] {
  return [
    row('GET', `/acps-atr-v2/acs/${segment}`, 'atr', async ({ part }) => ({
      status: 200,
      body: await trusted.specification(part('id')),
      headers: { 'cache-control': `public, max-age=${maxAgeS}`, 'access-control-allow-origin': '*' },
    })),
    row('POST', `/acps-atr-v2/eab/${segment}`, 'registry', async ({ caller, part }) => ({
      status: 201,
      body: await trusted.credential(await caller(), part('id')),
    })),
    entityRow({ registerEntity }),
  ]
}

async function page(
  registrations: Registrations,
  caller: Parameters<Registrations['list']>[0],
  query: URLSearchParams,
): Promise<AgentPage> {
  const given = { ...Object.fromEntries(query), statuses: query.getAll('statuses') }
  return await registrations.list(caller, parse(agentListSchema, given, 'query'))
}

function done(body: unknown): Reply {
  return { status: 200, body }
}

function row(
  method: Row['method'],
  path: string,
  errors: Errors,
  handle: (exchange: Exchange) => Promise<Reply>,
): Row {
  return { method, path: new RegExp(`^${path}/?$`), errors, handle }
}

/** Throws `input.invalid`, which names the first member that is wrong. */
function parse<S extends z.ZodType>(schema: S, value: unknown, part: string): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Fault('input.invalid', {
    detail: issue?.message.slice(0, 300) ?? 'it is not of the form asked for',
    where: [part, ...(issue?.path ?? [])].map(String).join('.').slice(0, 200),
  })
}
