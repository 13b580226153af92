import { Fault, problemOf } from '@ambit/core/fault'
import type { Problem } from '@ambit/core/fault'
import { formatSchema, interfaceSchema, namesSchema, recordKindSchema } from '@ambit/core/record'
import { z } from 'zod'
import type { Caller } from '../kernel/route.ts'
import { slugFrom } from './naming.ts'
import { register } from './register.ts'
import type { Registration } from './register.ts'
import type { Room } from './room.ts'

/** More servers than any configuration that a person keeps. */
const serversMax = 100
/** Servers described at the same time; commands among them start processes. */
const concurrencyMax = 4

const entrySchema = z.object({
  url: z.string().max(2000).optional(),
  command: z.string().min(1).max(1000).optional(),
  args: z.array(z.string().max(4000)).max(100).optional(),
  env: z.record(z.string().max(200), z.string().max(32_768)).optional(),
  headers: z.record(z.string().max(200), z.string().max(8192)).optional(),
})

const namesOne = (body: object) =>
  ['mcpServers', 'document', 'url'].filter((name) => Reflect.get(body, name) !== undefined).length === 1

/**
 * The configuration file of an MCP client, of which members that only the client uses are passed over; or a description
 * in one of the formats; or the address of one.
 */
export const importSchema = z
  .object({
    mcpServers: z
      .record(z.string().min(1).max(200), z.unknown())
      .refine((servers) => Object.keys(servers).length <= serversMax, {
        error: `at most ${serversMax} servers at once`,
      })
      .optional(),
    document: z.record(z.string(), z.unknown()).optional(),
    url: z.string().max(2000).optional(),
    /** Of the description; left out: seen from it. */
    format: formatSchema.optional(),
    /** Only where the description is of one agent. */
    slug: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, 63 at most')
      .optional(),
    confirmName: z.boolean().optional(),
    /** Only says what the draft would be, and keeps nothing. */
    preview: z.boolean().optional(),
  })
  .refine(namesOne, { error: 'give one of `mcpServers`, `document` and `url`', path: ['document'] })
  .refine(({ preview, mcpServers }) => preview !== true || mcpServers === undefined, {
    error: 'servers are registered by reading them; only a description can be shown before',
    path: ['preview'],
  })
export type DocumentImport = Omit<z.infer<typeof importSchema>, 'mcpServers'>

/** Makes drafts of descriptions; the formats know the registry, so it is handed in. */
export type ImportDocuments = (
  caller: Caller,
  given: DocumentImport,
  signal?: AbortSignal,
) => Promise<readonly ImportResult[]>

/** A draft as it would be. Every text in it is data of a third party. */
const previewSchema = z.strictObject({
  format: formatSchema,
  kind: recordKindSchema,
  version: z.string(),
  name: namesSchema,
  description: z.string(),
  provider: z.string(),
  interfaces: z.array(interfaceSchema.pick({ protocol: true, version: true, url: true, transport: true })),
  capabilities: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  remarks: z.array(z.string()),
})
export type ImportPreview = z.infer<typeof previewSchema>

export const importResultSchema = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  slug: z.string().optional(),
  preview: previewSchema.optional(),
  problem: z.looseObject({ code: z.string(), detail: z.string() }).optional(),
})

export type ImportResult =
  | { readonly name: string; readonly ok: true; readonly slug?: string; readonly preview?: ImportPreview }
  | { readonly name: string; readonly ok: false; readonly problem: Problem }

/** Registers each server of a client's configuration; one that fails does not stop the others. */
export async function importServers(
  room: Room,
  caller: Caller,
  servers: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<readonly ImportResult[]> {
  const waiting = Object.entries(servers).entries().toArray()
  const results: ImportResult[] = []
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, [name, entry]] = next
      results[at] = await importOne(room, caller, name, entry, signal)
    }
  }
  await Promise.all(Array.from({ length: concurrencyMax }, work))
  return results
}

async function importOne(
  room: Room,
  caller: Caller,
  name: string,
  entry: unknown,
  signal: AbortSignal | undefined,
): Promise<ImportResult> {
  try {
    const held = await register(room, caller, registrationOf(name, entry), signal)
    return { name, ok: true, slug: held.slug }
  } catch (error) {
    const fault = Fault.from(error)
    if (fault.code === 'internal') room.events.error('registry.import-failed', { error: String(error) })
    return { name, ok: false, problem: problemOf(fault) }
  }
}

function registrationOf(name: string, entry: unknown): Registration {
  const parsed = entrySchema.safeParse(entry)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new Fault('input.invalid', {
      detail: issue?.message ?? 'the entry is not of its form',
      where: ['mcpServers', name, ...(issue?.path ?? [])].join('.'),
    })
  }
  const { url, command, args = [], env = {}, headers = {} } = parsed.data
  for (const [member, value] of [...Object.entries(env), ...Object.entries(headers)]) {
    // A client replaces such a place by the value it stands for; sent as it is, it would only fail later.
    if (!/\$\{[^}]*\}/.test(value)) continue
    throw new Fault('input.invalid', {
      detail: 'the value is a placeholder that only the client can fill in',
      where: `mcpServers.${name}.${member}`,
      remedy: 'Put the value itself in its place; it goes to the vault.',
    })
  }
  return {
    slug: slugFrom(name),
    ...(url === undefined ? {} : { url }),
    ...(command === undefined ? {} : { command: { program: command, args, env } }),
    secrets: Object.entries(headers).map(([header, value]) => ({ header, value })),
  }
}
