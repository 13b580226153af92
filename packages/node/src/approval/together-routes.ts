import { digestSchema } from '@ambit/core/record'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Caller, Route } from '../kernel/route.ts'
import { approvalCardSchema, cardView } from './card-view.ts'
import type { ApprovalCard } from './card-view.ts'
import { isTired } from './fatigue.ts'
import type { ApprovalParts } from './parts.ts'
import { planStepsMax } from './plan.ts'
import { challengeSchema, passkeySchema } from './consent-schema.ts'
import { approveTogether, groups, togetherChallenge } from './together.ts'
import type { Group } from './together.ts'

const id = z.string().min(1).max(100)
const listSchema = {
  approve: z
    .array(z.strictObject({ id, digest: digestSchema }))
    .min(1)
    .max(planStepsMax),
  deny: z.array(id).max(planStepsMax).default([]),
}

/** What one agent wants, as one list. */
export function togetherRoutes(parts: ApprovalParts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/approvals/together',
      summary:
        'What waits for you, as one list for each agent and mandate; `rest`: single approvals rest for now.',
      access: 'person',
      reply: z.strictObject({
        rest: z.boolean(),
        lists: z.array(
          z.strictObject({
            mandate: z.string(),
            subject: z.string(),
            agent: z.strictObject({ title: z.string(), id: z.string() }),
            approvals: z.array(approvalCardSchema),
          }),
        ),
      }),
      handle: async ({ caller }) => {
        const lists = []
        for (const group of await groups(parts, caller)) {
          const cards = await cardsOf(parts, caller, group)
          const agent = cards[0]?.agent
          const { mandate, subject } = group
          if (agent !== undefined) lists.push({ mandate, subject, agent, approvals: cards })
        }
        return { body: { rest: await isTired(parts, caller.person), lists } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/approvals/together/challenge',
      summary: 'What a passkey must sign to approve these cards together.',
      access: 'person',
      sessionOnly: true,
      body: z.strictObject(listSchema),
      reply: challengeSchema,
      handle: async ({ caller, body, origin }) => ({
        body: await togetherChallenge(parts, caller, { ...body, origin }),
      }),
    }),
    route({
      method: 'POST',
      path: '/api/approvals/together',
      summary:
        'Approves several acts of one agent under one mandate with one signature over all their cards.',
      access: 'person',
      sessionOnly: true,
      body: z.strictObject({ ...listSchema, passkey: passkeySchema.optional() }),
      reply: z.strictObject({
        approved: z.array(z.string()),
        failed: z.array(z.strictObject({ id: z.string(), code: z.string() })),
      }),
      handle: async ({ caller, body, origin }) => {
        const { approved, failed } = await approveTogether(parts, caller, { ...body, origin })
        return { body: { approved: [...approved], failed: [...failed] } }
      },
    }),
  ]
}

async function cardsOf(parts: ApprovalParts, caller: Caller, { rows }: Group): Promise<ApprovalCard[]> {
  const cards: ApprovalCard[] = []
  for (const row of rows.slice(0, planStepsMax)) {
    const card = await cardView(parts, row, caller)
    if (card !== undefined) cards.push(card)
  }
  return cards
}
