import { Fault } from '@ambit/core/fault'
import { entryTypes } from '@ambit/core/wire/ard/entry'
import type { Json } from '@ambit/core/wire/a2a/json'
import { z } from 'zod'
import type { Clock } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { Registry } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import { artifactOf, identifierOf } from './entry.ts'
import { catalogFrame, exportRecord } from './export.ts'
import type { ExportParts } from './export.ts'
import type { WrittenFormat } from './formats.ts'

export interface PublicParts extends ExportParts {
  readonly registry: Pick<Registry, 'read' | 'view' | 'heads' | 'target'>
  readonly clock: Clock
}

/** As many as a reader of a catalog takes in one document. */
const entriesMax = 1000
/** Seconds a document may be kept: a suspended agent is refused at once, its description lives on this long. */
const maxAgeS = 60

/** Like the agent cards: records in force of the organisation that runs the node, for everyone to read. */
const publicOrganization = 'main'

const described = [
  ['/agents/:slug/.well-known/acs.json', 'acs', 'application/json', 'an ACS'],
  ['/agents/:slug/server.json', 'mcp', entryTypes.mcp, '`server.json` of the MCP registry'],
  ['/agents/:slug/ad.json', 'anp', 'application/ld+json', 'an agent description of ANP'],
] as const satisfies readonly (readonly [string, WrittenFormat, string, string])[]

/** What anyone may read: descriptions of records in force, each where its format looks for it. */
export function publicRoutes(parts: PublicParts, documentOf: PublicDocument): Route[] {
  return [
    ...described.map(([path, format, contentType, what]) =>
      route({
        method: 'GET',
        path,
        summary: `Describes an agent in force as ${what}.`,
        access: 'public',
        params: z.strictObject({ slug: z.string().min(1).max(100) }),
        reply: z.record(z.string(), z.unknown()),
        handle: async ({ params: { slug } }) => ({
          body: { ...(await documentOf(parts.registry.target(slug, publicOrganization), format)) },
          headers: publicHeaders(contentType),
        }),
      }),
    ),
    ...catalogRoutes(parts),
  ]
}

/** Describes a record in force. Throws `input.not-found`. */
export type PublicDocument = (target: Target | undefined, format: WrittenFormat) => Promise<Json>

export function createPublicDocuments(parts: PublicParts): PublicDocument {
  const kept = new WeakMap<Target, Map<WrittenFormat, Json>>()
  return async (target, format) => {
    if (target?.state !== 'active') {
      throw new Fault('input.not-found', { detail: 'no active agent of this node has that name' })
    }
    // A changed record is another target, which lets the old documents go.
    const known = kept.get(target) ?? new Map<WrittenFormat, Json>()
    kept.set(target, known)
    const found = known.get(format)
    if (found !== undefined) return found
    const { document } = await exportRecord(parts, target.id, target.organization, format, 'node')
    known.set(format, document)
    return document
  }
}

function catalogRoutes(parts: PublicParts): Route[] {
  const entries = listing(parts)
  return [
    route({
      method: 'GET',
      path: '/.well-known/ai-catalog.json',
      summary: 'Lists the agents in force as an AI Catalog.',
      access: 'public',
      reply: z.record(z.string(), z.unknown()),
      handle: async () => ({
        body: { ...catalogFrame(parts.origin()), entries: entries() },
        headers: publicHeaders(entryTypes.catalog),
      }),
    }),
    route({
      method: 'GET',
      path: '/.well-known/ard.json',
      summary: 'Lists the agents in force for agentic resource discovery (ARD).',
      access: 'public',
      reply: z.record(z.string(), z.unknown()),
      handle: async () => ({
        body: { entries: entries() },
        headers: publicHeaders('application/json'),
      }),
    }),
  ]
}

/** An entry is given again for that long, less than whoever reads it may keep it. */
const keptMs = 10_000

/**
 * Which records are in force is in memory, and what an entry says of one is read. Anyone may ask, as often as they like, so
 * an entry is made once for all who ask at about the same time.
 */
function listing({ registry, origin, clock }: PublicParts): () => readonly Json[] {
  let kept = new Map<string, { readonly at: number; readonly origin: string; readonly entry: Json }>()
  return () => {
    const now = clock.now()
    const context = { origin: origin() }
    const active = Iterator.from(registry.heads(publicOrganization)).filter(({ state }) => state === 'active')
    const next: typeof kept = new Map()
    for (const { id } of active.take(entriesMax)) {
      const known = kept.get(id)
      if (known !== undefined && now - known.at < keptMs && known.origin === context.origin)
        next.set(id, known)
      else {
        const target = registry.target(id)
        if (target !== undefined) next.set(id, { at: now, ...context, entry: entryOf(target, context) })
      }
    }
    kept = next
    return [...next.values()].map(({ entry }) => entry)
  }
}

function entryOf(target: Target, context: { readonly origin: string }): Json {
  const listed = {
    slug: target.slug,
    kind: target.kind,
    name: { en: target.title },
    provider: { organization: '', domains: [] },
    interfaces: [...target.interfaces],
  }
  return {
    identifier: identifierOf(listed, context),
    displayName: target.title,
    ...artifactOf(listed, context),
    version: target.version,
  }
}

function publicHeaders(contentType: string): Readonly<Record<string, string>> {
  return {
    'content-type': contentType,
    'cache-control': `public, max-age=${maxAgeS}`,
    'access-control-allow-origin': '*',
  }
}
