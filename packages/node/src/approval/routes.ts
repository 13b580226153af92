import { digestSchema } from '@ambit/core/record'
import { z } from 'zod'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import type { ApprovalRow } from './approval-store.ts'
import { approvalCardSchema, cardView, current, noteOpened, shown, stateSchema } from './card-view.ts'
import type { ApprovalCard } from './card-view.ts'
import { challengeSchema, passkeySchema, rememberSchema } from './consent-schema.ts'
import { approve, challengeOf, deny, mayRead } from './decision.ts'
import { edit } from './edit.ts'
import { editForm } from './edit-form.ts'
import { unknownApproval } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import { planRoutes } from './plan-routes.ts'
import { standingRoutes } from './standing-routes.ts'
import { togetherRoutes } from './together-routes.ts'

export type { ApprovalCard } from './card-view.ts'

const idParams = z.strictObject({ id: z.string().min(1).max(100) })
/** The routes of `/api/approvals`, `/api/plans` and `/api/standing-approvals`. */
export function approvalRoutes(parts: ApprovalParts): Route[] {
  return [
    ...readRoutes(parts),
    ...decideRoutes(parts),
    ...editRoutes(parts),
    ...togetherRoutes(parts),
    ...planRoutes(parts),
    ...standingRoutes(parts),
  ]
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
        const approvals = await cards(
          parts,
          caller,
          rows.filter((row) => mayRead(caller, row)),
          query.state,
        )
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
        await noteOpened(parts, caller, row)
        return { body: await shown(parts, await current(parts, row), caller) }
      },
    }),
  ]
}

async function cards(
  parts: ApprovalParts,
  caller: Caller,
  rows: readonly ApprovalRow[],
  state: ApprovalRow['state'] | undefined,
): Promise<ApprovalCard[]> {
  const all: ApprovalCard[] = []
  for (const row of rows) {
    const now = await current(parts, row)
    const card = await cardView(parts, now, caller)
    // One that ran out while it was read is no longer of the state asked for.
    if (card !== undefined && (state === undefined || now.state === state)) all.push(card)
  }
  return all
}

function decideRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/approvals/:id/challenge',
      summary: 'What a passkey must sign to approve exactly the card with this digest.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z.strictObject({ digest: digestSchema, remember: rememberSchema.optional() }),
      reply: challengeSchema,
      handle: async ({ caller, params, body, origin }) => ({
        body: await challengeOf(parts, caller, params.id, { ...body, origin }),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/approvals/:id/approve',
      summary:
        'Approves exactly what the card with this digest shows; it is then performed, once. With `remember`, later calls within it too.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z.strictObject({
        digest: digestSchema,
        passkey: passkeySchema.optional(),
        remember: rememberSchema.optional(),
      }),
      reply: approvalCardSchema,
      handle: async ({ caller, params, body, origin }) => ({
        body: await shown(parts, await approve(parts, caller, params.id, { ...body, origin }), caller),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/approvals/:id/deny',
      summary: 'Refuses the act; with `stop`, stops the agent or everything under its mandate as well.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z
        .strictObject({
          note: z.string().max(2000).optional(),
          stop: z.enum(['agent', 'mandate']).optional(),
        })
        .default({}),
      reply: approvalCardSchema,
      handle: async ({ caller, params, body }) => ({
        body: await shown(parts, await deny(parts, caller, params.id, body), caller),
      }),
    }),
  ]
}

function editRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/approvals/:id/form',
      summary: 'The values that you may change, whole, with the schema of their target.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      reply: z.strictObject({
        digest: digestSchema,
        values: z.record(z.string(), z.unknown()),
        secrets: z.array(z.string()),
        schema: z.record(z.string(), z.unknown()).optional(),
      }),
      handle: async ({ caller, params }) => {
        const { secrets, ...form } = await editForm(parts, caller, params.id)
        return { body: { ...form, secrets: [...secrets] } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/approvals/:id/edit',
      summary: 'Puts your values in place of the agent’s: gives the new card, which you can then approve.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z.strictObject({ digest: digestSchema, values: z.record(z.string().max(1000), z.unknown()) }),
      reply: approvalCardSchema,
      handle: async ({ caller, params, body }) => ({
        body: await shown(parts, await edit(parts, caller, params.id, body), caller),
      }),
    }),
  ]
}

function seesAll(caller: Caller): boolean {
  return caller.roles.some((role) => role === 'owner' || role === 'approver' || role === 'auditor')
}
