import { Fault } from '@ambit/core/fault'
import type { z } from 'zod'
import type { Route } from '../kernel/route.ts'

/** Wrong members named in one answer: enough to correct a form at once, bounded against hostile bodies. */
const issuesMax = 20
const whereCharactersMax = 300

export interface RawInput {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

/** Parses what a request brought by the schemas of its route. Throws `input.invalid` naming each wrong member. */
export function parseInput(route: Route, raw: RawInput): RawInput {
  return {
    params: parse(route.params, raw.params, 'params'),
    query: parse(route.query, raw.query, 'query'),
    // No body at all is an empty object, so that the answer names the member that is missing.
    body: parse(route.body, raw.body ?? {}, 'body'),
  }
}

function parse(schema: z.ZodType | undefined, value: unknown, part: keyof RawInput): unknown {
  if (schema === undefined) return undefined
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, issuesMax).map((issue) => ({
    where: placeOf(part, issue.path).slice(0, whereCharactersMax),
    detail: issue.message.slice(0, whereCharactersMax),
  }))
  const first = issues[0] ?? { where: part, detail: 'the input is not of the form asked for' }
  throw new Fault('input.invalid', {
    ...first,
    ...(issues.length > 1 ? { extra: { issues } } : {}),
  })
}

/** `body.allow[0].target` */
function placeOf(part: string, path: readonly PropertyKey[]): string {
  let place = part
  for (const step of path) place += typeof step === 'number' ? `[${step}]` : `.${String(step)}`
  return place
}
