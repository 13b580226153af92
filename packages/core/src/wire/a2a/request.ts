import { z } from 'zod'
import type { ErrorReason } from './error.ts'
import { readPushConfig } from './push.ts'
import type { PushConfig } from './push.ts'

const text = z.string().nullish()
/** A task id longer than this is no agent's; the store keeps ids as keys. */
const taskId = z.string().min(1).max(1000)

const sendSchema = z.looseObject({
  tenant: text,
  message: z.looseObject({
    messageId: z.string().min(1),
    parts: z.array(z.looseObject({})).min(1),
    taskId: z.string().max(1000).nullish(),
    contextId: text,
    referenceTaskIds: z.array(taskId).max(100).nullish(),
  }),
  configuration: z.looseObject({ taskPushNotificationConfig: z.unknown().optional() }).nullish(),
})

const taskSchema = z.looseObject({ tenant: text, id: taskId })
const pushSchema = z.looseObject({ tenant: text, taskId, id: z.string().min(1).max(200) })
const pushListSchema = z.looseObject({ tenant: text, taskId })
const listSchema = z.looseObject({ tenant: text, contextId: text, pageSize: z.number().nullish() })

/** What the node must know of a request; the request itself is passed on as it came. */
export interface RequestReading {
  /** Tasks it touches: the one named, the one continued, the ones referred to. */
  readonly taskIds: readonly string[]
  readonly contextId: string | undefined
  /** Where it asks to be told of the task. */
  readonly push?: PushConfig
}

export type RequestVerdict =
  | { readonly ok: true; readonly reading: RequestReading }
  | { readonly ok: false; readonly reason: ErrorReason; readonly message: string }

/**
 * ProtoJSON parsers also take a member's original name. A second spelling of a member that decides what may
 * happen would pass by the decision, so the node takes only the lowerCamelCase one.
 */
const snakeMembers = ['message_id', 'task_id', 'context_id', 'reference_task_ids']
const snakePushMembers = ['task_push_notification_config', 'push_notification_config']

export function readSendRequest(params: unknown): RequestVerdict {
  const parsed = sendSchema.safeParse(params)
  if (!parsed.success) return invalid(parsed.error)
  const { message, configuration } = parsed.data
  const snake =
    snakeMembers.find((name) => Object.hasOwn(message, name)) ??
    snakePushMembers.find((name) => Object.hasOwn(configuration ?? {}, name))
  if (snake !== undefined) {
    return { ok: false, reason: 'INVALID_PARAMS', message: `write \`${snake}\` in lowerCamelCase` }
  }
  const taskIds = [...(message.referenceTaskIds ?? [])]
  if (typeof message.taskId === 'string' && message.taskId !== '') taskIds.unshift(message.taskId)
  const contextId = message.contextId === '' ? undefined : (message.contextId ?? undefined)
  const asked = configuration?.taskPushNotificationConfig ?? undefined
  if (asked === undefined) return { ok: true, reading: { taskIds, contextId } }
  const push = readPush(asked, 'configuration.taskPushNotificationConfig')
  return push.ok ? { ok: true, reading: { taskIds, contextId, push: push.config } } : push
}

export function readTaskRequest(params: unknown): RequestVerdict {
  const parsed = taskSchema.safeParse(params)
  if (!parsed.success) return invalid(parsed.error)
  return { ok: true, reading: { taskIds: [parsed.data.id], contextId: undefined } }
}

/** CreateTaskPushNotificationConfig: the configuration itself, which names its task. */
export function readPushRequest(params: unknown): RequestVerdict {
  const push = readPush(params, '')
  if (!push.ok) return push
  const { taskId: task } = push.config
  if (task === undefined) return { ok: false, reason: 'INVALID_PARAMS', message: '`taskId`: is missing' }
  return { ok: true, reading: { taskIds: [task], contextId: undefined, push: push.config } }
}

/** GetTaskPushNotificationConfig and DeleteTaskPushNotificationConfig. */
export function readPushNameRequest(params: unknown): RequestVerdict {
  return ofTask(pushSchema.safeParse(params))
}

export function readPushListRequest(params: unknown): RequestVerdict {
  return ofTask(pushListSchema.safeParse(params))
}

function ofTask(parsed: z.ZodSafeParseResult<{ readonly taskId: string }>): RequestVerdict {
  if (!parsed.success) return invalid(parsed.error)
  return { ok: true, reading: { taskIds: [parsed.data.taskId], contextId: undefined } }
}

function readPush(
  value: unknown,
  where: string,
): { readonly ok: true; readonly config: PushConfig } | Extract<RequestVerdict, { ok: false }> {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'task_id'))
    return { ok: false, reason: 'INVALID_PARAMS', message: 'write `task_id` in lowerCamelCase' }
  const verdict = readPushConfig(value, where)
  return verdict.ok ? verdict : { ok: false, reason: 'INVALID_PARAMS', message: verdict.message }
}

export function readListRequest(params: unknown): RequestVerdict {
  const parsed = listSchema.safeParse(params)
  if (!parsed.success) return invalid(parsed.error)
  return { ok: true, reading: { taskIds: [], contextId: parsed.data.contextId ?? undefined } }
}

function invalid(error: z.ZodError): RequestVerdict {
  const issue = error.issues[0]
  const where = issue === undefined || issue.path.length === 0 ? 'params' : issue.path.join('.')
  return {
    ok: false,
    reason: 'INVALID_PARAMS',
    message: `\`${where}\`: ${issue?.message ?? 'not of its form'}`,
  }
}
