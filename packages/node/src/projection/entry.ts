import { canonicalJson } from '@ambit/core/canonical'
import type { Format } from '@ambit/core/format'
import type { Json } from '@ambit/core/wire/a2a/json'
import { ardEntrySchema, catalogEntrySchema, entryTypes } from '@ambit/core/wire/ard/entry'
import type { ArdEntry, CatalogEntry } from '@ambit/core/wire/ard/entry'
import { Fault } from '@ambit/core/fault'
import { fromA2a } from './a2a.ts'
import type { Context, Draft, DraftMembers, Projected } from './draft.ts'
import { readAs } from './gate.ts'
import { publisherOf } from './publisher.ts'
import { fromServerJson } from './server-json.ts'
import { restOf, keyOf } from './residue.ts'
import { cut, inLanguage, semanticVersion, textIn, texts } from './texts.ts'

export type EntryFormat = Extract<Format, 'ard' | 'ai-catalog'>

const schemas = { ard: ardEntrySchema, 'ai-catalog': catalogEntrySchema } as const
const skillKey = keyOf('id')

/** A record as an entry of a catalog, which points to a description of it. */
export function toEntry(record: Projected, context: Context, format: EntryFormat): ArdEntry | CatalogEntry {
  const held = record.foreign?.[format]
  const entry = held === undefined ? freshEntry(record, context) : changed(held, record, format)
  return schemas[format].parse(entry)
}

/** An entry as it came, with what the record says otherwise since. */
function changed(held: Json, record: Projected, format: EntryFormat): Json {
  const { members } = fromEntry(held, format)
  const isSame = (name: 'name' | 'description') =>
    canonicalJson(members[name]) === canonicalJson(record[name])
  return {
    ...held,
    ...(isSame('name') ? {} : { displayName: nameOf(record) }),
    ...(isSame('description') ? {} : { description: textIn(record.description, 'en') }),
    ...(members.version === record.version ? {} : { version: record.version }),
  }
}

function freshEntry(record: Projected, context: Context): Json {
  const description = textIn(record.description, 'en')
  const capabilities = record.capabilities.map(({ id }) => cut(id, 500)).slice(0, 200)
  const tags = tagsOf(record)
  return {
    identifier: identifierOf(record, context),
    displayName: nameOf(record),
    ...artifactOf(record, context),
    ...(description === '' ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(capabilities.length === 0 ? {} : { capabilities }),
    version: record.version,
    updatedAt: context.updated,
  }
}

type Named = Pick<Projected, 'slug' | 'name'>
type Listed = Named & Pick<Projected, 'kind' | 'provider' | 'interfaces'>

function nameOf({ name, slug }: Named): string {
  return textIn(name, 'en') || slug || 'agent'
}

/** `urn:air:<publisher>:<namespace>:<name>` */
export function identifierOf(record: Listed, context: Pick<Context, 'origin'>): string {
  const namespace = record.kind === 'tool-server' ? 'mcp' : 'agent'
  return `urn:air:${publisherOf(record, context)}:${namespace}:${record.slug}`
}

/** Where this node gives the description that says most of what the record speaks. */
export function artifactOf(
  record: Listed,
  { origin }: Pick<Context, 'origin'>,
): { type: string; url: string } {
  const speaks = (protocol: string) => record.interfaces.some((each) => each.protocol === protocol)
  const at = `${origin}/agents/${record.slug}`
  if (speaks('a2a')) {
    return { type: entryTypes.a2a, url: `${origin}/a2a/${record.slug}/.well-known/agent-card.json` }
  }
  if (speaks('mcp')) return { type: entryTypes.mcp, url: `${at}/server.json` }
  if (speaks('anp')) return { type: 'application/ld+json', url: `${at}/ad.json` }
  return { type: 'application/json', url: `${at}/.well-known/acs.json` }
}

const tagsMax = 50

function tagsOf({ foreign = {}, capabilities }: Projected): string[] {
  const said = [foreign.acs, foreign.a2a].flatMap((residue) =>
    capabilities.flatMap(({ id }) => texts(restOf(residue, 'skills', skillKey({ id }))['tags'])),
  )
  return [...new Set(said)].map((tag) => cut(tag, 500)).slice(0, tagsMax)
}

/** Reads an entry; where it holds the description itself, that too. The description behind an address is read live. */
export function fromEntry(document: unknown, format: EntryFormat): Draft {
  const entry = readAs<typeof catalogEntrySchema>(
    schemas[format] as typeof catalogEntrySchema,
    document,
    format,
  )
  if (entry.type === entryTypes.catalog) {
    throw new Fault('format.invalid', {
      detail: 'an entry that is a catalog itself describes no agent',
      where: 'document.type',
      remedy: 'Import the catalog it points to.',
    })
  }
  const inside = insideOf(entry)
  const last = entry.identifier.split(/[:/]/).findLast((part) => part !== '') ?? ''
  const name = entry.displayName ?? (textIn(inside?.members.name ?? {}, 'en') || last.slice(0, 200))
  const described =
    entry.description === undefined ? inside?.members.description : inLanguage(entry.description)
  const members: DraftMembers = {
    kind: entry.type === entryTypes.mcp ? 'tool-server' : 'agent',
    version: semanticVersion(entry.version ?? inside?.members.version),
    name: inLanguage(name),
    description: described ?? {},
    provider: inside?.members.provider ?? { organization: '', domains: [] },
    interfaces: inside?.members.interfaces ?? [],
    supplies: inside?.members.supplies ?? [],
    foreign: { ...inside?.members.foreign, [format]: entry },
  }
  return {
    format,
    members,
    capabilities: inside?.capabilities ?? [],
    names: [last, name],
    ...(entry.url === undefined ? {} : { source: entry.url }),
    remarks: inside?.remarks ?? [
      'the entry points to a description; it is read when the agent is described live',
    ],
  }
}

/**
 * An entry together with the description that it points to: the description says what and where the agent is, the entry how
 * it is listed. Throws `format.invalid` for one that is a catalog again, so that nothing leads round in a circle.
 */
export function pointed(entry: Draft, found: Draft): Draft {
  if (found.format === 'ard' || found.format === 'ai-catalog') {
    throw new Fault('format.invalid', {
      detail: 'what the entry points to is a catalog and describes no agent',
      where: 'document.url',
      remedy: 'Import the catalog it points to.',
    })
  }
  const { name, description } = entry.members
  const isDescribed = Object.keys(description).length > 0
  return {
    ...found,
    members: {
      ...found.members,
      name,
      ...(isDescribed ? { description } : {}),
      foreign: { ...found.members.foreign, ...entry.members.foreign },
    },
    names: [...entry.names, ...found.names],
    // A card says where an agent is; the rest of it is read there.
    ...(found.format === 'a2a' && entry.source !== undefined ? { source: entry.source } : {}),
  }
}

function insideOf({ type, data }: CatalogEntry): Draft | undefined {
  if (data === undefined) return undefined
  if (type === entryTypes.a2a) return fromA2a(data)
  // A card of a server has the members of `server.json` that matter here.
  return type === entryTypes.mcp ? fromServerJson(data) : undefined
}
