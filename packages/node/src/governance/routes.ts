import { signedRulingSchema } from '@ambit/core/ruling'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'
import { checkSchema } from '../registry/registry.ts'
import type { Governance } from './governance.ts'

export function governanceRoutes(governance: Governance): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/records/:slug/certify',
      summary: 'Runs the self-test against the live agent and certifies it when every check holds.',
      access: ['owner', 'operator'],
      params: z.strictObject({ slug: z.string().min(1).max(100) }),
      reply: z.strictObject({
        certified: z.boolean(),
        checks: z.array(checkSchema),
        ruling: signedRulingSchema.optional(),
      }),
      async handle({ caller: { organization, person }, params: { slug }, signal }) {
        const result = await governance.certify({ record: slug, organization, person }, signal)
        return { body: { ...result, checks: [...result.checks] } }
      },
    }),
  ]
}
