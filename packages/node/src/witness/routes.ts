import { shardListSuffix } from '@ambit/core/log/shards'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { Witness, WitnessedLog } from './witness.ts'

/** A key of ML-DSA-44 has 1,751 characters and its name. */
const vkeyCharactersMax = 4000
const originCharactersMax = 300

const logSchema = z.object({
  origin: z.string(),
  /** `series`: the signed list of a node's logs, each of which is taken when its node names it. */
  kind: z.enum(['log', 'series']),
  vkeys: z.array(z.string()),
  url: z.string().optional(),
  added: z.string(),
  /** Entries of the log that was cosigned last; version of a list. */
  size: z.number(),
  cosigned: z.string().optional(),
})

/** Of which logs this node is a witness. Operators decide that; `GET` also shows what others need to ask for it. */
export function witnessRoutes(witness: Witness): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/witness',
      summary:
        'Shows the name and keys of this node as a witness, and the logs whose checkpoints it cosigns.',
      access: ['operator'],
      nodeOnly: true,
      reply: z.object({
        name: z.string(),
        vkeys: z.array(z.string()),
        url: z.string(),
        logs: z.array(logSchema),
      }),
      async handle({ caller, origin }) {
        const logs = await witness.logs(caller.organization)
        const { name, vkeys } = witness
        return { body: { name, vkeys: [...vkeys], url: `${origin}/witness`, logs: logs.map(logView) } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/witness/logs',
      summary:
        'Makes this node a witness of a log, by its key, or of all logs of a node, by the key of their list; a second key of a log is added to the first.',
      access: ['operator'],
      nodeOnly: true,
      body: z.strictObject({
        vkey: z.string().min(1).max(vkeyCharactersMax),
        url: z
          .url({ protocol: /^https?$/ })
          .max(2000)
          .optional(),
      }),
      reply: logSchema,
      status: 201,
      handle: async ({ caller, body }) => ({ body: logView(await witness.add(caller, body.vkey, body.url)) }),
    }),
    route({
      method: 'DELETE',
      path: '/api/witness/logs',
      summary: 'Ends being a witness of a log; what was cosigned of it is kept, in case it comes back.',
      access: ['operator'],
      nodeOnly: true,
      query: z.strictObject({ origin: z.string().min(1).max(originCharactersMax) }),
      reply: z.undefined(),
      status: 204,
      async handle({ caller, query }) {
        await witness.remove(caller, query.origin)
        return { body: undefined }
      },
    }),
  ]
}

function logView(log: WitnessedLog): z.input<typeof logSchema> {
  const { origin, vkeys, url, addedAt, head } = log
  return {
    origin,
    kind: origin.endsWith(shardListSuffix) ? 'series' : 'log',
    vkeys: [...vkeys],
    ...(url === undefined ? {} : { url }),
    added: timeText(addedAt),
    size: head.size,
    ...(head.time === 0 ? {} : { cosigned: timeText(head.time * 1000) }),
  }
}
