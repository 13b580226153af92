import {
  agentKeySchema,
  signedCompromiseSchema,
  signedPossessionSchema,
  signedRotationSchema,
} from '@ambit/core/id/key-statement'
import { timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { RoleName, Route } from '../kernel/route.ts'
import type { AgentIdentity, OpenAgentKeys } from './did.ts'
import type { RecoveryResult } from './recovery.ts'
import type { Rotated } from './rotation.ts'

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ slug: z.string().min(1).max(100) })
const aic = z.string().max(100)
const overlapS = z
  .int()
  .min(0)
  .max(30 * 86_400)

const identitySchema = z.strictObject({
  agent: aic,
  slug: z.string(),
  /** On this node: did:web, and did:wba for each key that can be named so. */
  dids: z.array(z.string()),
  /** Of other domains, proved. */
  aliases: z.array(z.string()),
  keys: z.array(
    z.strictObject({
      key: z.string(),
      state: z.enum(['active', 'retired', 'compromised']),
      since: timeSchema,
      until: timeSchema.optional(),
      by: z.enum(['record', 'rotation', 'recovery', 'certificate']),
      /** Whether it counts now. */
      speaks: z.boolean(),
      /** This node keeps it, and can rotate it. */
      kept: z.boolean(),
    }),
  ),
})
const rotatedSchema = z.strictObject({ agent: aic, key: z.string(), next: z.string(), until: timeSchema })
const compromisedSchema = z.strictObject({ agent: aic, key: z.string(), mandates: z.int() })
const recoverySchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('waiting'), id: z.string(), key: z.string() }),
  z.strictObject({
    state: z.literal('recovered'),
    key: z.string(),
    retired: z.array(z.string()),
    mandates: z.int(),
  }),
])

/** Keys of agents: what people see and do, and what agents do with the keys themselves. */
export function agentKeyRoutes(keys: OpenAgentKeys): Route[] {
  return [...peopleRoutes(keys), ...recoveryRoutes(keys), ...holderRoutes(keys)]
}

function peopleRoutes(keys: OpenAgentKeys): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/records/:slug/keys',
      summary: 'Shows the DIDs, proved aliases and keys of an agent, keys that are over included.',
      access: 'person',
      params,
      reply: identitySchema,
      handle: async ({ caller, params: { slug } }) => ({
        body: await identityView(keys, keys.identityOf(slug, caller.organization)),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/keys/rotate',
      summary: 'Replaces the key of an agent that this node keeps; both count for a while.',
      access: operators,
      params,
      body: z.strictObject({ overlapS: overlapS.optional() }),
      reply: rotatedSchema,
      handle: async ({ caller, params: { slug }, body }) => ({
        body: rotatedView(await keys.rotateKept(caller, slug, body.overlapS)),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/keys/report',
      summary: 'Reports a key of an agent as compromised: it counts no more, at once and for ever.',
      access: operators,
      params,
      body: z.strictObject({ key: agentKeySchema }),
      reply: compromisedSchema,
      handle: async ({ caller, params: { slug }, body: { key } }) => ({
        body: await keys.report(caller, slug, key),
      }),
    }),
    route({
      method: 'GET',
      path: '/api/agent-keys/challenge',
      summary: 'Gives what a key signs to prove that it is held by whoever names it in a record.',
      access: operators,
      reply: z.strictObject({ organization: z.string(), challenge: z.string(), until: timeSchema }),
      async handle({ caller }) {
        const { challenge, until } = keys.challenge(caller.organization)
        return { body: { organization: caller.organization, challenge, until: timeText(until) } }
      },
    }),
  ]
}

function recoveryRoutes(keys: OpenAgentKeys): Route[] {
  const ruleSchema = z.strictObject({ people: z.union([z.literal(1), z.literal(2)]) })
  return [
    route({
      method: 'POST',
      path: '/api/records/:slug/keys/recover',
      summary: 'Gives an agent a new key where the old one is lost; the old ones are over at once.',
      access: operators,
      sessionOnly: true,
      params,
      body: z.strictObject({
        /** Left out: the node makes one and keeps it. */
        key: agentKeySchema.optional(),
        proof: signedPossessionSchema.optional(),
        note: z.string().max(2000).optional(),
      }),
      reply: recoverySchema,
      handle: async ({ caller, params: { slug }, body: { key, proof, note } }) => ({
        body: recoveryView(
          await keys.recover(caller, slug, {
            ...(key === undefined ? {} : { key }),
            ...(note === undefined ? {} : { note }),
            proofs: proof === undefined ? [] : [proof],
          }),
        ),
      }),
    }),
    route({
      method: 'GET',
      path: '/api/agent-keys/recoveries',
      summary: 'Lists recoveries that wait for a second person, and how many people a recovery takes.',
      access: 'person',
      reply: z.strictObject({
        people: z.int(),
        waiting: z.array(
          z.strictObject({
            id: z.string(),
            agent: aic,
            key: z.string(),
            person: z.string(),
            at: timeSchema,
            note: z.string().optional(),
          }),
        ),
      }),
      async handle({ caller: { organization } }) {
        const waiting = (await keys.recoveries(organization)).map(({ id, agent, key, person, at, note }) => ({
          id,
          agent,
          key,
          person,
          at: timeText(at),
          ...(note === null ? {} : { note }),
        }))
        return { body: { people: await keys.peopleFor(organization), waiting } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/agent-keys/recoveries/:id/confirm',
      summary: 'Confirms a recovery that another person asked for.',
      access: operators,
      sessionOnly: true,
      params: z.strictObject({ id: z.string().max(100) }),
      body: z.strictObject({}),
      reply: recoverySchema,
      handle: async ({ caller, params: { id } }) => ({ body: recoveryView(await keys.confirm(caller, id)) }),
    }),
    route({
      method: 'PUT',
      path: '/api/agent-keys/recovery-rule',
      summary: 'Says how many people of the organization a recovery takes.',
      access: ['owner'],
      sessionOnly: true,
      body: ruleSchema,
      reply: ruleSchema,
      async handle({ caller, body }) {
        await keys.setPeople(caller, body.people)
        return { body }
      },
    }),
  ]
}

/** Nobody is signed in here: what counts is the signature by the key itself. */
function holderRoutes(keys: OpenAgentKeys): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/agent-keys/rotate',
      summary: 'Takes a new key of an agent that the old one signed for; both count for a while.',
      access: 'public',
      body: signedRotationSchema,
      reply: rotatedSchema,
      handle: async ({ body }) => ({ body: rotatedView(await keys.rotate(body)) }),
    }),
    route({
      method: 'POST',
      path: '/api/agent-keys/report',
      summary:
        'Takes the word of a key itself that it is compromised: it counts no more, at once and for ever.',
      access: 'public',
      body: signedCompromiseSchema,
      reply: compromisedSchema,
      handle: async ({ body }) => ({ body: await keys.reportByKey(body) }),
    }),
  ]
}

async function identityView(
  { keeps }: Pick<OpenAgentKeys, 'keeps'>,
  { agent, slug, dids, aliases, keys }: AgentIdentity,
): Promise<z.input<typeof identitySchema>> {
  const views = keys.map(async ({ since, until, ...key }) => ({
    ...key,
    since: timeText(since),
    ...(until === undefined ? {} : { until: timeText(until) }),
    kept: await keeps(key.key),
  }))
  return { agent, slug, dids: [...dids], aliases: [...aliases], keys: await Promise.all(views) }
}

function rotatedView({ until, ...rotated }: Rotated): z.input<typeof rotatedSchema> {
  return { ...rotated, until: timeText(until) }
}

function recoveryView(result: RecoveryResult): z.input<typeof recoverySchema> {
  return result.state === 'waiting' ? result : { ...result, retired: [...result.retired] }
}
