import { Fault } from '@ambit/core/fault'
import {
  deploymentSchema,
  descriptionsSchema,
  namesSchema,
  profileSchema,
  providerSchema,
  recordSchema,
} from '@ambit/core/record'
import type { AgentRecord } from '@ambit/core/record'
import { z } from 'zod'
import type { Caller } from '../kernel/route.ts'
import { checkRecord, editable, withProfile } from './draft.ts'
import { refuseTakenDown } from './life.ts'
import { claimNames } from './name-claims.ts'
import { isNamedAs } from './names.ts'
import { entryOf, mustFind, renew } from './room.ts'
import type { Room } from './room.ts'

/** What a person may change of a draft by hand; members left out stay. */
export const editSchema = z.strictObject({
  name: namesSchema.optional(),
  description: descriptionsSchema.optional(),
  version: recordSchema.shape.version.optional(),
  responsible: recordSchema.shape.responsible.optional(),
  provider: providerSchema.optional(),
  deployment: deploymentSchema.optional(),
  places: recordSchema.shape.places.optional(),
  scenarios: recordSchema.shape.scenarios.optional(),
  /** What its next certificates name and how long they hold. */
  certificate: recordSchema.shape.certificate,
  /** Profiles by capability id: an operator's word, so they are in force with the version. */
  capabilities: z.record(z.string().max(256), profileSchema).optional(),
  /** An owner says that its name may resemble another one. */
  confirmName: z.boolean().optional(),
})
export type Edit = z.infer<typeof editSchema>

/** Changes the draft; a record in use gets one, under the next version number. */
export async function edit(
  room: Room,
  slugOrId: string,
  caller: Caller,
  { confirmName, ...edit }: Edit,
): Promise<void> {
  const { id } = mustFind(room, slugOrId, caller.organization)
  await room.turns.take(id, async () => {
    const held = mustFind(room, id, caller.organization)
    if (!held.isLive) {
      throw new Fault('record.state', {
        detail: 'a retired record is not changed any more',
        where: held.slug,
      })
    }
    refuseTakenDown(room.life, held)
    const entry = await entryOf(room, held)
    const body = await editable(room, held, entry)
    const next = checkRecord(edited(body.record, edit))
    const taken = held.versions.some((version) => version.version === next.version)
    if (taken) {
      throw new Fault('record.version-taken', {
        detail: `version ${next.version} exists already`,
        where: 'version',
      })
    }
    if (!isNamedAs(body.record, next)) {
      const remark = await claimNames(room, next, { caller, confirmName })
      if (remark !== undefined) await room.life.rows.setRemarks(id, [...entry.remarks, remark])
    }
    await room.rows.setDraft(id, next, body.served, room.clock.now())
    await renew(room, id)
  })
}

function edited(
  record: AgentRecord,
  { capabilities: profiles = {}, ...members }: Omit<Edit, 'confirmName'>,
): unknown {
  for (const id of Object.keys(profiles)) {
    if (record.capabilities.some((capability) => capability.id === id)) continue
    throw new Fault('input.not-found', {
      detail: 'the record has no such capability',
      where: `capabilities.${id.slice(0, 100)}`,
    })
  }
  const capabilities = record.capabilities.map((capability) =>
    Object.hasOwn(profiles, capability.id) ? withProfile(capability, profiles[capability.id]!) : capability,
  )
  return { ...record, ...members, capabilities }
}
