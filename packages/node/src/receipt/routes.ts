import { Fault } from '@ambit/core/fault'
import type { Leaf } from '@ambit/core/leaf'
import { receiptSchema } from '@ambit/core/receipt'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { Contents } from '../contents/contents.ts'
import { openLeaves } from './openings.ts'
import type { Opener } from './openings.ts'
import type { Receipts } from './receipt.ts'

export interface ReceiptRouteParts {
  readonly receipts: Receipts
  /** Slug and title of a record by the digest of one of its versions. */
  readonly targetOf: (digest: string) => { readonly slug: string; readonly title: string } | undefined
  /** The person whose decision an approval waits, or waited, for: an act that was only asked names no caller. */
  subjectOf(approval: string): Promise<string | undefined>
  readonly contents: Pick<Contents, 'read'>
  readonly opener: Opener
}

const feedMax = 200
const actParams = z.object({ id: z.string().max(64) })

const actSchema = z.object({
  act: z.string(),
  at: z.string(),
  callers: z.array(z.string()),
  target: z.object({ slug: z.string(), title: z.string() }).optional(),
  capability: z.string(),
  in: z.string(),
  decision: z.string(),
  status: z.string().optional(),
  error: z.string().optional(),
  reasons: z.array(z.object({ code: z.string(), rule: z.string() })).optional(),
  durationMs: z.number().optional(),
})

/** Acts as those may see them whose acts they are, and whoever owns or audits the node. */
export function receiptRoutes(parts: ReceiptRouteParts): readonly Route[] {
  return [feedRoute(parts), receiptRoute(parts), contentsRoute(parts)]
}

function feedRoute(parts: ReceiptRouteParts): Route {
  const { receipts, targetOf } = parts
  return route({
    method: 'GET',
    path: '/api/acts',
    summary: 'Lists recent acts, newest first: who, what, how it was decided and how it ended.',
    access: 'person',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(feedMax).default(50),
      before: z.coerce.number().int().min(0).optional(),
    }),
    reply: z.object({ acts: z.array(actSchema), next: z.number().optional() }),
    async handle({ caller, query }) {
      const feed = await receipts.feed(query.limit, query.before)
      const acts = []
      for (const { act, leaves } of feed.acts) {
        if (await maySee(parts, caller, leaves)) acts.push(actView(act, leaves, targetOf))
      }
      return { body: { acts, ...(feed.next === undefined ? {} : { next: feed.next }) } }
    },
  })
}

function receiptRoute(parts: ReceiptRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/acts/:id/receipt',
    summary:
      'Gives the receipt of an act: its leaves, their proofs and a signed checkpoint, verifiable offline.',
    access: 'person',
    params: actParams,
    reply: receiptSchema,
    async handle({ caller, params }) {
      return { body: await parts.receipts.receipt(params.id, (leaves) => maySee(parts, caller, leaves)) }
    },
  })
}

const openedSchema = z.object({
  openings: z.array(
    z.object({ index: z.number(), field: z.string(), salt: z.string(), text: z.string().optional() }),
  ),
  unopened: z.array(
    z.object({
      index: z.number(),
      field: z.string(),
      reason: z.enum(['too-large', 'not-text', 'damaged', 'expired', 'missing']),
      salt: z.string().optional(),
    }),
  ),
})

function contentsRoute(parts: ReceiptRouteParts): Route {
  return route({
    method: 'GET',
    path: '/api/acts/:id/contents',
    summary:
      'Opens what was said in your own act, as openings that its receipt can carry to prove it to others.',
    access: 'person',
    params: actParams,
    reply: openedSchema,
    async handle({ caller, params: { id } }) {
      const leaves = await parts.receipts.leaves(id, (all) => maySee(parts, caller, all))
      const seen = leaves.map(({ leaf }) => leaf)
      if (!isOwn(caller, seen))
        throw new Fault('contents.not-yours', { detail: 'it is the act of another person' })
      const end = seen.find(({ kind }) => kind === 'act.outcome' || kind === 'act.refused')
      const reading = await parts.contents.read({
        person: caller.person,
        act: id,
        // Ids begin with their time.
        from: Number.parseInt(id.slice(0, 12), 16),
        to: end && Date.parse(end.at),
      })
      const { openings, unopened } = openLeaves(leaves, reading, parts.opener)
      return { body: { openings: [...openings], unopened: [...unopened] } }
    },
  })
}

function isOwn(caller: Caller, leaves: readonly Leaf[]): boolean {
  return leaves.some((leaf) => 'callers' in leaf && leaf.callers.includes(caller.person))
}

async function maySee(parts: ReceiptRouteParts, caller: Caller, leaves: readonly Leaf[]): Promise<boolean> {
  if (caller.roles.includes('owner') || caller.roles.includes('auditor') || isOwn(caller, leaves)) return true
  const asked = leaves.find((leaf) => leaf.kind === 'approval')
  return asked !== undefined && (await parts.subjectOf(asked.approval)) === caller.person
}

function actView(
  act: string,
  leaves: readonly Leaf[],
  targetOf: ReceiptRouteParts['targetOf'],
): z.input<typeof actSchema> {
  const first = leaves.find((leaf) => leaf.kind === 'act.intent' || leaf.kind === 'act.refused')
  const outcome = leaves.find((leaf) => leaf.kind === 'act.outcome')
  const base = leaves[0]
  if (base === undefined) throw new Fault('act.unknown', { detail: 'an act without leaves' })
  const target = first?.target === undefined ? undefined : targetOf(first.target)
  return {
    act,
    at: (first ?? base).at,
    callers: first?.callers ?? [],
    ...(target === undefined ? {} : { target }),
    capability: first?.capability ?? '',
    in: first?.in ?? '',
    decision: decisionOf(leaves),
    ...(outcome === undefined ? {} : { status: outcome.status, durationMs: outcome.durationMs }),
    ...(outcome?.error === undefined ? {} : { error: outcome.error }),
    ...(first?.kind === 'act.refused' ? { reasons: first.reasons } : {}),
  }
}

function decisionOf(leaves: readonly Leaf[]): string {
  if (leaves.some((leaf) => leaf.kind === 'act.refused')) return 'refuse'
  const intent = leaves.find((leaf) => leaf.kind === 'act.intent')
  if (intent !== undefined) return intent.approval === undefined ? 'allow' : 'approved'
  return 'ask'
}
