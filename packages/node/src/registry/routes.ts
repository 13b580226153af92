import { namesSchema, profileSchema } from '@ambit/core/record'
import { signedRulingSchema } from '@ambit/core/ruling'
import { z } from 'zod'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Caller, RoleName, Route } from '../kernel/route.ts'
import { batchRoutes } from './batch-routes.ts'
import { editSchema } from './edit.ts'
import { lifeRoutes } from './life-routes.ts'
import { takedownRoutes } from './takedown-routes.ts'
import type { TakeOvers } from './take-over.ts'
import { transferRoutes } from './transfer-routes.ts'
import { importResultSchema, importSchema } from './import.ts'
import type { ImportDocuments } from './import.ts'
import type { Recall } from './recall.ts'
import type { Registry } from './registry.ts'
import type { Registration } from './register.ts'
import { clientSettingsSchema } from '../signin/signin.ts'
import { idTokenSchema, signInRoutes } from './sign-in-routes.ts'
import { stepRoutes } from './step-routes.ts'
import { recordViewSchema, summarySchema } from './view.ts'
import type { Governed } from './view.ts'

export interface RegistryRouteParts {
  readonly registry: Registry
  readonly recall: Recall
  readonly governed: Governed
  readonly documents: ImportDocuments
  readonly takeOvers: Pick<TakeOvers, 'accept'>
}

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ slug: z.string().min(1).max(100) })

/** Routes of records and rulings; certifying is a route of governance. */
export function registryRoutes(parts: RegistryRouteParts): Route[] {
  return [
    ...readingRoutes(parts),
    ...makingRoutes(parts),
    ...batchRoutes(parts.registry),
    ...draftRoutes(parts),
    ...upstreamRoutes(parts),
    ...stepRoutes(parts),
    ...lifeRoutes(parts),
    ...transferRoutes(parts),
    ...takedownRoutes(parts),
    ...signInRoutes(parts.registry),
  ]
}

function readingRoutes({ registry, governed }: RegistryRouteParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/records',
      summary: 'Lists the records of the organisation, in the order of their slugs.',
      access: 'person',
      query: z.strictObject({
        search: z.string().max(200).optional(),
        state: summarySchema.shape.state.optional(),
        cursor: z.string().max(100).optional(),
      }),
      reply: z.strictObject({ records: z.array(summarySchema), next: z.string().optional() }),
      async handle({ caller, query }) {
        const wish = { after: query.cursor, state: query.state, search: query.search?.trim().toLowerCase() }
        const records = []
        for (const summary of registry.summaries(caller.organization, governed, wish)) {
          if (records.length === limits.pageRowsMax) return { body: { records, next: records.at(-1)!.slug } }
          records.push(summary)
        }
        return { body: { records } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/records/:slug',
      summary: 'Shows a record with its versions, rulings and capabilities.',
      access: 'person',
      params,
      reply: recordViewSchema,
      handle: async ({ caller, params: { slug } }) => ({
        body: await registry.view(slug, caller.organization, governed),
      }),
    }),
    route({
      method: 'GET',
      path: '/api/rulings',
      summary: 'Lists the rulings of a record, or the newest of the organisation.',
      access: 'person',
      query: z.strictObject({ record: z.string().max(100).optional() }),
      reply: z.strictObject({ rulings: z.array(signedRulingSchema) }),
      handle: async ({ caller, query }) => ({
        body: { rulings: [...(await registry.rulings(caller.organization, query.record))] },
      }),
    }),
  ]
}

const registrationSchema = z.strictObject({
  url: z.string().max(2000).optional(),
  command: z
    .strictObject({
      program: z.string().min(1).max(1000),
      args: z.array(z.string().max(4000)).max(100).default([]),
      env: z.record(z.string().max(200), z.string().max(32_768)).optional(),
    })
    .optional(),
  slug: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, 63 at most')
    .optional(),
  name: namesSchema.optional(),
  confirmName: z.boolean().optional(),
  keys: z.array(z.string().max(200)).max(20).optional(),
  proofs: z.array(z.unknown()).max(20).optional(),
  version: z.string().max(150).optional(),
  responsible: z
    .union([
      z
        .string()
        .min(1)
        .max(300)
        .transform((name) => ({ name })),
      z.strictObject({ name: z.string().min(1).max(300), contact: z.string().max(300).optional() }),
    ])
    .optional(),
  secrets: z
    .array(z.strictObject({ header: z.string().max(200), value: z.string().max(8192) }))
    .max(10)
    .optional(),
  headersFor: z.enum(['me', 'everyone']).optional(),
  client: clientSettingsSchema.optional(),
  idToken: idTokenSchema.optional(),
})

function makingRoutes({ registry, governed, documents }: RegistryRouteParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/records/register',
      summary: 'Reads a live agent or tool server and makes a draft record of it.',
      access: operators,
      body: registrationSchema,
      reply: recordViewSchema,
      status: 201,
      async handle({ caller, body, signal }) {
        const { slug } = await registry.register(caller, given<Registration>(body), signal)
        return { status: 201, body: await registry.view(slug, caller.organization, governed) }
      },
    }),
    route({
      method: 'POST',
      path: '/api/records/import',
      summary:
        'Registers each server of an MCP client configuration, or makes drafts of descriptions; each with its own result.',
      access: operators,
      body: importSchema,
      reply: z.strictObject({ results: z.array(importResultSchema) }),
      async handle({ caller, body: { mcpServers, ...given }, signal }) {
        const results =
          mcpServers === undefined
            ? await documents(caller, given, signal)
            : await registry.import(caller, mcpServers, signal)
        return { body: { results: [...results] } }
      },
    }),
    route({
      method: 'PUT',
      path: '/api/records',
      summary: 'Makes a draft of a whole record document, unless nothing in it is new.',
      access: operators,
      query: z.strictObject({ confirmName: z.enum(['true']).optional() }),
      body: z.looseObject({}),
      reply: z.union([recordViewSchema, z.strictObject({ unchanged: z.literal(true) })]),
      async handle({ caller, body, query }) {
        const { slug, unchanged } = await registry.apply(caller, body, query.confirmName === 'true')
        if (unchanged) return { body: { unchanged: true as const } }
        return { body: await registry.view(slug, caller.organization, governed) }
      },
    }),
  ]
}

function draftRoutes({ registry, governed }: RegistryRouteParts): Route[] {
  const view = async (caller: Caller, slug: string) => ({
    body: await registry.view(slug, caller.organization, governed),
  })
  return [
    route({
      method: 'PATCH',
      path: '/api/records/:slug',
      summary: 'Changes the draft of a record; a record in use gets a draft under the next version.',
      access: operators,
      params,
      body: editSchema,
      reply: recordViewSchema,
      async handle({ caller, params: { slug }, body }) {
        await registry.edit(slug, caller, body)
        return await view(caller, slug)
      },
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/accept',
      summary: 'Puts proposed profiles and changed definitions in force.',
      access: operators,
      params,
      body: z.strictObject({
        capabilities: z.array(z.string().max(256)).max(2000).optional(),
        profiles: z.record(z.string().max(256), profileSchema).optional(),
      }),
      reply: recordViewSchema,
      async handle({ caller, params: { slug }, body }) {
        await registry.accept(slug, caller, given(body))
        return await view(caller, slug)
      },
    }),
  ]
}

function upstreamRoutes({ registry }: RegistryRouteParts): Route[] {
  return [
    route({
      method: 'PUT',
      path: '/api/records/:slug/secrets',
      summary: 'Keeps a credential for the upstream of a record; it is never shown again.',
      access: 'person',
      params,
      body: z.strictObject({
        header: z.string().min(1).max(200),
        value: z.string().min(1).max(8192),
        for: z.enum(['me', 'everyone']),
      }),
      reply: z.strictObject({ kept: z.literal(true) }),
      async handle({ caller, params: { slug }, body }) {
        await registry.putSecret(slug, caller, body)
        return { body: { kept: true as const } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/probe',
      summary: 'Asks the upstream what it serves now and holds what differs from what was accepted.',
      access: operators,
      params,
      reply: z.strictObject({
        reachable: z.boolean(),
        problem: z.string().optional(),
        changes: z.array(z.strictObject({ capability: z.string(), change: z.string(), after: z.unknown() })),
      }),
      async handle({ caller, params: { slug }, signal }) {
        const result = await registry.probe(slug, caller.organization, caller.person, signal)
        const changes = result.changes.map((change) => ({
          capability: change.capability,
          change: change.change,
          after: change.change === 'removed' ? null : change.after.served,
        }))
        return { body: { ...result, changes } }
      },
    }),
  ]
}

/** Zod writes a member that was left out as one that may be undefined; here it is absent. */
function given<T extends object>(parsed: { [K in keyof T]: T[K] | undefined } | object): T {
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined)) as T
}
