import { a2aError } from '@ambit/core/wire/a2a/error'
import { operations } from '@ambit/core/wire/a2a/method'
import { a2aVersion } from '@ambit/core/wire/a2a/version'
import type { Holder } from '../../authority/authority.ts'
import type { Target } from '../../registry/target.ts'
import type { Gateway } from '../gateway.ts'
import type { PlannedCall, Planning } from '../planning.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import type { Call } from './call.ts'
import { messageCapability } from './capability.ts'
import { metadataMember } from './metadata-member.ts'
import { plannedMessage } from './planned-message.ts'
import { planKey, readPlan } from './plan-reading.ts'
import type { PlannedMessage } from './plan-reading.ts'
import { planMessage } from './plan-task.ts'
import type { Reply } from './reply.ts'

export interface PlanParts {
  readonly planning: Planning
  readonly gateway: Pick<Gateway, 'visible'>
  readonly desk: Pick<ApprovalDesk, 'planned'>
}

export interface PlanSubmission {
  readonly call: Call
  readonly holder: Holder
  /** The agent that was addressed. */
  readonly target: Target
  readonly trace: string | undefined
  readonly reply: Reply
}

/** Whether a call hands in a list of messages and sends none itself. */
export function isPlan({ method, params }: Call): boolean {
  const sends = method === 'SendMessage' || method === 'SendStreamingMessage'
  return sends && metadataMember(params, planKey) !== undefined
}

/** Answers with a task that stands for the list, or with a message when nobody has to be asked. Rejects with a Fault. */
export async function submitPlan(parts: PlanParts, submission: PlanSubmission): Promise<void> {
  const { call, holder, trace, reply } = submission
  const read = readPlan(metadataMember(call.params, planKey), call.params)
  if (!read.ok) {
    reply.error(a2aError('INVALID_PARAMS', read.reason))
    return
  }
  if (call.version !== a2aVersion) {
    // The messages of another version are written anew, so that none would be exactly the one that was handed in.
    reply.error(a2aError('INVALID_PARAMS', `\`${planKey}\` is taken in A2A ${a2aVersion}`))
    return
  }
  const calls = callsOf(parts, submission, read.steps)
  if (typeof calls === 'string') {
    reply.error(a2aError('INVALID_PARAMS', `\`${planKey}\`: ${calls}`))
    return
  }
  const protocolIn = `a2a/${call.version}`
  const answer = await parts.planning.hand({ holder, words: read.words, calls, protocolIn, trace })
  const { list, steps } = answer
  const { contextId } = call.reading
  const told =
    list === undefined
      ? { message: planMessage(answer, contextId) }
      : { task: parts.desk.planned(list, contextId, steps) }
  if (operations[call.method].streams) {
    reply.event(told)
    reply.end()
  } else reply.result(told)
}

/** A sentence when one names no agent that this caller may send messages to, whatever the reason. */
function callsOf(
  { gateway }: PlanParts,
  { holder, target }: PlanSubmission,
  steps: readonly PlannedMessage[],
): readonly PlannedCall[] | string {
  const agents = new Map(gateway.visible(holder, 'a2a').map((seen) => [seen.target.slug, seen]))
  const calls: PlannedCall[] = []
  for (const [at, { agent, params }] of steps.entries()) {
    const seen = agents.get(agent ?? target.slug)
    const capability = seen?.capabilities.find(({ id }) => id === messageCapability)
    if (seen === undefined || capability === undefined)
      return `\`steps[${at}].agent\`: the mandate lets no message go to an agent of that name`
    calls.push({ target: seen.target, capability, arguments: plannedMessage(params) })
  }
  return calls
}
