import type { IncomingMessage } from 'node:http'
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { isTooDeep } from '@ambit/core/wire/depth'
import { eventTo10 } from '@ambit/core/wire/a2a/v03/answer'
import { isObject } from '@ambit/core/wire/a2a/json'
import { Untranslatable } from '@ambit/core/wire/a2a/v03/form'
import { notificationTokenHeader } from '@ambit/core/wire/a2a/push'
import { isTerminal, readStreamResponse } from '@ambit/core/wire/a2a/task'
import { isJsonMediaType } from '@ambit/core/wire/a2a/version'
import { readGoverning } from '../../governing-headers.ts'

/** The headers of an agent's push that count. */
interface PushHeaders {
  authorization: string | undefined
  contentType: string | undefined
  contentEncoding: string | undefined
  token: string | undefined
  duplicate: string | undefined
}

type Field = Exclude<keyof PushHeaders, 'duplicate'>

const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['authorization', 'authorization'],
  ['content-type', 'contentType'],
  ['content-encoding', 'contentEncoding'],
  [notificationTokenHeader, 'token'],
])

/** Throws `push.invalid` or `request.media-type`. */
export function readPushHeaders(request: IncomingMessage): PushHeaders {
  const none: PushHeaders = {
    authorization: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    token: undefined,
    duplicate: undefined,
  }
  const headers = readGoverning<Field, PushHeaders>(request.rawHeaders, none, (name) =>
    fields.get(name.toLowerCase()),
  )
  if (headers.duplicate !== undefined)
    throw new Fault('push.invalid', { detail: 'a header that counts comes twice or is too long' })
  const encoding = headers.contentEncoding?.trim().toLowerCase() ?? 'identity'
  if (!isJsonMediaType(headers.contentType ?? '') || encoding !== 'identity') {
    throw new Fault('request.media-type', {
      detail: 'push notifications are sent as application/a2a+json or application/json, without an encoding',
      remedy: 'Send it as `content-type: application/a2a+json`.',
    })
  }
  return headers
}

/** The tokens that were sent, in either place; every one must be right. */
export function tokensIn({ authorization, token }: PushHeaders): string[] {
  const bearer = authorization === undefined ? undefined : /^bearer +(.+)$/i.exec(authorization.trim())?.[1]
  const tokens = token === undefined ? [] : [token]
  if (authorization !== undefined) tokens.push(bearer ?? '')
  return tokens
}

/** One push as it is kept. */
export interface Push {
  readonly value: unknown
  readonly bytes: Buffer
  readonly task: string
  /** The task is over. */
  readonly terminal: boolean
  /** SHA-256 of the bytes where they tell a state: such a push said twice in a row says nothing new. */
  readonly digest: string | null
}

/** Reads a push: one StreamResponse that names its task. Throws `push.invalid`. */
export function readPush(body: Buffer): Push {
  const value = in10(parse(body))
  const reading = readStreamResponse(value)
  if (reading === undefined)
    throw invalid('it has not exactly one of `task`, `message`, `statusUpdate` and `artifactUpdate`')
  const task = reading.taskId ?? messageTask(value)
  if (task === undefined) throw invalid('it names no task')
  const text = JSON.stringify(value)
  // Text that two readers could read differently goes on as it was read here.
  const bytes = text === body.toString('utf8') ? body : Buffer.from(text)
  const tells = reading.kind === 'task' || reading.kind === 'statusUpdate'
  return {
    value,
    bytes,
    task,
    terminal: reading.state !== undefined && isTerminal(reading.state),
    digest: tells ? createHash('sha256').update(bytes).digest('hex') : null,
  }
}

/** Agents of 0.3 push a bare task, message or event. */
function in10(value: unknown): unknown {
  if (!isObject(value) || typeof value['kind'] !== 'string') return value
  try {
    return eventTo10(value, 'kind')
  } catch (error) {
    if (error instanceof Untranslatable) throw invalid(error.message, error)
    throw error
  }
}

function messageTask(value: unknown): string | undefined {
  const { message } = value as { readonly message?: { readonly taskId?: unknown } }
  return typeof message?.taskId === 'string' && message.taskId !== '' ? message.taskId : undefined
}

function parse(body: Buffer): unknown {
  let value: unknown
  try {
    if (!isUtf8(body)) throw new TypeError('not UTF-8')
    value = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw invalid('it is not JSON in UTF-8', error)
  }
  if (isTooDeep(value)) throw invalid('it is nested too deeply')
  return value
}

function invalid(detail: string, cause?: unknown): Fault {
  return new Fault('push.invalid', { detail, cause })
}
