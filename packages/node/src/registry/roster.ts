import type { Digest } from '@ambit/core/digest'
import { strictestProfile } from '@ambit/core/record'
import type { AgentRecord, RecordState } from '@ambit/core/record'
import type { Rulings } from '../ruling/ruling.ts'
import { digestValue } from '../kernel/digest.ts'
import type { Change } from './drift.ts'
import type { HeldEntry, Served, VersionHead } from './registry-store.ts'
import type { Target, TargetCapability, TargetHead } from './target.ts'

/** What the node holds of a record: its Target and what lists show, never the full record. */
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

/**
 * All records, by every name they are asked for. In memory is what finds and lists them; the rest of one is read when it is
 * asked for, at once, and kept for a while (`compact-roster.ts`).
 */
export interface Roster extends Disposable {
  put(held: Held): void
  remove(id: string): void
  byId(id: string): Held | undefined
  /** By slug or AIC. Of retired records only by AIC. */
  find(slugOrId: string, organization: string): Held | undefined
  byDigest(digest: string): Held | undefined
  /** The same as `byId`, and not kept: for whoever goes through many records. */
  glance(id: string): Held | undefined
  /** Of all organisations, retired ones too. */
  ids(): Iterable<string>
  /** Live records of an organisation in the order of their slugs; left out: of all of them, in no order. */
  heads(organization?: string): Iterable<TargetHead>
  /** What tells whether memory is as the store is. */
  marks(id: string): Marks | undefined
  /** Live records of any organisation with a name of one of these looks (`confusable.ts`). */
  looksLike(looks: readonly string[]): Iterable<Held>
  /** Live records of any organisation whose bill of materials lists one of these digests. */
  madeOf(digests: readonly string[]): Iterable<Held>
  /** Live records with an interface at that host (without port), of any organisation. */
  at(host: string): Iterable<Held>
  /** Says at once what a ruling changed; the full renewal follows. */
  applyRuling(id: string): void
}

export interface Marks {
  readonly isLive: boolean
  readonly hasDraft: boolean
  readonly updated: number
  readonly versions: number
  readonly changes: number
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
  entry: HeldEntry,
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
  { id, organization, slug }: HeldEntry,
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
    id,
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
