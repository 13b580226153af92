import type { Reason } from '@ambit/core/decision'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { PlanStatus } from '../../../approval/approval.ts'
import { timeText } from '../../../kernel/clock.ts'
import type { PlanAnswer, StepAnswer } from '../../planning.ts'

/** What became of a list, as the result of the tool; `names` are those of the steps as the caller gave them. */
export function handedResult(
  { steps, list }: PlanAnswer,
  names: readonly string[],
  url: string | undefined,
): JsonObject {
  const told = steps.map((step, at) => stepOf(step, names[at] ?? ''))
  const lines = [
    summary(steps, list, url),
    ...steps.flatMap((step, at) => lineOf(step, names[at] ?? '', at + 1)),
  ]
  return {
    ...structured(lines.join('\n'), {
      ...(list === undefined || url === undefined ? {} : { plan: headOf(list, url) }),
      steps: told,
    }),
    ...(steps.every(({ verdict }) => verdict === 'refused') ? { isError: true } : {}),
  }
}

/** How a list stands that was handed in before. */
export function statusResult(list: PlanStatus, url: string): JsonObject {
  const { state, steps } = list
  const lines = [
    stateWords(list, url),
    ...steps.map(
      ({ capability = 'an act', target, state: own }, at) =>
        `${at + 1}. ${capability}${target === undefined ? '' : ` of ${target}`}: ${own}`,
    ),
  ]
  return {
    ...structured(lines.join('\n'), { plan: headOf(list, url), steps }),
    ...(state === 'denied' || state === 'expired' ? { isError: true } : {}),
  }
}

/** The same for an id that is none of this agent's. */
export function noPlanResult(): JsonObject {
  const text = 'There is no list of that id, or you did not hand it in.'
  return { content: [{ type: 'text', text }], isError: true }
}

/** What a person is asked to open the list for. */
export const planQuestion =
  'An agent wants to do several things, and a person decides about them as one list. Decide at'

function headOf({ id, state, expiresAt }: PlanStatus, url: string): JsonObject {
  return { id, url, state, expires: timeText(expiresAt) }
}

function stepOf({ verdict, decision }: StepAnswer, tool: string): JsonObject {
  const { reasons, holdMs } = decision
  return {
    tool,
    verdict,
    ...(verdict === 'allowed' ? {} : { reasons }),
    ...(verdict === 'allowed' && holdMs !== undefined ? { holdMs } : {}),
  }
}

function summary(
  steps: readonly StepAnswer[],
  list: PlanStatus | undefined,
  url: string | undefined,
): string {
  if (list !== undefined && url !== undefined) return `${stateWords(list, url)} Nothing is done yet.`
  const alone = steps.some(({ verdict }) => verdict === 'asked')
  const open = steps.some(({ verdict }) => verdict === 'allowed')
  if (alone) return 'Nothing here can be decided as a list: such a call is asked about when it is made.'
  return open
    ? 'Nobody has to be asked. Nothing is done yet: make the calls.'
    : 'Refused by Ambit: no step of this plan is allowed.'
}

function stateWords({ id, state, expiresAt }: PlanStatus, url: string): string {
  switch (state) {
    case 'approved':
      return `The person agreed to ${id}. Make exactly the calls that are ready: each is done once, without a question.`
    case 'denied':
      return `The person refused ${id}. Do not do it in another way.`
    case 'expired':
      return `Nobody decided about ${id} in time. No answer is a refusal.`
    default:
      return (
        `A person must decide about ${id} until ${timeText(expiresAt)}, at ${url} Call this tool with {"plan":"${id}"} ` +
        'to see how it stands; once they agreed, make exactly these calls.'
      )
  }
}

function lineOf({ verdict, decision }: StepAnswer, name: string, number: number): string[] {
  const head = `${number}. ${name}: `
  if (verdict === 'refused') return [`${head}refused. ${decision.reasons.map(wordsOf).join(' ')}`]
  if (verdict === 'asked')
    return [`${head}two people must approve it, so it is asked about when it is called.`]
  if (verdict === 'listed') return [`${head}waits for the person.`]
  return [`${head}allowed: call it, it needs nobody.`]
}

function wordsOf({ what, code, rule, howToAsk }: Reason): string {
  return `${what} [${code}, rule ${rule}]${howToAsk === undefined ? '' : ` ${howToAsk}`}`
}

function structured(text: string, content: JsonObject): JsonObject {
  return { content: [{ type: 'text', text }], structuredContent: content }
}
