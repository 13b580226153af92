import { Fault } from '@ambit/core/fault'
import { z } from 'zod'
import { route } from '../kernel/route.ts'
import type { Route } from '../kernel/route.ts'

export interface ProgramRouteParts {
  /** AIC; undefined when there is no such record. */
  recordId(slug: string, organization: string): string | undefined
  /** Text of a third party; undefined when no program of the record ran since the start. */
  errorOutput(recordId: string): string | undefined
}

/** What operators need to know of the programs that the node starts. */
export function programRoutes(parts: ProgramRouteParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/records/:slug/error-output',
      summary:
        'Shows the last of what the newest program of a record wrote on its standard error, with credentials hidden. Text of a third party.',
      access: ['owner', 'operator'],
      params: z.strictObject({ slug: z.string().min(1).max(100) }),
      reply: z.strictObject({ slug: z.string(), text: z.string().optional() }),
      async handle({ caller, params: { slug } }) {
        const id = parts.recordId(slug, caller.organization)
        if (id === undefined)
          throw new Fault('input.not-found', { detail: `there is no record \`${slug}\``, where: 'slug' })
        const text = parts.errorOutput(id)
        return { body: { slug, ...(text === undefined ? {} : { text }) } }
      },
    }),
  ]
}
