import { z } from 'zod'

/*
 * An entry of a catalog of agents and tools: ARD v0.91 (`/.well-known/ard.json`) and AI Catalog 1.0
 * (`/.well-known/ai-catalog.json`) share it. It points to a description of another format, or holds it. Members that
 * are not named here are kept, as both formats ask.
 */

/** What an entry describes, by the formats that a record can be read from. */
export const entryTypes = {
  a2a: 'application/a2a-agent-card+json',
  mcp: 'application/mcp-server-card+json',
  catalog: 'application/ai-catalog+json',
} as const

const line = z.string().max(2000)
const words = z.array(z.string().max(500)).max(200)

const entryShape = {
  identifier: z.string().min(1).max(500),
  type: z.string().min(1).max(200),
  url: line.optional(),
  data: z.record(line, z.unknown()).optional(),
  description: z.string().max(20_000).optional(),
  tags: words.optional(),
  capabilities: words.optional(),
  representativeQueries: words.optional(),
  version: z.string().max(150).optional(),
  updatedAt: z.string().max(50).optional(),
  metadata: z.record(line, z.unknown()).optional(),
  trustManifest: z.looseObject({ identity: line.optional() }).optional(),
}

const oneArtifact = {
  error: 'an entry has exactly one of `url` and `data`',
  path: ['url'],
}

/** ARD asks for a name and an identifier of its own form. */
export const ardEntrySchema = z
  .looseObject({
    ...entryShape,
    identifier: z
      .string()
      .max(500)
      .regex(
        /^urn:air:[a-zA-Z0-9.-]+(:[a-zA-Z0-9._-]+)+$/,
        'an identifier such as urn:air:example.com:mcp:weather',
      ),
    displayName: z.string().min(1).max(200),
  })
  .refine(({ url, data }) => (url === undefined) !== (data === undefined), oneArtifact)
export type ArdEntry = z.infer<typeof ardEntrySchema>

/** The entry of an AI Catalog: any identifier, and a name only where the artifact has none. */
export const catalogEntrySchema = z
  .looseObject({ ...entryShape, displayName: z.string().min(1).max(200).optional() })
  .refine(({ url, data }) => (url === undefined) !== (data === undefined), oneArtifact)
export type CatalogEntry = z.infer<typeof catalogEntrySchema>

/** Each entry is read by itself, so that a bad one does not hide the good ones. */
export const entriesSchema = z.array(z.unknown()).min(1, 'a catalog without entries').max(1000)

/** `/.well-known/ard.json` */
export const ardDocumentSchema = z.looseObject({ entries: entriesSchema })
