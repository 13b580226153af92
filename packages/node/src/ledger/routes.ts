import { Fault } from '@ambit/core/fault'
import type { Shard } from '@ambit/core/log/shards'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import type { Series } from './ledger.ts'

const shardSchema = z.object({
  origin: z.string(),
  /** The keys that sign it, Ed25519 first. */
  vkeys: z.array(z.string()),
  /** Position of its first entry in the series. */
  first: z.number(),
  state: z.enum(['open', 'frozen', 'pruned', 'lost']),
  /** Absent while it is open. */
  end: z.object({ size: z.number(), root: z.string(), at: z.string() }).optional(),
})

const seriesSchema = z.object({
  name: z.string(),
  /** The signed list of the logs: served at `/log/<registry|activity>/`, checked with this key. */
  list: z.object({ origin: z.string(), vkey: z.string() }),
  shards: z.array(shardSchema),
})

export interface LogRouteParts {
  readonly registryLedger: Series
  readonly activityLedger: Series
}

/** Routes of the logs of the node: which there are, COSE receipts of their entries, and ending one by hand. */
export function logRoutes({ registryLedger, activityLedger }: LogRouteParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/logs',
      summary: 'Lists the logs of the node, one after another for each half-year, with their keys.',
      access: 'person',
      reply: z.object({ series: z.array(seriesSchema) }),
      handle: async () => ({ body: { series: [registryLedger, activityLedger].map(viewOf) } }),
    }),
    route({
      method: 'GET',
      path: '/api/logs/cose',
      summary: 'Gives the proof of one entry as a COSE receipt (RFC 9942), signed by the key of its log.',
      access: 'person',
      query: z.strictObject({
        origin: z.string().min(1).max(300),
        index: z.coerce.number().int().min(0),
      }),
      /** Base64. */
      reply: z.strictObject({ origin: z.string(), index: z.number(), receipt: z.string() }),
      async handle({ query: { origin, index } }) {
        const all = [registryLedger, activityLedger]
        const series = all.find(({ list }) => list.shards.some((shard) => shard.origin === origin))
        const shard = series?.list.shards.find((each) => each.origin === origin)
        if (series === undefined || shard === undefined || index >= (shard.end?.size ?? Infinity)) {
          throw new Fault('input.not-found', { detail: 'this node has no such entry', where: 'origin' })
        }
        const receipt = await series.cose(shard.first + index)
        return { body: { origin, index, receipt: Buffer.from(receipt).toString('base64') } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/logs/:series/rotate',
      summary:
        'Ends a log, destroys its key and begins the next with a new one; the reason is written into it.',
      access: ['owner'],
      nodeOnly: true,
      params: z.strictObject({ series: z.string().min(1).max(100) }),
      body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
      reply: shardSchema,
      async handle({ params, body }) {
        const series = [registryLedger, activityLedger].find(({ name }) => name.endsWith(`/${params.series}`))
        if (series === undefined) {
          throw new Fault('input.not-found', {
            detail: 'a node has the logs `registry` and `activity`',
            where: 'series',
          })
        }
        return { body: shardView(await series.rotate(body.reason)) }
      },
    }),
  ]
}

function viewOf({ name, list }: Series): z.input<typeof seriesSchema> {
  return { name, list: { origin: list.origin, vkey: list.vkey }, shards: list.shards.map(shardView) }
}

function shardView({ origin, vkeys, first, state, end }: Shard): z.input<typeof shardSchema> {
  return {
    origin,
    vkeys: [...vkeys],
    first,
    state,
    ...(end === undefined ? {} : { end: { ...end, root: Buffer.from(end.root).toString('base64') } }),
  }
}
