import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import type { DescribedCapability } from './describe.ts'
import { fit } from './described-limits.ts'
import { capabilityFrom } from './draft.ts'
import { slugFrom } from './naming.ts'
import { addRecord } from './register.ts'
import type { Room } from './room.ts'
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
}

/**
 * Makes a draft of what a document says. Nobody looked at the agent itself: its capabilities have the strictest profile
 * and what this node proposes, no credentials come with it, and it can be called only after a person activated it.
 */
export async function draftFromDocument(
  room: Room,
  caller: Caller,
  draft: DocumentDraft,
  options: DraftOptions = {},
): Promise<Held> {
  const { members } = draft
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
    capabilities: draft.capabilities,
    remarks: draft.remarks,
  })
  const record: Omit<AgentRecord, 'id' | 'keys'> = {
    v: 1,
    aliases: [],
    slug: options.slug ?? slugFrom(...draft.names),
    organization: caller.organization,
    ...members,
    responsible: { name: (await room.identity.person(caller.person))?.name ?? caller.person },
    interfaces: [...described.interfaces],
    capabilities: described.capabilities.map((capability) => capabilityFrom(capability, room.propose)),
    places: [],
    scenarios: [],
    evidence: [],
  }
  const served = Object.fromEntries(described.capabilities.map((each) => [each.id, each.served]))
  const source = draft.source === undefined ? sourceOf(record as AgentRecord) : { url: draft.source }
  return await addRecord(room, record, served, source, described.remarks, {
    caller,
    confirmName: options.confirmName,
  })
}
