import { isObject } from './json.ts'

/** Messages, tasks and stream events of A2A 1.0 in ProtoJSON. Members that are not named here are kept as they come. */

export const taskStates = [
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
] as const
export type TaskState = (typeof taskStates)[number]

const terminalStates: ReadonlySet<string> = new Set<TaskState>([
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_REJECTED',
])
const interruptedStates: ReadonlySet<string> = new Set<TaskState>([
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_AUTH_REQUIRED',
])

/** The task will not change any more (section 4.1.3). */
export function isTerminal(state: string): boolean {
  return terminalStates.has(state)
}

/** The task waits for its client. */
export function isInterrupted(state: string): boolean {
  return interruptedStates.has(state)
}

/** Exactly one of `text`, `raw` (base64), `url`, `data`. */
export interface Part {
  readonly text?: string
  readonly raw?: string
  readonly url?: string
  readonly data?: unknown
  readonly filename?: string
  readonly mediaType?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface Message {
  readonly messageId: string
  readonly role: 'ROLE_USER' | 'ROLE_AGENT'
  readonly parts: readonly Part[]
  readonly taskId?: string
  readonly contextId?: string
  readonly referenceTaskIds?: readonly string[]
  readonly extensions?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface TaskStatus {
  readonly state: TaskState
  readonly message?: Message
  /** RFC 3339. */
  readonly timestamp?: string
}

export interface Task {
  readonly id: string
  readonly contextId?: string
  readonly status: TaskStatus
  readonly artifacts?: readonly unknown[]
  readonly history?: readonly Message[]
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What the node must know of an answer or event of an agent. */
export interface Reading {
  readonly kind: 'task' | 'message' | 'statusUpdate' | 'artifactUpdate'
  readonly taskId: string | undefined
  readonly state: string | undefined
}

const kinds = ['task', 'message', 'statusUpdate', 'artifactUpdate'] as const

/** Reads a `StreamResponse` (or a `SendMessageResponse`, its first two cases); undefined when it is none. */
export function readStreamResponse(value: unknown): Reading | undefined {
  if (!isObject(value)) return undefined
  let found: (typeof kinds)[number] | undefined
  for (const kind of kinds) {
    if (value[kind] === undefined || value[kind] === null) continue
    if (found !== undefined) return undefined
    found = kind
  }
  if (found === undefined) return undefined
  const payload = value[found]
  if (!isObject(payload)) return undefined
  switch (found) {
    case 'task':
      return readTask(payload)
    case 'message':
      return typeof payload['messageId'] === 'string' && Array.isArray(payload['parts'])
        ? { kind: found, taskId: undefined, state: undefined }
        : undefined
    case 'statusUpdate':
      return stateReading(found, payload['taskId'], payload['status'])
    default:
      return isId(payload['taskId']) && isObject(payload['artifact'])
        ? { kind: found, taskId: payload['taskId'], state: undefined }
        : undefined
  }
}

/** Reads a bare `Task`; undefined when it is none. */
export function readTask(value: unknown): Reading | undefined {
  return isObject(value) ? stateReading('task', value['id'], value['status']) : undefined
}

function stateReading(kind: Reading['kind'], taskId: unknown, status: unknown): Reading | undefined {
  if (!isId(taskId) || !isObject(status)) return undefined
  const state = stateName(status['state'])
  return state === undefined || state.length > 100 ? undefined : { kind, taskId, state }
}

/** ProtoJSON may say an enumeration by its number, and says one so that it has no name for: a newer peer's state. */
function stateName(state: unknown): string | undefined {
  if (typeof state === 'number' && Number.isSafeInteger(state)) return taskStates[state - 1] ?? String(state)
  return typeof state === 'string' ? state : undefined
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
