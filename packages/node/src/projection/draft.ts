import type { Format } from '@ambit/core/format'
import type { AgentRecord, Interface } from '@ambit/core/record'
import type { Json } from '@ambit/core/wire/a2a/json'
import type { DescribedCapability } from '../registry/describe.ts'

/** The members of a record that a document can give. What a capability does is never among them. */
export type DraftMembers = Pick<
  AgentRecord,
  | 'kind'
  | 'version'
  | 'name'
  | 'description'
  | 'provider'
  | 'interfaces'
  | 'supplies'
  | 'certificate'
  | 'foreign'
>

/** A record as far as a document says it. Every text in it is data of a third party. */
export interface Draft {
  readonly format: Format
  readonly members: DraftMembers
  /** Without effects: this node proposes them, and a person accepts them. */
  readonly capabilities: readonly DescribedCapability[]
  /** Texts that a name for addresses may be made of, the best first. */
  readonly names: readonly string[]
  /** Where it can be read live, when that is not its first interface. */
  readonly source?: string
  readonly remarks: readonly string[]
}

/** What the projections need to know beside the record. */
export interface Context {
  readonly state: AgentRecordState
  /** When the record was last changed, in RFC 3339. */
  readonly updated: string
  /** Public address of the node, without a slash at the end. */
  readonly origin: string
  /** The card of an A2A agent as it was last read live and accepted, without addresses. */
  readonly card?: Json
  /** `own`: the record's interfaces. `node`: where this node serves it, which is what the public is told. */
  readonly addresses: 'own' | 'node'
}

type AgentRecordState = 'draft' | 'submitted' | 'active' | 'suspended' | 'recalled' | 'retired'

/** What the projections read of a record: all of it, or as much as a document gave. */
export type Projected = DraftMembers &
  Pick<AgentRecord, 'slug' | 'id' | 'aliases'> & {
    readonly capabilities: readonly {
      readonly id: string
      readonly name: string
      readonly description: string
    }[]
  }

export function isActive({ state }: Context): boolean {
  return state === 'active'
}

/** A skill of a document as a capability: it says what it is called and no more. */
export function capabilityOfSkill(id: string, name: string, description: string): DescribedCapability {
  return {
    id,
    name,
    description,
    inputSchema: undefined,
    outputSchema: undefined,
    hints: {},
    served: { id, name, description },
  }
}

/** An interface of a document: it never brings credentials or a program. */
export function interfaceAt(
  protocol: Interface['protocol'],
  transport: Interface['transport'],
  version: string,
  url: string,
): Interface {
  return { protocol, version, url, transport, security: [] }
}

/** As a record that was just drafted, to see what the projection makes of it. */
export function asProjected({ members, capabilities }: Pick<Draft, 'members' | 'capabilities'>): Projected {
  return { ...members, capabilities, slug: '', id: '', aliases: [] }
}
