import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { isObject } from '@ambit/core/wire/mcp/message'
import { planStepsMax } from '../../../approval/approval.ts'
import type { NamedTool } from '../names/tool-names.ts'

/** The tool of the node itself by which an agent says what it is going to do, before it does it. */
export interface PlanTool {
  readonly name: string
  readonly definition: JsonObject
}

const wordsCharactersMax = 2000
const idCharactersMax = 100

/** A name that means nothing registered: `isTaken` knows those, also of tools that are not shown. */
export function planTool(isTaken: (name: string) => boolean): PlanTool {
  let name = 'ambit_plan'
  // Ends: there are so many tools.
  for (let number = 2; isTaken(name); number++) name = `ambit${number}_plan`
  return { name, definition: definitionOf(name) }
}

function definitionOf(name: string): JsonObject {
  return {
    name,
    title: 'Hand in a plan',
    description:
      'Says what you are going to do for one task before you do it, so that a person decides about the whole list at ' +
      'once instead of about every call. Nothing is done by this. You hear for each step whether it can be done at ' +
      'once, waits for the person, or is refused and why. Once the person agreed, make exactly these calls: each is ' +
      `done once, without another question. To see how a list stands, call ${name} with its \`plan\` alone.`,
    inputSchema: {
      type: 'object',
      properties: {
        words: {
          type: 'string',
          maxLength: wordsCharactersMax,
          description: 'What the task is, for the person who decides.',
        },
        steps: {
          type: 'array',
          minItems: 1,
          maxItems: planStepsMax,
          items: {
            type: 'object',
            properties: {
              tool: { type: 'string', description: 'Name of a tool, as it would be called.' },
              arguments: { type: 'object', description: 'Exactly as they will be in the call.' },
            },
            required: ['tool'],
          },
        },
        plan: { type: 'string', description: 'Id of a list that was handed in, to see how it stands.' },
      },
    },
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: false,
    },
  }
}

/** What the arguments of such a call say. */
export type PlanCall =
  | { readonly form: 'list'; readonly words: string; readonly steps: readonly PlannedTool[] }
  | { readonly form: 'status'; readonly plan: string }
  /** In words for the caller. */
  | { readonly form: 'invalid'; readonly what: string }

export interface PlannedTool {
  /** As the caller named it. */
  readonly name: string
  readonly tool: Pick<NamedTool, 'target' | 'capability'>
  readonly args: JsonObject
}

/** What one step names: the tool, or why it is none. */
export type NameReader = (
  name: string,
  args: JsonObject,
) => Pick<PlannedTool, 'tool' | 'args'> | { readonly what: string }

/** Any input is safe; never throws. */
export function readPlanCall(given: JsonObject, toolOf: NameReader): PlanCall {
  const { words, steps, plan } = given
  if (plan !== undefined) {
    const isAlone = words === undefined && steps === undefined
    return typeof plan === 'string' && plan.length <= idCharactersMax && isAlone
      ? { form: 'status', plan }
      : invalid('`plan` is the id of a list, and stands alone')
  }
  if (typeof words !== 'string' || words.trim() === '' || words.length > wordsCharactersMax)
    return invalid(`\`words\` says what the task is, in up to ${wordsCharactersMax} characters`)
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > planStepsMax)
    return invalid(`\`steps\` is a list of 1 to ${planStepsMax} calls`)
  const read: PlannedTool[] = []
  for (const [at, step] of (steps as readonly unknown[]).entries()) {
    const { tool: name, arguments: args = {} } = isObject(step) ? step : {}
    if (typeof name !== 'string' || !isObject(args))
      return invalid(`\`steps[${at}]\`: \`tool\` is a name and \`arguments\` an object`)
    const found = toolOf(name, args)
    if ('what' in found) return invalid(`\`steps[${at}].tool\`: ${found.what}`)
    read.push({ name, ...found })
  }
  return { form: 'list', words, steps: read }
}

function invalid(what: string): PlanCall {
  return { form: 'invalid', what }
}
