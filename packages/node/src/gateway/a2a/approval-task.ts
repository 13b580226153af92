import { faultRows } from '@ambit/core/faults/table'
import { objectOf } from '@ambit/core/wire/a2a/json'
import { readTask } from '@ambit/core/wire/a2a/task'
import type { Message, Part, Task, TaskState } from '@ambit/core/wire/a2a/task'
import type { Pending } from '../../approval/approval.ts'
import { timeText } from '../../kernel/clock.ts'
import { tellingChanges } from './changed.ts'

/** Tasks with this in front are this node's own: each stands for an act that waits for a person. */
const ownPrefix = 'ambit-'

export function isApprovalTask(id: string): boolean {
  return id.startsWith(ownPrefix)
}

export function approvalTaskId(approval: string): string {
  return ownPrefix + approval
}

export function approvalIdOf(task: string): string {
  return task.slice(ownPrefix.length)
}

export interface ApprovalView {
  readonly pending: Pending
  /** Where a person decides. */
  readonly url: string
  /** The conversation the message was part of, where the caller named one. */
  readonly contextId: string
  readonly now: number
}

/** Every text of a waiting act is Ambit's own, never the agent's. */
export function approvalTask(view: ApprovalView): Task {
  const { pending } = view
  switch (pending.state) {
    case 'pending':
    case 'planned':
      return taskOf(view, 'TASK_STATE_AUTH_REQUIRED', [
        {
          text:
            'A person must decide about this message before the agent gets it. ' +
            `Decide at ${view.url} until ${timeText(pending.expiresAt)}. Answering this task decides nothing.`,
          mediaType: 'text/plain',
        },
        {
          data: { approvalUrl: view.url, approvalId: pending.id, expires: timeText(pending.expiresAt) },
          mediaType: 'application/json',
        },
      ])
    case 'held':
      return taskOf(view, 'TASK_STATE_WORKING', [
        ...text(
          `Held until ${timeText(pending.dueAt ?? view.now)}: the agent gets this message then unless the person ` +
            `vetoes it at ${view.url}.`,
        ),
        {
          data: {
            approvalUrl: view.url,
            approvalId: pending.id,
            heldUntil: timeText(pending.dueAt ?? view.now),
          },
          mediaType: 'application/json',
        },
      ])
    case 'approved':
    case 'performing':
      return taskOf(
        view,
        'TASK_STATE_WORKING',
        text(
          pending.dueAt === undefined
            ? 'The person agreed; the agent is being asked.'
            : 'The time for a veto is over; the agent is being asked.',
        ),
      )
    case 'denied':
      return taskOf(view, 'TASK_STATE_REJECTED', text('The person declined.'))
    case 'expired':
      return taskOf(view, 'TASK_STATE_REJECTED', text('Nobody decided in time. No answer is a refusal.'))
    case 'void':
      if (pending.outcome?.error?.code === 'approval.withdrawn')
        return taskOf(view, 'TASK_STATE_CANCELED', text('It was taken back before a person decided.'))
      return taskOf(
        view,
        'TASK_STATE_FAILED',
        text(
          'The approval is void: since it was asked for, the rules or the agent have changed. Send the message again.',
        ),
      )
    default:
      return doneTask(view)
  }
}

/** The agent's own task where the answer is one, under the agent's own id, so that the caller can go on with it. */
function doneTask(view: ApprovalView): Task {
  const outcome = view.pending.outcome
  const answer = answerOf(outcome?.answer)
  if (answer?.task !== undefined) return tellingChanges(answer.task, outcome?.changed)
  if (answer?.message !== undefined) {
    const done = { ...bare(view), status: status(view, 'TASK_STATE_COMPLETED', answer.message) }
    return tellingChanges(done, outcome?.changed)
  }
  if (outcome === undefined || outcome.status === 'completed') {
    return taskOf(view, 'TASK_STATE_COMPLETED', text('It was done; its answer is no longer kept.'))
  }
  if (outcome.status === 'cancelled') return taskOf(view, 'TASK_STATE_CANCELED', text('It was stopped.'))
  if (outcome.status === 'unknown') {
    return taskOf(
      view,
      'TASK_STATE_FAILED',
      text('It was sent, and it is not known what became of it. Do not simply repeat it.'),
    )
  }
  return taskOf(view, 'TASK_STATE_FAILED', text(`It failed. ${failureText(outcome.error?.code)}`))
}

function failureText(code: string | undefined): string {
  if (code === undefined) return ''
  const row = Object.hasOwn(faultRows, code) ? faultRows[code as keyof typeof faultRows] : undefined
  return row === undefined
    ? `The agent answered with the error ${code.slice(0, 100)}.`
    : `${row.title}. ${row.remedy}`
}

interface Answer {
  readonly task?: Task
  readonly message?: Message
}

/** An answer as the path of an act kept it: a SendMessageResponse, a bare task, or either inside a JSON-RPC response. */
function answerOf(kept: string | undefined): Answer | undefined {
  if (kept === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(kept)
  } catch {
    // Kept by another protocol's adapter: there is no task in it.
    return undefined
  }
  const response = objectOf(value)
  const result = objectOf(response?.['result']) ?? response
  if (result === undefined) return undefined
  const task = objectOf(result['task']) ?? result
  if (readTask(task) !== undefined) return { task: task as unknown as Task }
  const message = objectOf(result['message'])
  return message !== undefined && Array.isArray(message['parts'])
    ? { message: message as unknown as Message }
    : undefined
}

function text(words: string): readonly Part[] {
  return [{ text: words.trim(), mediaType: 'text/plain' }]
}

function taskOf(view: ApprovalView, state: TaskState, parts: readonly Part[]): Task {
  const id = approvalTaskId(view.pending.id)
  const message: Message = {
    messageId: `${id}-${view.pending.state}`,
    role: 'ROLE_AGENT',
    parts,
    taskId: id,
    contextId: view.contextId,
  }
  return { ...bare(view), status: status(view, state, message) }
}

function bare(view: ApprovalView): Pick<Task, 'id' | 'contextId'> {
  return { id: approvalTaskId(view.pending.id), contextId: view.contextId }
}

function status(view: ApprovalView, state: TaskState, message: Message): Task['status'] {
  return { state, message, timestamp: timeText(view.now) }
}
