import type { AgentRecord, Interface } from '@ambit/core/record'
import type { Json } from '@ambit/core/wire/a2a/json'
import {
  serverJsonSchema,
  serverJsonSchemaUrl,
  serverJsonTextMax,
} from '@ambit/core/wire/server-json/server-json'
import type { ServerJson } from '@ambit/core/wire/server-json/server-json'
import { firstOfEach } from './acs.ts'
import { asProjected, interfaceAt } from './draft.ts'
import type { Context, Draft, DraftMembers, Projected } from './draft.ts'
import { readAs } from './gate.ts'
import { reverseDomain } from './publisher.ts'
import { keyOf, residueOf, withResidue } from './residue.ts'
import type { Keys } from './residue.ts'
import { cut, inLanguage, semanticVersion, textIn, versionOf } from './texts.ts'

const keys: Keys = { remotes: keyOf('type', 'url') }

/** A record as `server.json` of the MCP registry. It has no tools in it, and no program that is no package. */
export function toServerJson(record: Projected, context: Context): ServerJson {
  const held = record.foreign?.mcp
  const name =
    typeof held?.['name'] === 'string' ? held['name'] : `${reverseDomain(record, context)}/${record.slug}`
  return serverJsonSchema.parse({
    ...(held === undefined ? { $schema: serverJsonSchemaUrl } : {}),
    name,
    ...withResidue(written(record, name), held, keys),
  })
}

function written(record: Projected, name: string): Json {
  const title = textIn(record.name, 'en')
  const description = textIn(record.description, 'en')
  const remotes = record.interfaces.flatMap((each) => remoteOf(each) ?? [])
  return {
    ...(title === '' || title === lastOf(name) ? {} : { title: cut(title, serverJsonTextMax) }),
    description: cut(description === '' ? title || name : description, serverJsonTextMax),
    version: versionOf(record, 'mcp'),
    ...(remotes.length === 0 ? {} : { remotes }),
  }
}

function remoteOf({ protocol, transport, url }: Interface): Json | undefined {
  if (protocol !== 'mcp' || (transport !== 'streamable-http' && transport !== 'sse')) return undefined
  return { type: transport, url }
}

function lastOf(name: string): string {
  return name.slice(name.indexOf('/') + 1)
}

/** Reads `server.json`. A package is something it is made of, not something to run: only operators register programs. */
export function fromServerJson(document: unknown): Draft {
  const server = readAs(serverJsonSchema, document, 'mcp')
  const members: DraftMembers = {
    kind: 'tool-server',
    version: semanticVersion(server.version),
    name: inLanguage(server.title ?? lastOf(server.name)),
    description: inLanguage(server.description),
    provider: { organization: '', domains: [] },
    interfaces: interfacesFrom(server),
    supplies: suppliesFrom(server),
  }
  const projected = asProjected({ members, capabilities: [] })
  const { $schema, name, ...rest } = server
  const held = residueOf(rest, written(projected, name), keys)
  const version = members.version === server.version ? {} : { version: server.version }
  const kept = { name, ...($schema === undefined ? {} : { $schema }), ...held, ...version }
  return {
    format: 'mcp',
    members: { ...members, foreign: { mcp: kept } },
    capabilities: [],
    names: [lastOf(name), name],
    remarks: ['the document lists no tools; they are read from the live server'],
  }
}

/** An address with places for variables is none yet. */
function interfacesFrom({ remotes = [] }: ServerJson): Interface[] {
  return firstOfEach(remotes, ({ type, url }) => JSON.stringify([type, url]))
    .filter(({ url }) => !/[{}]/.test(url) && URL.canParse(url))
    .map(({ type, url }) => interfaceAt('mcp', type, '', url))
}

function suppliesFrom({ packages = [] }: ServerJson): AgentRecord['supplies'] {
  return packages.map(({ identifier, version, fileSha256 }) => ({
    kind: 'package' as const,
    name: identifier,
    ...(version === undefined ? {} : { version }),
    ...(fileSha256 === undefined ? {} : { digest: `sha256:${fileSha256}` as const }),
  }))
}
