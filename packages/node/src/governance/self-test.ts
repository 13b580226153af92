import type { AgentRecord } from '@ambit/core/record'
import { compare } from '../registry/registry.ts'
import type { Described } from '../registry/describe.ts'
import type { Check } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import { argumentsProblem, schemaProblem } from './schema-form.ts'

/** What a live agent answered, or why it did not. */
export type Answer =
  | { readonly reachable: true; readonly described: Described }
  | { readonly reachable: false; readonly problem: string }

/** Each check of the self-test and what it says when it holds. */
export const selfTestChecks = {
  answers: 'It answers in its own protocol.',
  declared: 'It serves exactly the definitions that the record declares.',
  schemas: 'Every schema of its capabilities is of the form of JSON Schema.',
  held: 'No capability is held because its definition changed.',
  responsible: 'Someone is named as accountable.',
} as const

/** Names in a failed check are cut to this many, so that the sentence stays readable. */
const namedMax = 5

/** Judges a record by what its agent answered just now. Pure. */
export function selfTest(record: AgentRecord, target: Target, answer: Answer): Check[] {
  const differing = answer.reachable
    ? compare(record, answer.described).map(({ capability, change }) => `${capability} (${change})`)
    : ['nothing was served']
  const held = [...target.capabilities.values()].filter((capability) => capability.held)
  return [
    check('answers', answer.reachable ? [] : [answer.problem]),
    check('declared', differing),
    check('schemas', schemaProblems(record, answer)),
    check(
      'held',
      held.map((capability) => capability.id),
    ),
    check('responsible', record.responsible.name.trim() === '' ? ['nobody is named'] : []),
  ]
}

function schemaProblems(record: AgentRecord, answer: Answer): string[] {
  const served = answer.reachable ? answer.described.capabilities : record.capabilities
  return served
    .flatMap(({ id, inputSchema, outputSchema }) => [
      inputSchema === undefined ? undefined : argumentsProblem(inputSchema, `${id}.inputSchema`),
      outputSchema === undefined ? undefined : schemaProblem(outputSchema, `${id}.outputSchema`),
    ])
    .filter((problem) => problem !== undefined)
}

function check(id: keyof typeof selfTestChecks, problems: readonly string[]): Check {
  if (problems.length === 0) return { id, ok: true, what: selfTestChecks[id] }
  const named = problems.slice(0, namedMax).join('; ')
  const more = problems.length > namedMax ? ` and ${problems.length - namedMax} more` : ''
  return { id, ok: false, what: `${named}${more}` }
}
