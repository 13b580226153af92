import { Fault } from '@ambit/core/fault'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { digestBytes } from '../../../kernel/digest.ts'
import type { Keyring } from '../../../kernel/keyring.ts'
import { clientRequestCapability } from '../client-request.ts'
import type { InputRequest } from '../input-required.ts'

/*
 * The tasks extension of 2026-07-28: a server answers a call with the handle of a task, and the client asks for it
 * later. The handle the client gets is this node's own: the server's one, sealed with whose it is.
 */

export interface Task {
  /** AIC of the server. */
  readonly target: string
  /** The server's own id. */
  readonly task: string
  /** The act that began it. */
  readonly act: string
}

const taskPrefix = 'ambit-task:'
/** The header `Mcp-Name` repeats it and has to fit among the others. */
const handleCharactersMax = 4096
const purpose = 'mcp-task'

export function sealTask(keyring: Keyring, holder: string, task: Task): string {
  return `${taskPrefix}${keyring.seal(purpose, holder, JSON.stringify(task)).toString('base64url')}`
}

/** Undefined when the handle was not made here for this holder. */
export function openTask(keyring: Keyring, holder: string, handle: unknown): Task | undefined {
  if (typeof handle !== 'string' || !handle.startsWith(taskPrefix) || handle.length > handleCharactersMax)
    return undefined
  try {
    const sealed = Buffer.from(handle.slice(taskPrefix.length), 'base64url')
    // Sealed by a node with this key: its form is what `sealTask` wrote.
    return JSON.parse(keyring.open(purpose, holder, sealed).toString()) as Task
  } catch (error) {
    if (Fault.is(error)) return undefined
    throw error
  }
}

/**
 * Questions of a task are told by `tasks/get`, over and over, and answered by `tasks/update`, maybe on another replica.
 * So the key by which the client knows a question says what was asked: `<method>:<digest of the params>:<key>`.
 */
export function keyedQuestions(requests: readonly InputRequest[]): JsonObject {
  return Object.fromEntries(
    requests.map(({ key, method, params }) => [
      `${method}:${digestBytes(JSON.stringify(params))}:${key}`,
      { method, params },
    ]),
  )
}

const keyForm = /^([a-z/A-Z]+):(sha256:[0-9a-f]{64}):(.*)$/s

/** The answers under the server's own keys, and the questions as their keys tell them. */
export function keyedAnswers(responses: unknown): {
  readonly requests: readonly InputRequest[]
  readonly responses: JsonObject
} {
  const requests: InputRequest[] = []
  const own: [string, unknown][] = []
  for (const [key, response] of Object.entries(isObject(responses) ? responses : {})) {
    const [, method, digest, theirs] = keyForm.exec(key) ?? []
    // A server ignores answers to what it did not ask (tasks extension, "Task Update Requests").
    if (method === undefined || theirs === undefined || clientRequestCapability(method) === undefined)
      continue
    requests.push({ key: theirs, method, params: { digest } })
    own.push([theirs, response])
  }
  return { requests, responses: Object.fromEntries(own) }
}
