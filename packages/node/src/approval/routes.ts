import { digestSchema, roleSchema, timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { isOverdue, unknownApproval } from './approval.ts'
import type { ApprovalParts } from './approval.ts'
import type { ApprovalRow } from './approval-store.ts'
import { approve, deny, mayRead } from './decision.ts'

const stateSchema = z.enum(['pending', 'approved', 'performing', 'done', 'denied', 'expired', 'void'])
const languages = z.strictObject({ en: z.string(), zh: z.string() })

export const approvalCardSchema = z.strictObject({
  id: z.string(),
  act: z.string(),
  nonce: z.string(),
  state: stateSchema,
  digest: digestSchema,
  asked: timeSchema,
  expires: timeSchema,
  agent: z.strictObject({ title: z.string(), id: z.string() }),
  tool: z.strictObject({
    title: z.string(),
    target: z.string(),
    effect: z.string(),
    reversibility: z.int(),
  }),
  sentence: languages,
  arguments: z.array(z.strictObject({ name: z.string(), role: roleSchema, text: z.string() })),
  hidden: z.int(),
  reasons: z.array(z.strictObject({ code: z.string(), rule: z.string(), what: languages })),
  mandate: z.strictObject({ id: z.string(), purpose: z.string() }),
  action: z.string(),
  decidedBy: z.string().optional(),
  decidedAt: timeSchema.optional(),
})
export type ApprovalCard = z.infer<typeof approvalCardSchema>

const idParams = z.strictObject({ id: z.string().min(1).max(100) })

/** The routes of `/api/approvals`. */
export function approvalRoutes(parts: ApprovalParts): Route[] {
  return [...readRoutes(parts), ...decideRoutes(parts)]
}

function readRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/approvals',
      summary:
        'Acts that wait, or waited, for you; those of the whole organisation for owners, approvers and auditors.',
      access: 'person',
      query: z.strictObject({
        state: stateSchema.optional(),
        cursor: z.string().max(100).optional(),
        limit: z.coerce.number().int().min(1).max(limits.pageRowsMax).default(50),
      }),
      reply: z.strictObject({ approvals: z.array(approvalCardSchema), next: z.string().optional() }),
      handle: async ({ caller, query }) => {
        const rows = await parts.store.list({
          organization: caller.organization,
          limit: query.limit,
          ...(seesAll(caller) ? {} : { subject: caller.person }),
          ...(query.state === undefined ? {} : { state: query.state }),
          ...(query.cursor === undefined ? {} : { before: query.cursor }),
        })
        const approvals: ApprovalCard[] = []
        for (const row of rows) {
          const now = await current(parts, row)
          const card = await cardView(parts, now)
          // One that ran out while it was read is no longer of the state asked for.
          if (card !== undefined && (query.state === undefined || now.state === query.state))
            approvals.push(card)
        }
        const next = rows.length === query.limit ? rows.at(-1)?.id : undefined
        return { body: { approvals, ...(next === undefined ? {} : { next }) } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/approvals/:id',
      summary: 'The card of one act that waits, or waited, for a person.',
      access: 'person',
      params: idParams,
      reply: approvalCardSchema,
      handle: async ({ caller, params }) => {
        const row = await parts.store.find(params.id)
        if (row === undefined || !mayRead(caller, row)) throw unknownApproval()
        return { body: await shown(parts, await current(parts, row)) }
      },
    }),
  ]
}

function decideRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/approvals/:id/approve',
      summary: 'Approves exactly what the card with this digest shows; it is then performed, once.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z.strictObject({ digest: digestSchema }),
      reply: approvalCardSchema,
      handle: async ({ caller, params, body }) => ({
        body: await shown(parts, await approve(parts, caller, params.id, body.digest)),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/approvals/:id/deny',
      summary: 'Refuses the act.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z.strictObject({ note: z.string().max(2000).optional() }).default({}),
      reply: approvalCardSchema,
      handle: async ({ caller, params, body }) => ({
        body: await shown(parts, await deny(parts, caller, params.id, body.note)),
      }),
    }),
  ]
}

function seesAll(caller: Caller): boolean {
  return caller.roles.some((role) => role === 'owner' || role === 'approver' || role === 'auditor')
}

async function current(parts: ApprovalParts, row: ApprovalRow): Promise<ApprovalRow> {
  return isOverdue(row, parts.clock.now()) ? await parts.expire(row) : row
}

async function shown(parts: ApprovalParts, row: ApprovalRow): Promise<ApprovalCard> {
  const card = await cardView(parts, row)
  if (card === undefined) throw unknownApproval()
  return card
}

/** Undefined once its contents were taken away. */
async function cardView(parts: ApprovalParts, row: ApprovalRow): Promise<ApprovalCard | undefined> {
  const card = await parts.safe.card(row.id)
  if (card === undefined) return undefined
  return {
    ...card,
    arguments: [...card.arguments],
    reasons: [...card.reasons],
    state: row.state,
    digest: row.card,
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_at === null ? {} : { decidedAt: timeText(row.decided_at) }),
  }
}
