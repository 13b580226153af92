import { digestSchema, timeSchema } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import { signedRulingSchema } from '@ambit/core/ruling'
import type { SignedRuling } from '@ambit/core/ruling'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Caller, RoleName, Route } from '../kernel/route.ts'
import type { TakedownRow } from './life-store.ts'
import type { Dependant } from './dependants.ts'
import type { RegistryRouteParts } from './routes.ts'

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ record: z.string().min(1).max(100) })
const tombstone = {
  record: z.string(),
  slug: z.string(),
  reason: z.string(),
  since: timeSchema,
  ruling: z.string(),
}

/** Who was told of a recall, because it reaches what they are made of. */
export const dependantSchema = z.strictObject({
  record: z.string(),
  slug: z.string(),
  ruling: z.string(),
  suspended: z.boolean(),
})

/** Routes of what those who run the node take away, of whatever organisation, and of what stays of it. */
export function takedownRoutes(parts: RegistryRouteParts): Route[] {
  const { registry, recall } = parts
  const node = { access: operators, nodeOnly: true } as const
  return [
    route({
      method: 'POST',
      path: '/api/takedowns',
      summary:
        'Takes a record of any organisation down: it is stopped at once, and its names and addresses are held.',
      ...node,
      body: z.strictObject({
        record: z.string().min(1).max(100),
        reason: z.string().min(1).max(2000),
        evidence: z.array(digestSchema).max(50).optional(),
        basis: z.array(z.string().max(200)).max(50).optional(),
        wholeHosts: z.boolean().optional(),
        dependants: z.boolean().optional(),
      }),
      reply: z.strictObject({
        ruling: signedRulingSchema,
        tookMs: z.number(),
        stopped: z.int(),
        acts: z.array(z.string()),
        dependants: z.array(dependantSchema),
      }),
      async handle({ caller, body: { dependants, ...request } }) {
        const { acts, ...done } = await recall.takeDown({ ...request, person: caller.person })
        const reached = await reachDependants(
          parts,
          caller,
          done.ruling,
          dependants === true ? 'all' : 'none',
        )
        return { body: { ...done, acts: [...acts], dependants: reached } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/takedowns',
      summary: 'Lists what is taken down on this node.',
      ...node,
      reply: z.strictObject({
        takedowns: z.array(z.strictObject({ ...tombstone, organization: z.string(), by: z.string() })),
      }),
      handle: async () => ({ body: { takedowns: registry.takedowns.list().map(rowOf) } }),
    }),
    route({
      method: 'POST',
      path: '/api/takedowns/:record/lift',
      summary: 'Ends a takedown; its organisation puts the record back in force.',
      ...node,
      params,
      body: z.strictObject({ note: z.string().min(1).max(2000) }),
      reply: z.strictObject({ ruling: signedRulingSchema }),
      handle: async ({ caller, params: { record }, body: { note } }) => ({
        body: { ruling: await registry.takedowns.lift(record, caller, note) },
      }),
    }),
    route({
      method: 'GET',
      path: '/api/tombstones/:record',
      summary: 'Says why a record (by its identity code) is not to be had, for everybody.',
      access: 'public',
      params,
      reply: z.strictObject(tombstone),
      async handle({ params: { record } }) {
        const found = registry.takedowns.tombstone(record)
        if (found === undefined)
          throw new Fault('input.not-found', {
            detail: 'nothing of that code was taken down',
            where: 'record',
          })
        return { body: { ...found, since: timeText(found.since) } }
      },
    }),
  ]
}

/**
 * Advises the keepers of what is made of a recalled version, and suspends it where that was asked: one's own, or, for
 * those who run the node, whosever.
 */
export async function reachDependants(
  { registry, recall }: Pick<RegistryRouteParts, 'registry' | 'recall'>,
  caller: Caller,
  ruling: SignedRuling,
  suspend: 'none' | 'own' | 'all',
): Promise<z.input<typeof dependantSchema>[]> {
  const told: z.input<typeof dependantSchema>[] = []
  for (const each of await registry.advise(ruling)) {
    const isOwn = each.organization === caller.organization
    const reaches = suspend === 'all' || (suspend === 'own' && isOwn)
    const suspended = reaches && (await suspendOne(recall, caller, each, ruling))
    // Which records of others are made of it is theirs to know.
    if (isOwn || suspend === 'all')
      told.push({ record: each.record, slug: each.slug, ruling: each.ruling, suspended })
  }
  return told
}

async function suspendOne(
  recall: RegistryRouteParts['recall'],
  { person }: Caller,
  { record, organization }: Dependant,
  { body }: SignedRuling,
): Promise<boolean> {
  const note = `something it is made of was ${body.kind === 'takedown' ? 'taken down' : 'recalled'} (${body.id})`
  try {
    await recall.suspend({ record, organization, person, note })
    return true
  } catch (error) {
    // It is not in use, so there is nothing to suspend.
    if (Fault.is(error, 'record.state') || Fault.is(error, 'record.taken-down')) return false
    throw error
  }
}

function rowOf({ id, record, organization, slug, reason, by, taken }: TakedownRow) {
  return { ruling: id, record, organization, slug, reason, by, since: timeText(taken) }
}
