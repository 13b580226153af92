import { recordStateSchema, timeSchema } from '@ambit/core/record'
import type { AgentRecord } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { domainsOf, unprovedHosts } from './domain-check.ts'
import type { Room } from './room.ts'
import type { Held } from './roster.ts'

/** What a view says of the life of a record beside its rulings. */
export const lifeViewSchema = z.strictObject({
  /** Domains it names or answers at; `claimed`: its organisation has not proved them. */
  claims: z.array(z.strictObject({ domain: z.string(), state: z.enum(['proved', 'claimed']) })),
  warnings: z.array(z.strictObject({ code: z.string(), what: z.string() })),
  /** Bill of materials, each with what this node knows of that very version. */
  supplies: z.array(
    z.strictObject({
      kind: z.string(),
      name: z.string(),
      version: z.string().optional(),
      digest: z.string().optional(),
      state: recordStateSchema.optional(),
    }),
  ),
  /** Those who run the node took it away. */
  takedown: z.strictObject({ ruling: z.string(), reason: z.string(), since: timeSchema }).optional(),
})

export function lifeView(room: Room, held: Held, record: AgentRecord): z.infer<typeof lifeViewSchema> {
  const { organization } = held
  const unproved = unprovedHosts(room, record, organization)
  const down = room.life.takedownOf(held.id)
  return {
    claims: [...domainsOf(room, record, organization)],
    warnings: unproved.map((host) => ({
      code: 'ownership.unproved',
      what: `its organisation has not proved that ${host} is its own`,
    })),
    supplies: record.supplies.map(({ digest, ...rest }) => {
      const state = digest === undefined ? undefined : room.rulings.stateOf(digest)?.state
      return {
        ...rest,
        ...(digest === undefined ? {} : { digest }),
        ...(state === undefined ? {} : { state }),
      }
    }),
    ...(down === undefined
      ? {}
      : { takedown: { ruling: down.id, reason: down.reason, since: timeText(down.taken) } }),
  }
}
