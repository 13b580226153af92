import { digestSchema, timeSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { approvalCardSchema, cardView, current } from './card-view.ts'
import type { ApprovalCard } from './card-view.ts'
import { longText } from './card-arguments.ts'
import { mayDecide } from './decision.ts'
import { unknownApproval } from './parts.ts'
import type { ApprovalParts } from './parts.ts'
import { approvePlan, currentPlan, denyPlan, planChallenge, planStepsMax } from './plan.ts'
import type { PlanRow } from './plan-store.ts'
import { challengeSchema, passkeySchema } from './consent-schema.ts'

const planStateSchema = z.enum(['pending', 'approved', 'denied', 'expired'])
const idParams = z.strictObject({ id: z.string().min(1).max(100) })
const struck = z.array(z.string().min(1).max(100)).max(planStepsMax).default([])

const planSchema = z.strictObject({
  id: z.string(),
  state: planStateSchema,
  digest: digestSchema,
  asked: timeSchema,
  expires: timeSchema,
  subject: z.string(),
  agent: z.strictObject({ title: z.string(), id: z.string() }),
  /** What the agent says it is for: its own words, in which nothing is hidden. */
  words: z.string(),
  steps: z.array(approvalCardSchema),
  /** Where its acts go: each place once, with the steps that go there. */
  sinks: z.array(z.strictObject({ name: z.string(), text: z.string(), steps: z.array(z.string()) })),
  decidedBy: z.string().optional(),
  decidedAt: timeSchema.optional(),
})
type PlanView = z.infer<typeof planSchema>

/** Lists of acts that an agent wants to do. */
export function planRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/plans',
      summary: 'Lists of acts that wait, or waited, for you.',
      access: 'person',
      query: z.strictObject({
        state: planStateSchema.optional(),
        cursor: z.string().max(100).optional(),
      }),
      reply: z.strictObject({ plans: z.array(planSchema) }),
      handle: async ({ caller, query: { state, cursor } }) => {
        const rows = await parts.plans.list({
          organization: caller.organization,
          ...(seesAll(caller) ? {} : { subject: caller.person }),
          ...(state === undefined ? {} : { state }),
          ...(cursor === undefined ? {} : { before: cursor }),
        })
        const plans: PlanView[] = []
        for (const row of rows) {
          const view = await planView(parts, caller, await currentPlan(parts, row))
          if (view !== undefined && (state === undefined || view.state === state)) plans.push(view)
        }
        return { body: { plans } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/plans/:id',
      summary: 'One list of acts, with the card of each step.',
      access: 'person',
      params: idParams,
      reply: planSchema,
      handle: async ({ caller, params }) => ({ body: await readable(parts, caller, params.id) }),
    }),
    ...decideRoutes(parts),
  ]
}

function decideRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/plans/:id/challenge',
      summary: 'What a passkey must sign to approve this list.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z.strictObject({ digest: digestSchema, struck }),
      reply: challengeSchema,
      handle: async ({ caller, params, body, origin }) => ({
        body: await planChallenge(parts, caller, params.id, { ...body, origin }),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/plans/:id/approve',
      summary:
        'Approves the list but for the steps that are struck; each is used when its agent makes that call.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      body: z.strictObject({ digest: digestSchema, struck, passkey: passkeySchema.optional() }),
      reply: planSchema,
      handle: async ({ caller, params, body, origin }) => {
        await approvePlan(parts, caller, params.id, { ...body, origin })
        return { body: await readable(parts, caller, params.id) }
      },
    }),
    route({
      method: 'POST',
      path: '/api/plans/:id/deny',
      summary: 'Refuses every step of the list.',
      access: 'person',
      sessionOnly: true,
      params: idParams,
      reply: planSchema,
      handle: async ({ caller, params }) => {
        await denyPlan(parts, caller, params.id)
        return { body: await readable(parts, caller, params.id) }
      },
    }),
  ]
}

async function readable(parts: ApprovalParts, caller: Caller, id: string): Promise<PlanView> {
  const row = await parts.plans.find(id)
  const may =
    row?.organization === caller.organization && (mayDecide(caller, row) || caller.roles.includes('auditor'))
  const view =
    row === undefined || !may ? undefined : await planView(parts, caller, await currentPlan(parts, row))
  if (view === undefined) throw unknownApproval()
  return view
}

/** Undefined once its contents were taken away. */
async function planView(parts: ApprovalParts, caller: Caller, row: PlanRow): Promise<PlanView | undefined> {
  if (row.words === null) return undefined
  const steps: ApprovalCard[] = []
  for (const step of await parts.store.stepsOf(row.id)) {
    const card = await cardView(parts, await current(parts, step), caller)
    if (card !== undefined) steps.push(card)
  }
  const agent = steps[0]?.agent
  if (agent === undefined) return undefined
  const words = parts.keyring.open('approval.plan', row.id, row.words).toString('utf8')
  return {
    id: row.id,
    state: row.state,
    digest: row.digest,
    asked: timeText(row.asked),
    expires: timeText(row.expires),
    subject: row.subject,
    agent,
    words: longText(words),
    steps,
    sinks: sinksOf(steps),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_at === null ? {} : { decidedAt: timeText(row.decided_at) }),
  }
}

function sinksOf(steps: readonly ApprovalCard[]): PlanView['sinks'] {
  const sinks = new Map<string, PlanView['sinks'][number]>()
  for (const step of steps) {
    for (const { name, text, role } of step.arguments) {
      if (role !== 'sink') continue
      const key = JSON.stringify([name, text])
      const known = sinks.get(key)
      if (known === undefined) sinks.set(key, { name, text, steps: [step.id] })
      else known.steps.push(step.id)
    }
  }
  return [...sinks.values()]
}

function seesAll(caller: Caller): boolean {
  return caller.roles.some((role) => role === 'owner' || role === 'approver' || role === 'auditor')
}
