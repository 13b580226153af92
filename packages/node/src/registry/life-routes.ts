import { recordSchema } from '@ambit/core/record'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { RoleName, Route } from '../kernel/route.ts'
import type { CommentRow } from './life-store.ts'
import type { RegistryRouteParts } from './routes.ts'
import { recordViewSchema } from './view.ts'

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ slug: z.string().min(1).max(100) })

const commentSchema = z.strictObject({
  id: z.string(),
  person: z.string(),
  /** The version it is about. */
  version: z.string(),
  text: z.string(),
  at: z.string(),
})
const policySchema = z.strictObject({
  /** Who submits a version may not be the one who activates it. */
  twoPeople: z.boolean(),
})

/** Routes of a record's name and of the review before it comes into use. */
export function lifeRoutes({ registry, governed }: RegistryRouteParts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/records/:slug/rename',
      summary: 'Gives a record another name; the old one points to it for a time.',
      access: operators,
      params,
      body: z.strictObject({
        slug: recordSchema.shape.slug,
        note: z.string().max(1000).optional(),
        confirmName: z.boolean().optional(),
      }),
      reply: recordViewSchema,
      async handle({ caller, params: { slug }, body }) {
        const renamed = await registry.rename(slug, caller, body)
        return { body: await registry.view(renamed.slug, caller.organization, governed) }
      },
    }),
    route({
      method: 'GET',
      path: '/api/records/:slug/comments',
      summary: 'Shows what people of the organisation said of a record, newest first.',
      access: 'person',
      params,
      reply: z.strictObject({ comments: z.array(commentSchema) }),
      handle: async ({ caller, params: { slug } }) => ({
        body: { comments: (await registry.review.comments(slug, caller.organization)).map(commentOf) },
      }),
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/comments',
      summary: 'Says something of a record to the others of the organisation.',
      access: 'person',
      params,
      body: z.strictObject({ text: z.string().min(1).max(5000) }),
      reply: commentSchema,
      status: 201,
      handle: async ({ caller, params: { slug }, body: { text } }) => ({
        status: 201,
        body: commentOf(await registry.review.comment(slug, caller, text)),
      }),
    }),
    route({
      method: 'GET',
      path: '/api/review',
      summary: 'Shows what the organisation asks of the review of a version.',
      access: 'person',
      reply: policySchema,
      handle: async ({ caller }) => ({
        body: { twoPeople: await registry.review.wantsTwoPeople(caller.organization) },
      }),
    }),
    route({
      method: 'PUT',
      path: '/api/review',
      summary: 'Sets what the organisation asks of the review of a version.',
      access: ['owner'],
      sessionOnly: true,
      body: policySchema,
      reply: policySchema,
      async handle({ caller, body }) {
        await registry.review.setTwoPeople(caller, body.twoPeople)
        return { body }
      },
    }),
  ]
}

function commentOf({ id, person, version, text, at }: CommentRow): z.input<typeof commentSchema> {
  return { id, person, version, text, at: timeText(at) }
}
