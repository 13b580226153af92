import { digestSchema, timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { limits } from '../kernel/limits.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { nameText, valueText } from './card-arguments.ts'
import { mayDecide } from './decision.ts'
import { unknownApproval } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import type { Pattern } from './pattern.ts'
import type { StandingRow } from './standing-store.ts'

const standingSchema = z.strictObject({
  id: z.string(),
  subject: z.string(),
  mandate: z.string(),
  target: z.string(),
  capability: z.string(),
  /** Arguments that must be the same; a value that may be secret is not shown. */
  same: z.array(z.strictObject({ name: z.string(), text: z.string() })),
  atMost: z.array(z.strictObject({ name: z.string(), value: z.number() })),
  free: z.array(z.string()),
  card: digestSchema,
  givenBy: z.string(),
  givenAt: timeSchema,
  expires: timeSchema,
})
type StandingView = z.infer<typeof standingSchema>

/** What a person approved for later calls too. */
export function standingRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/standing-approvals',
      summary:
        'What you approved for later calls too; that of the whole organisation for owners, approvers and auditors.',
      access: 'person',
      query: z.strictObject({ cursor: z.string().max(100).optional() }),
      reply: z.strictObject({ standing: z.array(standingSchema), next: z.string().optional() }),
      handle: async ({ caller, query }) => {
        const subject = seesAll(caller) ? undefined : caller.person
        const rows = await parts.standings.list(caller.organization, subject, query.cursor ?? '')
        const standing = rows.map((row) => viewOf(parts, row)).filter((view) => view !== undefined)
        const next = rows.length === limits.pageRowsMax ? rows.at(-1)?.id : undefined
        return { body: { standing, ...(next === undefined ? {} : { next }) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/standing-approvals/:id',
      summary: 'Ends a standing approval: from now on it is asked again.',
      access: 'person',
      params: z.strictObject({ id: z.string().min(1).max(100) }),
      reply: z.strictObject({ id: z.string() }),
      handle: async ({ caller, params }) => {
        const row = await parts.standings.find(params.id)
        if (row === undefined || !mayDecide(caller, row)) throw unknownApproval()
        await parts.standings.end(row, caller.person)
        return { body: { id: row.id } }
      },
    }),
  ]
}

function viewOf(parts: ApprovalParts, row: StandingRow): StandingView | undefined {
  const pattern = parts.standings.patternOf(row)
  if (pattern === undefined) return undefined
  return {
    id: row.id,
    subject: row.subject,
    mandate: pattern.links.at(-1) ?? '',
    target: pattern.slug,
    capability: nameText(pattern.capability),
    same: sameOf(pattern),
    atMost: Object.entries(pattern.atMost).map(([name, value]) => ({ name: nameText(name), value })),
    free: pattern.free.map(nameText),
    card: row.card,
    givenBy: row.given_by,
    givenAt: timeText(row.given_at),
    expires: timeText(row.expires),
  }
}

function sameOf({ fixed, secrets }: Pattern): StandingView['same'] {
  return Object.entries(fixed).map(([name, text]) => ({
    name: nameText(name),
    text: secrets.includes(name) ? '••••' : valueText(JSON.parse(text)),
  }))
}

function seesAll(caller: Caller): boolean {
  return caller.roles.some((role) => role === 'owner' || role === 'approver' || role === 'auditor')
}
