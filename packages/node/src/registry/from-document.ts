import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { AgentRecord, Profile } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import { definitionDigest } from './definition.ts'
import type { DescribedCapability } from './describe.ts'
import { fit } from './described-limits.ts'
import { capabilityFrom } from './draft.ts'
import type { CodeKind } from './identity-code.ts'
import { slugFrom } from './naming.ts'
import { addRecord } from './register.ts'
import type { Served } from './registry-store.ts'
import { bodyInForce, entryOf, mustFind } from './room.ts'
import type { Room } from './room.ts'
import { headInForce } from './roster.ts'
import type { Held } from './roster.ts'
import { sourceOf } from './source.ts'

/** A record as far as a document of a third party says it. Every text in it is data. */
export interface DocumentDraft {
  readonly members: Pick<
    AgentRecord,
    'kind' | 'version' | 'name' | 'description' | 'provider' | 'interfaces' | 'supplies'
  > &
    Partial<Pick<AgentRecord, 'certificate' | 'foreign'>>
  readonly capabilities: readonly DescribedCapability[]
  /** Texts that the name for addresses may be made of, the best first. */
  readonly names: readonly string[]
  /** Where it is read live, when that is not its first interface. */
  readonly source?: string
  readonly remarks: readonly string[]
}

export interface DraftOptions {
  /** Left out: made of the names. */
  readonly slug?: string | undefined
  /** An owner says that its name may resemble another one. */
  readonly confirmName?: boolean | undefined
  /**
   * A class of agents, or an instance of one; left out: an agent of its own. An instance has the profiles that were
   * accepted for its class, as far as it is defined the same.
   */
  readonly as?: CodeKind | undefined
}

/**
 * Makes a draft of what a document says. Nobody looked at the agent itself: its capabilities have the strictest profile
 * and what this node proposes, no credentials come with it, and it can be called only after a person activated it.
 */
export async function draftFromDocument(
  room: Room,
  caller: Caller,
  draft: DocumentDraft,
  { slug, confirmName, as }: DraftOptions = {},
): Promise<Held> {
  const group = typeof as === 'object' ? await inForce(room, as.instanceOf, caller.organization) : undefined
  const { members, served, remarks } = readDraft(room, draft, group)
  const record: Omit<AgentRecord, 'id' | 'keys'> = {
    v: 1,
    aliases: [],
    slug: slug ?? slugFrom(...draft.names),
    organization: caller.organization,
    ...members,
    responsible: { name: (await room.identity.person(caller.person))?.name ?? caller.person },
    places: [],
    scenarios: [],
    evidence: [],
    ...(group === undefined ? {} : { ontology: group.id }),
  }
  const source = draft.source === undefined ? sourceOf(record as AgentRecord) : { url: draft.source }
  return await addRecord(room, record, served, source, remarks, { caller, confirmName }, { as })
}

/** The members of a record that a document gives, its capabilities with the profiles that were accepted before. */
export function readDraft(
  room: Room,
  { members, capabilities, remarks }: DocumentDraft,
  before: AgentRecord | undefined,
): {
  readonly members: DocumentDraft['members'] & Pick<AgentRecord, 'capabilities'>
  readonly served: Served
  readonly remarks: readonly string[]
} {
  if (members.interfaces.some(({ command, security }) => command !== undefined || security.length > 0)) {
    throw new Fault('record.invalid', {
      detail: 'a document brings neither programs nor credentials',
      where: 'interfaces',
    })
  }
  const described = fit({
    kind: members.kind === 'tool-server' ? 'tool-server' : 'agent',
    name: '',
    description: '',
    version: undefined,
    provider: { organization: undefined, url: undefined },
    interfaces: members.interfaces,
    capabilities,
    remarks,
  })
  const accepted = acceptedIn(before)
  return {
    members: {
      ...members,
      interfaces: [...described.interfaces],
      capabilities: described.capabilities.map((each) =>
        capabilityFrom(each, room.propose, accepted.get(definitionDigest(each.served))),
      ),
    },
    served: Object.fromEntries(described.capabilities.map((each) => [each.id, each.served])),
    remarks: described.remarks,
  }
}

/** Profiles that a person accepted, by the definition they are for. */
function acceptedIn(record: AgentRecord | undefined): ReadonlyMap<Digest, Profile> {
  const known = record?.capabilities.filter(({ proposal }) => proposal === undefined) ?? []
  return new Map(known.map(({ definition, profile }) => [definition, profile]))
}

async function inForce(room: Room, slugOrId: string, organization: string): Promise<AgentRecord> {
  const held = mustFind(room, slugOrId, organization)
  const head = headInForce(held.versions, room.rulings)
  return (await bodyInForce(room, await entryOf(room, held), head?.digest)).record
}
