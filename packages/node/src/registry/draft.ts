import { Fault } from '@ambit/core/fault'
import { recordSchema, strictestProfile } from '@ambit/core/record'
import type { AgentRecord, Capability, Profile } from '@ambit/core/record'
import type { z } from 'zod'
import { definitionDigest } from './definition.ts'
import type { DescribedCapability } from './describe.ts'
import { nextVersion } from './naming.ts'
import type { Proposer } from './profile.ts'
import type { EntryRow, VersionBody } from './registry-store.ts'
import { bodyInForce } from './room.ts'
import type { Room } from './room.ts'
import { headInForce } from './roster.ts'
import type { Held } from './roster.ts'

/** The document to change: the draft, or the version in force under the next number. */
export async function editable(room: Room, held: Held, entry: EntryRow): Promise<VersionBody> {
  if (entry.draft !== undefined) return { record: entry.draft, served: entry.served }
  const body = await bodyInForce(room, entry, headInForce(held.versions, room.rulings)?.digest)
  const taken = new Set(held.versions.map((version) => version.version))
  return { ...body, record: { ...body.record, version: nextVersion(body.record.version, taken) } }
}

/** Throws a Fault `record.invalid` that names the member. */
export function checkRecord(record: unknown): AgentRecord {
  const parsed = recordSchema.safeParse(record)
  if (!parsed.success) throw invalidRecord(parsed.error)
  const seen = new Set<string>()
  for (const [at, { id }] of parsed.data.capabilities.entries()) {
    if (seen.has(id)) {
      throw new Fault('record.invalid', {
        detail: 'another capability has that id already',
        where: `capabilities.${at}.id`,
      })
    }
    seen.add(id)
  }
  return parsed.data
}

export function invalidRecord(error: z.ZodError): Fault {
  const issue = error.issues[0]
  return new Fault('record.invalid', {
    detail: issue?.message ?? 'the record is not of its form',
    where: issue?.path.join('.') ?? 'record',
  })
}

/** A capability as it stands in a record. Without a profile that someone accepted, the strictest one is in force. */
export function capabilityFrom(
  described: DescribedCapability,
  propose: Proposer,
  accepted?: Profile,
): Capability {
  return {
    id: described.id,
    name: described.name,
    description: described.description,
    ...(described.inputSchema === undefined ? {} : { inputSchema: described.inputSchema }),
    ...(described.outputSchema === undefined ? {} : { outputSchema: described.outputSchema }),
    definition: definitionDigest(described.served),
    modes: [],
    ...(accepted === undefined
      ? { profile: strictestProfile, proposal: propose(described) }
      : { profile: accepted }),
  }
}

/** The capability with that profile in force. */
export function withProfile(capability: Capability, profile: Profile): Capability {
  const { proposal: _, ...rest } = capability
  return { ...rest, profile }
}
