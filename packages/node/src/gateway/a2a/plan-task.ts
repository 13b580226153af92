import type { Message, Part, Task, TaskState } from '@ambit/core/wire/a2a/task'
import type { PlanStatus } from '../../approval/approval.ts'
import { timeText } from '../../kernel/clock.ts'
import type { PlanAnswer, StepAnswer } from '../planning.ts'
import { approvalTaskId } from './approval-task.ts'

/** Lists have ids of their own, so that their tasks are told from those of single acts. */
export function isPlanId(id: string): boolean {
  return id.startsWith('pl_')
}

export interface PlanView {
  readonly list: PlanStatus
  /** Where a person decides. */
  readonly url: string
  readonly contextId: string
  readonly now: number
  /** What each message meets, in the order in which they were handed in; only when they are. */
  readonly steps?: readonly StepAnswer[]
}

/** The task that stands for a list of messages; every text is Ambit's own. */
export function planTask({ list, url, contextId, now, steps }: PlanView): Task {
  const id = approvalTaskId(list.id)
  const expires = timeText(list.expiresAt)
  const [state, words] = stateOf(list, url, expires)
  const told = steps === undefined ? list.steps : steps.map(stepOf)
  const parts: readonly Part[] = [
    { text: words, mediaType: 'text/plain' },
    { data: { planId: list.id, planUrl: url, expires, steps: told }, mediaType: 'application/json' },
  ]
  const message: Message = {
    messageId: `${id}-${list.state}`,
    role: 'ROLE_AGENT',
    parts,
    taskId: id,
    contextId,
  }
  return { id, contextId, status: { state, message, timestamp: timeText(now) } }
}

/** Where nobody has to be asked about any of it: the answer is a message, and there is nothing to wait for. */
export function planMessage({ steps, trace }: PlanAnswer, contextId: string | undefined): Message {
  const words = steps.every(({ verdict }) => verdict === 'refused')
    ? 'Refused by Ambit: none of these messages may be sent.'
    : 'No list waits for a person. Nothing was sent yet.'
  return {
    messageId: `ambit-plan-${trace}`,
    role: 'ROLE_AGENT',
    ...(contextId === undefined ? {} : { contextId }),
    parts: [
      { text: words, mediaType: 'text/plain' },
      { data: { steps: steps.map(stepOf) }, mediaType: 'application/json' },
    ],
  }
}

function stepOf({ verdict, decision }: StepAnswer) {
  return { verdict, ...(verdict === 'allowed' ? {} : { reasons: decision.reasons }) }
}

function stateOf({ state }: PlanStatus, url: string, expires: string): readonly [TaskState, string] {
  switch (state) {
    case 'approved':
      return [
        'TASK_STATE_COMPLETED',
        'The person agreed. Send exactly the messages that are ready: each is passed on once, without a question.',
      ]
    case 'denied':
      return ['TASK_STATE_REJECTED', 'The person declined.']
    case 'expired':
      return ['TASK_STATE_REJECTED', 'Nobody decided in time. No answer is a refusal.']
    default:
      return [
        'TASK_STATE_AUTH_REQUIRED',
        'Nothing was sent yet. A person must decide about these messages together before the agents get them. ' +
          `Decide at ${url} until ${expires}. Answering this task decides nothing.`,
      ]
  }
}
