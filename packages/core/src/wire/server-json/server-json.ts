import { z } from 'zod'

/*
 * `server.json` of the MCP registry, schema of 2025-12-11: who a server is and where it is reached or had. It has no
 * list of tools. Members that are not named here are kept.
 */

export const serverJsonSchemaUrl =
  'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'

/** Characters that a description and a title may have. */
export const serverJsonTextMax = 100

const line = z.string().max(2000)

const inputSchema = z.looseObject({
  name: line.optional(),
  value: line.optional(),
  description: line.optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
})

const remoteSchema = z.looseObject({
  type: z.enum(['streamable-http', 'sse']),
  /** May hold places for variables: `https://{tenant}.example.com/mcp`. */
  url: line.regex(/^https?:\/\/[^\s]+$/, 'an http or https address without blanks'),
  headers: z
    .array(inputSchema.extend({ name: line }))
    .max(50)
    .optional(),
  variables: z.record(line, inputSchema).optional(),
})

const packageSchema = z.looseObject({
  registryType: z.string().max(50),
  identifier: z.string().min(1).max(300),
  version: z
    .string()
    .min(1)
    .max(100)
    .refine((version) => version !== 'latest', { error: 'a version, not `latest`' })
    .optional(),
  fileSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  registryBaseUrl: line.optional(),
  transport: z.looseObject({ type: z.enum(['stdio', 'streamable-http', 'sse']), url: line.optional() }),
})

export const serverJsonSchema = z.looseObject({
  $schema: line.optional(),
  /** Reverse DNS and one slash: `com.example/weather`. */
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/, 'a name such as com.example/weather'),
  title: z.string().min(1).max(serverJsonTextMax).optional(),
  description: z.string().min(1).max(serverJsonTextMax),
  /** One version; a range is refused. */
  version: z
    .string()
    .max(150)
    .regex(/^(?![\^~<>=])(?!.*\.[x*]$)/, 'a version, not a range'),
  websiteUrl: line.optional(),
  repository: z.looseObject({ url: line, source: line }).optional(),
  icons: z
    .array(z.looseObject({ src: z.string().max(255) }))
    .max(20)
    .optional(),
  remotes: z.array(remoteSchema).max(20).optional(),
  packages: z.array(packageSchema).max(50).optional(),
  _meta: z.record(line, z.unknown()).optional(),
})
export type ServerJson = z.infer<typeof serverJsonSchema>
