import type { Digest } from '@ambit/core/digest'
import type { Interface, Profile, Protocol, RecordState } from '@ambit/core/record'

/** What is in memory of every record, for those who look for some of many. */
export interface TargetHead extends Pick<
  Target,
  'id' | 'slug' | 'organization' | 'kind' | 'state' | 'title'
> {
  /** Of its interfaces, each once. */
  readonly protocols: readonly Protocol[]
}

/** The compact form of a record that the path of an act reads; renewed when the record or its rulings change. */
export interface Target {
  /** AIC. */
  readonly id: string
  readonly slug: string
  readonly organization: string
  readonly kind: 'agent' | 'tool-server' | 'model' | 'terminal' | 'site'
  /** Digest of the newest active version of the record (or of the newest one, when none is active). */
  readonly digest: Digest
  readonly version: string
  readonly state: RecordState
  /** Why, when the state is not `active`: the ruling's id. */
  readonly ruling: string | undefined
  readonly title: string
  readonly interfaces: readonly Interface[]
  readonly capabilities: ReadonlyMap<string, TargetCapability>
  /** did:key of the keys it may act with; left out: none is known. */
  readonly keys?: readonly string[]
}

export interface TargetCapability {
  readonly id: string
  readonly definition: Digest
  /** In force; the strictest one while no operator has accepted the proposal. */
  readonly profile: Profile
  /** False while the profile is only a proposal. */
  readonly accepted: boolean
  /** The upstream serves another definition than the one accepted: not callable until an operator accepts it. */
  readonly held: boolean
  /** The definition as the upstream serves it (an MCP tool, an A2A skill), for lists. Text of an agent: data. */
  readonly served: Readonly<Record<string, unknown>>
}
