import type { Digest } from '@ambit/core/digest'
import { strictestProfile } from '@ambit/core/record'
import type { AgentRecord, RecordState } from '@ambit/core/record'
import type { Rulings } from '../ruling/ruling.ts'
import { digestValue } from '../kernel/digest.ts'
import type { Change } from './drift.ts'
import { skeletons } from './confusable.ts'
import { Postings } from './postings.ts'
import type { EntryRow, Served, VersionHead } from './registry-store.ts'
import type { Target, TargetCapability } from './target.ts'

/** What the node keeps in memory of a record: its Target and what lists show, never the full record. */
export interface Held {
  readonly id: string
  readonly organization: string
  readonly slug: string
  readonly isLive: boolean
  readonly hasDraft: boolean
  readonly updated: number
  readonly scenarios: readonly string[]
  /** Displayed names in force and of the draft. */
  readonly names: readonly string[]
  /** Digests of what it is made of, as far as its bill of materials gives them. */
  readonly supplies: readonly string[]
  /** Lowest number first. */
  readonly versions: readonly VersionHead[]
  readonly target: Target
  readonly changes: number
}

/** All records in memory, by every name they are asked for. */
export interface Roster {
  put(held: Held): void
  remove(id: string): void
  byId(id: string): Held | undefined
  ids(): Iterable<string>
  /** By slug or AIC. Of retired records only by AIC. */
  find(slugOrId: string, organization: string): Held | undefined
  byDigest(digest: string): Held | undefined
  /** Live records of any organisation with a name of one of these looks (`confusable.ts`). */
  looksLike(looks: readonly string[]): Iterable<Held>
  /** Live records of any organisation whose bill of materials lists one of these digests. */
  madeOf(digests: readonly string[]): Iterable<Held>
  /** Live records in the order of their slugs; the same array until a record changes. */
  list(organization: string): readonly Held[]
  targets(organization: string): readonly Target[]
  /** Of all organisations, retired ones too. */
  all(): Iterable<Held>
  /** Says at once what a ruling changed; the full renewal follows. */
  applyRuling(id: string, rulings: Rulings): void
}

export function createRoster(): Roster {
  const ids = new Map<string, Held>()
  const slugs = new Map<string, Held>()
  const digests = new Map<string, string>()
  const looks = new Postings()
  const supplies = new Postings()
  const lists = new Map<string, { held: readonly Held[]; targets: readonly Target[] }>()

  function remove(id: string): void {
    const held = ids.get(id)
    if (held === undefined) return
    ids.delete(id)
    const name = nameOf(held.organization, held.slug)
    if (slugs.get(name) === held) slugs.delete(name)
    digests.delete(held.target.digest)
    for (const { digest } of held.versions) digests.delete(digest)
    for (const look of looksOf(held)) looks.remove(look, id)
    for (const digest of held.supplies) supplies.remove(digest, id)
    lists.delete(held.organization)
  }
  function put(held: Held): void {
    remove(held.id)
    ids.set(held.id, held)
    if (held.isLive) slugs.set(nameOf(held.organization, held.slug), held)
    digests.set(held.target.digest, held.id)
    for (const { digest } of held.versions) digests.set(digest, held.id)
    if (held.isLive) {
      for (const look of looksOf(held)) looks.add(look, held.id)
      for (const digest of held.supplies) supplies.add(digest, held.id)
    }
    lists.delete(held.organization)
  }
  function* those(postings: Postings, words: readonly string[]): Iterable<Held> {
    const found = new Set(words.flatMap((word) => [...postings.get(word)]))
    for (const id of found) {
      const held = ids.get(id)
      if (held !== undefined) yield held
    }
  }
  function listsOf(organization: string): { held: readonly Held[]; targets: readonly Target[] } {
    let found = lists.get(organization)
    if (found === undefined) {
      const held = [...ids.values()]
        .filter((each) => each.isLive && each.organization === organization)
        .sort((left, right) => (left.slug < right.slug ? -1 : 1))
      found = { held, targets: held.map((each) => each.target) }
      lists.set(organization, found)
    }
    return found
  }
  return {
    put,
    remove,
    byId: (id) => ids.get(id),
    ids: () => ids.keys(),
    find(slugOrId, organization) {
      const named = slugs.get(nameOf(organization, slugOrId))
      if (named !== undefined) return named
      const held = ids.get(slugOrId)
      return held?.organization === organization ? held : undefined
    },
    byDigest: (digest) => ids.get(digests.get(digest) ?? ''),
    looksLike: (wanted) => those(looks, wanted),
    madeOf: (wanted) => those(supplies, wanted),
    list: (organization) => listsOf(organization).held,
    targets: (organization) => listsOf(organization).targets,
    all: () => ids.values(),
    applyRuling(id, rulings) {
      const held = ids.get(id)
      if (held === undefined) return
      const { state, ruling } = stateOf(held.target.digest, rulings)
      if (state !== held.target.state) put({ ...held, target: { ...held.target, state, ruling } })
    },
  }
}

function nameOf(organization: string, slug: string): string {
  return `${organization}/${slug}`
}

function looksOf({ slug, names }: Held): Set<string> {
  return new Set([slug, ...names].flatMap(skeletons))
}

/** The newest active version, else the newest one. */
export function headInForce(versions: readonly VersionHead[], rulings: Rulings): VersionHead | undefined {
  return (
    versions.findLast((version) => rulings.stateOf(version.digest)?.state === 'active') ?? versions.at(-1)
  )
}

export function stateOf(
  digest: Digest,
  rulings: Rulings,
): { readonly state: RecordState; readonly ruling: string | undefined } {
  const found = rulings.stateOf(digest)
  if (found === undefined) return { state: 'draft', ruling: undefined }
  return { state: found.state, ruling: found.state === 'active' ? undefined : found.ruling }
}

/** Builds what is kept in memory of a record from its rows. */
export function holdRecord(
  entry: EntryRow,
  versions: readonly VersionHead[],
  inForce: { readonly record: AgentRecord; readonly served: Served },
  changes: readonly Change[],
  rulings: Rulings,
): Held {
  const digest = headInForce(versions, rulings)?.digest ?? digestValue(inForce.record)
  return {
    id: entry.id,
    organization: entry.organization,
    slug: entry.slug,
    isLive: entry.isLive,
    hasDraft: entry.draft !== undefined,
    updated: entry.updated,
    scenarios: inForce.record.scenarios,
    names: [
      ...new Set(
        [inForce.record, entry.draft].flatMap((each) =>
          Object.values(each?.name ?? {}).filter((name) => name !== undefined),
        ),
      ),
    ],
    supplies: [...new Set(inForce.record.supplies.flatMap((each) => each.digest ?? []))],
    versions,
    target: targetOf(entry, inForce.record, digest, inForce.served, changes, rulings),
    changes: changes.length,
  }
}

function targetOf(
  { organization, slug }: EntryRow,
  record: AgentRecord,
  digest: Digest,
  served: Served,
  changes: readonly Change[],
  rulings: Rulings,
): Target {
  const heldIds = new Set(
    changes.filter((change) => change.change !== 'added').map((change) => change.capability),
  )
  const capabilities = record.capabilities.map((capability): [string, TargetCapability] => {
    const accepted = capability.proposal === undefined
    return [
      capability.id,
      {
        id: capability.id,
        definition: capability.definition,
        profile: accepted ? capability.profile : strictestProfile,
        accepted,
        held: heldIds.has(capability.id),
        served: servedOf(capability, served),
      },
    ]
  })
  return {
    id: record.id,
    slug,
    organization,
    kind: record.kind,
    digest,
    version: record.version,
    ...stateOf(digest, rulings),
    title: titleOf(record),
    interfaces: record.interfaces,
    capabilities: new Map(capabilities),
    keys: record.keys,
  }
}

/** A record that came as a document has no served definitions; what it says itself stands in until the first probe. */
export function servedOf(
  capability: AgentRecord['capabilities'][number],
  served: Served,
): Readonly<Record<string, unknown>> {
  if (Object.hasOwn(served, capability.id)) return served[capability.id]!
  const { id, name, description, inputSchema, outputSchema } = capability
  return {
    ...(inputSchema === undefined ? { id, name } : { name: id }),
    description,
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  }
}

function titleOf(record: AgentRecord): string {
  return record.name.en ?? record.name.zh ?? record.slug
}
