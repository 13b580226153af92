import { Fault } from '@ambit/core/fault'
import { effectSchema, reversibilitySchema, timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { digestOf, readFeed } from './feed.ts'
import type { FeedEntry } from './feed.ts'
import type { OutboxParts } from './outbox.ts'
import { undo, undoTrace } from './undo.ts'

const actId = z.string().regex(/^[0-9a-f]{32}$/)
const languages = z.strictObject({ en: z.string(), zh: z.string() })

const feedEntrySchema = z.strictObject({
  act: z.string(),
  at: timeSchema,
  ended: timeSchema.optional(),
  trace: z.string(),
  agent: z.strictObject({ id: z.string(), title: z.string().optional() }),
  tool: z.strictObject({ slug: z.string(), title: z.string(), capability: z.string() }),
  effect: effectSchema,
  reversibility: reversibilitySchema,
  decision: z.enum(['alone', 'held', 'approved', 'standing', 'observed', 'undo']),
  approval: z.string().optional(),
  decidedBy: z.string().optional(),
  state: z.enum([
    'asked',
    'held',
    'open',
    'done',
    'failed',
    'cancelled',
    'unknown',
    'not-observed',
    'refused',
    'denied',
    'expired',
    'void',
  ]),
  reason: z.string().optional(),
  sentence: languages,
  undo: z.strictObject({
    state: z.enum(['can', 'veto', 'undoing', 'undone', 'cannot']),
    until: timeSchema.optional(),
    by: z.string().optional(),
  }),
  undoes: z.string().optional(),
  new: z.boolean(),
})

const undoneSchema = z.strictObject({
  act: z.string(),
  state: z.enum(['undone', 'vetoed']),
  by: z.string().optional(),
})

const daySchema = z.strictObject({
  day: z.string(),
  done: z.int(),
  undone: z.int(),
  failed: z.int(),
  refused: z.int(),
  declined: z.int(),
  waiting: z.int(),
  reads: z.int(),
})

/** What was done in the caller's name, and undoing it. */
export function outboxRoutes(parts: OutboxParts): readonly Route[] {
  return [feedRoute(parts), digestRoute(parts), seenRoute(parts), undoRoute(parts), undoTraceRoute(parts)]
}

function feedRoute(parts: OutboxParts): Route {
  return route({
    method: 'GET',
    path: '/api/feed',
    summary: 'Tells in plain words what was done in your name, newest first, and what of it can be undone.',
    access: 'person',
    query: z.strictObject({
      cursor: actId.optional(),
      limit: z.coerce.number().int().min(1).max(limits.pageRowsMax).default(50),
      /** AIC or did:key. */
      agent: z.string().max(200).optional(),
      effect: effectSchema.optional(),
      from: timeSchema.optional(),
      to: timeSchema.optional(),
      /** Only what came since the reader last looked. */
      new: z.literal('1').optional(),
    }),
    reply: z.strictObject({
      entries: z.array(feedEntrySchema),
      next: z.string().optional(),
      /** False while the node still reads its log: something recent may be missing. */
      current: z.boolean(),
    }),
    async handle({ caller: { person, organization }, query }) {
      const current = await parts.journal.current()
      const seen = query.new === undefined ? undefined : await parts.store.seen(organization, person)
      const entries = await readFeed(parts, {
        organization,
        person,
        limit: query.limit,
        ...(query.agent === undefined ? {} : { agent: query.agent }),
        ...(query.effect === undefined ? {} : { effect: query.effect }),
        ...(query.from === undefined ? {} : { from: Date.parse(query.from) }),
        ...(query.to === undefined ? {} : { to: Date.parse(query.to) }),
        ...(seen === undefined ? {} : { after: seen }),
        ...(query.cursor === undefined ? {} : { before: query.cursor }),
      })
      const next = entries.length === query.limit ? entries.at(-1)?.row.act : undefined
      return {
        body: {
          entries: entries.map(entryView),
          current,
          ...(next === undefined ? {} : { next }),
        },
      }
    },
  })
}

function entryView({ row, sentence, agent, tool, undo: option, isNew }: FeedEntry) {
  return {
    act: row.act,
    at: timeText(row.at),
    ...(row.ended === null ? {} : { ended: timeText(row.ended) }),
    trace: row.trace,
    agent,
    tool,
    effect: row.effect,
    reversibility: row.reversibility,
    decision: row.decision,
    ...(row.approval === null ? {} : { approval: row.approval }),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    state: row.state,
    ...(row.reason === null ? {} : { reason: row.reason }),
    sentence,
    undo: {
      state: option.state,
      ...(option.until === undefined ? {} : { until: timeText(option.until) }),
      ...(row.undone_by === null ? {} : { by: row.undone_by }),
    },
    ...(row.undoes === null ? {} : { undoes: row.undoes }),
    new: isNew,
  }
}

const daysMax = 92

function digestRoute({ journal, store, clock }: OutboxParts): Route {
  return route({
    method: 'GET',
    path: '/api/feed/digest',
    summary: 'Counts what was done in your name on each of the last days (UTC).',
    access: 'person',
    query: z.strictObject({ days: z.coerce.number().int().min(1).max(daysMax).default(7) }),
    reply: z.strictObject({ days: z.array(daySchema) }),
    async handle({ caller: { person, organization }, query: { days } }) {
      await journal.current()
      const now = clock.now()
      const from = Math.floor(now / dayMs) - days + 1
      const counts = await store.days(organization, person, from)
      const reads = await store.reads(organization, person, from)
      return { body: { days: [...digestOf(counts, reads, now, days)] } }
    },
  })
}

const dayMs = 86_400_000

function seenRoute({ store }: OutboxParts): Route {
  return route({
    method: 'POST',
    path: '/api/feed/seen',
    summary: 'Notes that you have seen your feed up to this act; what comes later is new.',
    access: 'person',
    body: z.strictObject({ act: actId }),
    reply: z.strictObject({ act: z.string() }),
    async handle({ caller: { person, organization }, body: { act } }) {
      const row = await store.find(act)
      if (row === undefined || row.organization !== organization || row.person !== person)
        throw new Fault('act.unknown', { detail: 'nothing of that id stands in your feed', where: 'act' })
      await store.setSeen(organization, person, act)
      return { body: { act } }
    },
  })
}

function undoRoute(parts: OutboxParts): Route {
  return route({
    method: 'POST',
    path: '/api/acts/:id/undo',
    summary:
      'Undoes an act that was done in your name: vetoes it while it is held, else performs what its record declares as its inverse.',
    access: 'person',
    params: z.strictObject({ id: actId }),
    reply: undoneSchema,
    handle: async ({ caller, params }) => ({ body: await undo(parts, caller, params.id) }),
  })
}

function undoTraceRoute(parts: OutboxParts): Route {
  return route({
    method: 'POST',
    path: '/api/traces/:trace/undo',
    summary:
      'Undoes all that one task did in your name, the newest first, and stops at what cannot be undone.',
    access: 'person',
    params: z.strictObject({ trace: actId }),
    reply: z.strictObject({
      undone: z.array(undoneSchema),
      failed: z
        .strictObject({ act: z.string(), code: z.string(), title: z.string(), detail: z.string() })
        .optional(),
    }),
    async handle({ caller, params }) {
      const { undone, failed } = await undoTrace(parts, caller, params.trace)
      if (failed === undefined) return { body: { undone: [...undone] } }
      const { code, title, detail } = failed.fault
      return { body: { undone: [...undone], failed: { act: failed.act, code, title, detail } } }
    },
  })
}
