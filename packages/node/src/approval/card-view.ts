import { obligationSchema } from '@ambit/core/decision'
import { digestSchema, roleSchema, timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import type { Caller } from '../kernel/route.ts'
import type { ApprovalRow } from './approval-store.ts'
import { mayDecide } from './decision.ts'
import { isOverdue, unknownApproval } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import type { KeptOutcome } from './safe.ts'

export const stateSchema = z.enum([
  'pending',
  'planned',
  'held',
  'approved',
  'performing',
  'done',
  'denied',
  'expired',
  'void',
])
const languages = z.strictObject({ en: z.string(), zh: z.string() })
const named = z.strictObject({ title: z.string(), id: z.string() })

export const approvalCardSchema = z.strictObject({
  id: z.string(),
  act: z.string(),
  nonce: z.string(),
  state: stateSchema,
  digest: digestSchema,
  asked: timeSchema,
  expires: timeSchema,
  /** Of an act in the outbox: when it is done unless it is denied before. */
  due: timeSchema.optional(),
  mode: z.enum(['act', 'draft', 'step']).default('act'),
  agent: named,
  chain: z.array(named).default([]),
  tool: z.strictObject({
    title: z.string(),
    target: z.string(),
    effect: z.string(),
    reversibility: z.int(),
  }),
  sentence: languages,
  elsewhere: z.string().optional(),
  arguments: z.array(
    z.strictObject({
      name: z.string(),
      role: roleSchema,
      text: z.string(),
      before: z.strictObject({ times: z.int(), last: timeSchema.optional() }).optional(),
      changed: z.literal(true).optional(),
    }),
  ),
  hidden: z.int(),
  amount: z
    .strictObject({ currency: z.string().optional(), text: z.string().optional(), unknown: z.boolean() })
    .optional(),
  leaves: z
    .strictObject({ classes: z.array(z.string()), bytes: z.int(), contents: z.array(z.string()) })
    .optional(),
  undo: z.strictObject({ windowMs: z.int().optional(), inverse: z.string().optional() }).default({}),
  reasons: z.array(
    z.strictObject({ code: z.string(), rule: z.string(), what: languages, evidence: z.string().optional() }),
  ),
  obligations: z.array(obligationSchema).default([]),
  alternatives: z
    .array(z.enum(['approve', 'edit', 'narrow', 'deny', 'deny-and-stop']))
    .default(['approve', 'deny']),
  narrow: z
    .strictObject({ same: z.array(z.string()), atMost: z.array(z.string()), free: z.array(z.string()) })
    .optional(),
  mandate: z.strictObject({ id: z.string(), purpose: z.string() }),
  action: z.string(),
  sections: z
    .array(
      z.strictObject({
        topic: z.enum(['who', 'what', 'to', 'amount', 'data', 'undo', 'why']),
        lines: z.array(languages),
      }),
    )
    .default([]),
  /** The list that it is a step of. */
  plan: z.string().optional(),
  /** The first of two people. */
  agreedBy: z.string().optional(),
  decidedBy: z.string().optional(),
  decidedAt: timeSchema.optional(),
  /** How it ended, once performed; what the target said is in the receipt. */
  outcome: z
    .strictObject({
      status: z.enum(['completed', 'failed', 'cancelled', 'unknown', 'not-observed']),
      code: z.string().optional(),
    })
    .optional(),
})
export type ApprovalCard = z.infer<typeof approvalCardSchema>

/** The row as the clock has it. */
export async function current(parts: ApprovalParts, row: ApprovalRow): Promise<ApprovalRow> {
  return isOverdue(row, parts.clock.now()) ? await parts.expire(row) : row
}

export async function shown(parts: ApprovalParts, row: ApprovalRow, caller: Caller): Promise<ApprovalCard> {
  const card = await cardView(parts, row, caller)
  if (card === undefined) throw unknownApproval()
  return card
}

/** As the reader may answer it. Undefined once its contents were taken away. */
export async function cardView(
  parts: ApprovalParts,
  row: ApprovalRow,
  reader: Caller,
): Promise<ApprovalCard | undefined> {
  const card = await parts.safe.card(row.id)
  if (card === undefined) return undefined
  const outcome = row.state === 'done' || row.state === 'void' ? await parts.safe.outcome(row.id) : undefined
  const view = approvalCardSchema.parse({
    ...card,
    ...(outcome === undefined ? {} : { outcome: outcomeView(outcome) }),
    state: row.state,
    digest: row.card,
    ...(row.due === null ? {} : { due: timeText(row.due) }),
    ...(row.plan === null ? {} : { plan: row.plan }),
    ...(row.agreed_by === null ? {} : { agreedBy: row.agreed_by }),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_at === null ? {} : { decidedAt: timeText(row.decided_at) }),
  })
  return reader.person === row.subject ? view : withoutOwnWays(view)
}

/** What only the person whose act it is may answer (`assertOwn`) is not offered to others. */
function withoutOwnWays(card: ApprovalCard): ApprovalCard {
  const { narrow, ...rest } = card
  const alternatives = card.alternatives.filter((way) => way !== 'edit' && way !== 'narrow')
  return narrow === undefined && alternatives.length === card.alternatives.length
    ? card
    : { ...rest, alternatives }
}

function outcomeView({ status, error }: KeptOutcome): NonNullable<ApprovalCard['outcome']> {
  return { status, ...(error === undefined ? {} : { code: error.code }) }
}

/**
 * Notes that a person who may decide opened the card, in a session. A list is not read by having been fetched, and a
 * program is no reader.
 */
export async function noteOpened(parts: ApprovalParts, caller: Caller, row: ApprovalRow): Promise<void> {
  if (caller.by !== 'session' || row.state !== 'pending' || row.opened !== null) return
  if (mayDecide(caller, row)) await parts.store.open(row.id, parts.clock.now())
}
