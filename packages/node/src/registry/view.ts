import {
  digestSchema,
  profileSchema,
  protocolSchema,
  recordSchema,
  recordStateSchema,
  recordKindSchema,
  strictestProfile,
  timeSchema,
} from '@ambit/core/record'
import type { AgentRecord, Effect, RecordState } from '@ambit/core/record'
import { signedRulingSchema } from '@ambit/core/ruling'
import { z } from 'zod'
import { tierSchema } from '../kernel/catalog.ts'
import type { Tier } from '../kernel/catalog.ts'
import { timeText } from '../kernel/clock.ts'
import { definitionDigest } from './definition.ts'
import type { Change } from './drift.ts'
import { factsSchema, livenessStateSchema } from './facts.ts'
import type { Facts } from './facts.ts'
import { lifeView, lifeViewSchema } from './life-view.ts'
import { bodyInForce, entryOf } from './room.ts'
import type { Room } from './room.ts'
import { headInForce, servedOf, stateOf } from './roster.ts'
import type { Held } from './roster.ts'

export const checkSchema = z.strictObject({ id: z.string(), ok: z.boolean(), what: z.string() })
export type Check = z.infer<typeof checkSchema>

/** What governance knows of a record; registering does not know governance, so it is handed in. */
export interface Governed {
  tierOf(record: { readonly scenarios: readonly string[]; readonly effects: readonly Effect[] }): Tier
  /** Results of the newest test run of an exact version. */
  checksOf(record: string, digest: string): Promise<readonly Check[] | undefined>
  readonly facts?: Facts
}

export const summarySchema = z.strictObject({
  id: z.string(),
  slug: z.string(),
  title: z.string(),
  kind: recordKindSchema,
  version: z.string(),
  digest: digestSchema,
  state: recordStateSchema,
  protocols: z.array(protocolSchema),
  /** How many capabilities there are, wait for a profile, and are held or new. */
  tools: z.int(),
  proposals: z.int(),
  held: z.int(),
  /** How it answers, where it is asked. */
  liveness: livenessStateSchema.optional(),
  tier: tierSchema.optional(),
  certified: z.boolean(),
  updated: timeSchema,
})
export type RecordSummary = z.infer<typeof summarySchema>

/** Which records a list shows. */
export interface SummaryWish {
  /** Those behind that slug. */
  readonly after?: string | undefined
  readonly state?: RecordState | undefined
  /** In lower case: a part of the slug or title. */
  readonly search?: string | undefined
}

const changeSchema = z.strictObject({ before: z.unknown(), after: z.unknown() })

export const recordViewSchema = z.strictObject({
  summary: summarySchema,
  /** The draft, where there is one, else the version in force. */
  record: recordSchema,
  digest: digestSchema,
  state: recordStateSchema,
  /** A draft waits beside the version in force. */
  draft: z.boolean(),
  versions: z.array(
    z.strictObject({
      version: z.string(),
      digest: digestSchema,
      state: recordStateSchema,
      created: timeSchema,
    }),
  ),
  rulings: z.array(signedRulingSchema),
  capabilities: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      profile: profileSchema,
      proposal: profileSchema.optional(),
      accepted: z.boolean(),
      held: z.boolean(),
      /** `before` null: the upstream serves something new; `after` null: it no longer serves it. */
      change: changeSchema.optional(),
    }),
  ),
  certificate: z.strictObject({ ruling: z.string(), expires: timeSchema.optional() }).optional(),
  checks: z.array(checkSchema).optional(),
  /** Things an operator should know of how the agent described itself. */
  remarks: z.array(z.string()),
  ...lifeViewSchema.shape,
  ...factsSchema.shape,
})
export type RecordView = z.infer<typeof recordViewSchema>

export function summaryOf(room: Room, held: Held, governed: Governed): RecordSummary {
  const { target } = held
  const capabilities = [...target.capabilities.values()]
  const effects = [...new Set(capabilities.map((capability) => capability.profile.effect))]
  return {
    id: held.id,
    slug: held.slug,
    title: target.title,
    kind: target.kind,
    version: target.version,
    digest: target.digest,
    state: target.state,
    protocols: [...new Set(target.interfaces.map((each) => each.protocol))],
    tools: capabilities.length,
    proposals: capabilities.filter((capability) => !capability.accepted).length,
    held: held.changes,
    ...(governed.facts === undefined ? {} : { liveness: governed.facts.stateOf(held.id) }),
    tier: governed.tierOf({ scenarios: held.scenarios, effects }),
    certified: room.rulings.certificateOf(target.digest) !== undefined,
    updated: timeText(held.updated),
  }
}

export async function viewOf(room: Room, held: Held, governed: Governed): Promise<RecordView> {
  const entry = await entryOf(room, held)
  const inForce = await bodyInForce(room, entry, headInForce(held.versions, room.rulings)?.digest)
  const shown = entry.draft === undefined ? inForce : { record: entry.draft, served: entry.served }
  const changes = (await room.rows.changes([held.id])).map((row) => row.change)
  const certificate = room.rulings.certificateOf(held.target.digest)
  const checks = await governed.checksOf(held.id, held.target.digest)
  return {
    summary: summaryOf(room, held, governed),
    record: shown.record,
    digest: held.target.digest,
    state: held.target.state,
    draft: entry.draft !== undefined,
    versions: held.versions.map((version) => ({
      version: version.version,
      digest: version.digest,
      state: stateOf(version.digest, room.rulings).state,
      created: timeText(version.created),
    })),
    rulings: [...(await room.rulings.list(held.id))],
    capabilities: capabilityViews(room, shown.record, inForce, changes),
    ...(certificate === undefined
      ? {}
      : {
          certificate: {
            ruling: certificate.ruling,
            ...(certificate.expiresAt === undefined ? {} : { expires: timeText(certificate.expiresAt) }),
          },
        }),
    ...(checks === undefined ? {} : { checks: [...checks] }),
    remarks: [...entry.remarks],
    ...lifeView(room, held, shown.record),
    ...(await governed.facts?.of(held.id, held.organization)),
  }
}

function capabilityViews(
  room: Room,
  record: AgentRecord,
  inForce: Awaited<ReturnType<typeof bodyInForce>>,
  changes: readonly Change[],
): RecordView['capabilities'] {
  const waiting = new Map(changes.map((change) => [change.capability, change]))
  const before = new Map(inForce.record.capabilities.map((capability) => [capability.id, capability]))
  const views: RecordView['capabilities'] = record.capabilities.map((capability) => {
    const change = waiting.get(capability.id)
    waiting.delete(capability.id)
    const isHeld =
      change !== undefined &&
      (change.change === 'removed' || definitionDigest(change.after.served) !== capability.definition)
    // Accepting another definition puts the profile in force that is derived from it.
    const proposal = isHeld && change.change !== 'removed' ? room.propose(change.after) : capability.proposal
    const pinned = before.get(capability.id) ?? capability
    return {
      id: capability.id,
      name: capability.name,
      description: capability.description,
      profile: capability.profile,
      ...(proposal === undefined ? {} : { proposal }),
      accepted: capability.proposal === undefined,
      held: isHeld,
      ...(isHeld
        ? {
            change: {
              before: servedOf(pinned, inForce.served),
              after: change.change === 'removed' ? null : change.after.served,
            },
          }
        : {}),
    }
  })
  for (const change of waiting.values()) {
    if (change.change === 'removed') continue
    views.push({
      id: change.capability,
      name: change.after.name,
      description: change.after.description,
      profile: strictestProfile,
      proposal: room.propose(change.after),
      accepted: false,
      held: true,
      change: { before: null, after: change.after.served },
    })
  }
  return views
}
