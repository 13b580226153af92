import { isObject, objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { readSendRequest } from '@ambit/core/wire/a2a/request'
import { planStepsMax } from '../../approval/approval.ts'

/**
 * Member of `metadata` of a SendMessage: the message goes to no agent then. Its text says what the task is, and `steps`
 * are the messages that its caller is going to send.
 */
export const planKey = 'ambit/plan'

const wordsCharactersMax = 2000
const slugCharactersMax = 63

export interface PlannedMessage {
  /** Slug of the agent; undefined: the one that was addressed. */
  readonly agent: string | undefined
  /** The params of its SendMessage, exactly as they will come. */
  readonly params: Json
}

export type PlanReading =
  | { readonly ok: true; readonly words: string; readonly steps: readonly PlannedMessage[] }
  | { readonly ok: false; readonly reason: string }

/** Reads what stands under `planKey`, as a caller wrote it. Any input is safe; never throws. */
export function readPlan(raw: unknown, params: Json): PlanReading {
  const steps = isObject(raw) ? raw['steps'] : undefined
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > planStepsMax)
    return wrong(`\`steps\` is a list of 1 to ${planStepsMax} messages`)
  const words = textOf(params)
  if (words.trim() === '' || words.length > wordsCharactersMax)
    return wrong(`the text of the message says what the task is, in up to ${wordsCharactersMax} characters`)
  const read: PlannedMessage[] = []
  for (const [at, step] of (steps as readonly unknown[]).entries()) {
    const found = readStep(step)
    if (typeof found === 'string') return wrong(`\`steps[${at}]\`: ${found}`)
    read.push(found)
  }
  return { ok: true, words, steps: read }
}

function readStep(step: unknown): PlannedMessage | string {
  const { agent, params } = isObject(step) ? step : {}
  if (agent !== undefined && (typeof agent !== 'string' || agent.length > slugCharactersMax))
    return '`agent` is the name of an agent at this node'
  if (!isObject(params)) return '`params` are those of a SendMessage'
  const verdict = readSendRequest(params)
  if (!verdict.ok) return verdict.message
  if (verdict.reading.push !== undefined) return 'a planned message sets no push notifications up'
  return { agent, params }
}

function textOf(params: Json): string {
  const parts = objectOf(params['message'])?.['parts']
  if (!Array.isArray(parts)) return ''
  return (parts as readonly unknown[])
    .map((part) => objectOf(part)?.['text'])
    .filter((text) => typeof text === 'string')
    .join('\n')
}

function wrong(what: string): PlanReading {
  return { ok: false, reason: `\`${planKey}\`: ${what}` }
}
