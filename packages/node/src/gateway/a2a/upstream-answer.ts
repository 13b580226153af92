import { isUtf8 } from 'node:buffer'
import { Fault } from '@ambit/core/fault'
import { readForeignError, reasonOf } from '@ambit/core/wire/a2a/error'
import type { ForeignError } from '@ambit/core/wire/a2a/error'
import { objectOf } from '@ambit/core/wire/a2a/json'
import { isTooDeep } from '@ambit/core/wire/depth'
import { isTerminal, readStreamResponse, readTask } from '@ambit/core/wire/a2a/task'
import type { Reading } from '@ambit/core/wire/a2a/task'
import { a2aVersion, isJsonMediaType } from '@ambit/core/wire/a2a/version'
import { unavailableFault } from '../../net/unavailable.ts'
import type { UpstreamHeaders } from '../../net/upstream.ts'
import type { EgressSink } from '../egress.ts'
import { readCard } from './cards/card-reading.ts'
import { activatedIn } from './headers.ts'
import { restError03, said10 } from './legacy/answer.ts'
import type { Plan } from './upstream-request.ts'

export type Result = Parameters<EgressSink['outcome']>[0]

/** What an agent said in one message: its result, or an error of its own. */
export type Said =
  | { readonly type: 'result'; readonly value: unknown; readonly json: string }
  | { readonly type: 'error'; readonly error: ForeignError; readonly value: { readonly error: unknown } }

/**
 * Reads one message of an agent in the plan's binding. `plain` tells whether its text has one reading only and is whole
 * as the binding wants it, so that whoever gets the bytes reads in them what was inspected here. Throws
 * `upstream.invalid`.
 */
export function readSaid(plan: Plan, text: string): { readonly said: Said; readonly plain: boolean } {
  const value = parse(text)
  const written = JSON.stringify(value)
  const members = objectOf(value)
  if (members === undefined) throw invalid('it answered with JSON that is not an object')
  const said = plan.binding === 'JSONRPC' ? readRpc(plan, members) : readRest(plan, members, written)
  const plain = written === text && (said.type === 'result' || isWholeError(plan, members))
  return { said: plan.version === a2aVersion ? said : said10(plan, said), plain }
}

/** An error may be understood and still lack what its readers rely on: its words, or the id of the request. */
function isWholeError(plan: Plan, { id, error }: Readonly<Record<string, unknown>>): boolean {
  return typeof objectOf(error)?.['message'] === 'string' && (plan.binding !== 'JSONRPC' || id === plan.id)
}

function readRest(plan: Plan, members: Readonly<Record<string, unknown>>, json: string): Said {
  const { error: given } = members
  const error = given === undefined ? undefined : readForeignError(given)
  if (error !== undefined) return { type: 'error', error, value: { error: given } }
  const former = plan.version === a2aVersion ? undefined : restError03(members)
  return former ?? { type: 'result', value: members, json }
}

function parse(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalid('it answered with something that is not JSON', error)
  }
  if (isTooDeep(value)) throw invalid('it answered with JSON that is nested too deeply')
  return value
}

function readRpc(plan: Plan, members: Readonly<Record<string, unknown>>): Said {
  if (members['jsonrpc'] !== '2.0') throw invalid('its answer is not of JSON-RPC 2.0')
  const hasError = members['error'] !== undefined && members['error'] !== null
  const hasResult = members['result'] !== undefined
  if (hasError === hasResult) throw invalid('its answer has not exactly one of `result` and `error`')
  // An agent that could not read the request does not know its id.
  const known =
    members['id'] === plan.id || (hasError && (members['id'] === null || members['id'] === undefined))
  if (!known) throw invalid('it answered another request than it was asked (the id differs)')
  if (!hasError) return { type: 'result', value: members['result'], json: JSON.stringify(members['result']) }
  const error = readForeignError(members['error'])
  if (error === undefined) throw invalid('its error has no code')
  return { type: 'error', error, value: { error: members['error'] } }
}

/** A whole answer as the outcome of the act. Throws a Fault when it is not of the protocol. */
export function outcomeOf(plan: Plan, status: number, headers: UpstreamHeaders, body: Buffer): Result {
  // What was deleted leaves nothing to say.
  if (status === 204 && plan.method === 'DeleteTaskPushNotificationConfig') return { ...completed, value: {} }
  if (!isJsonMediaType(single(headers['content-type'])))
    throw notAnswered(status, 'is not JSON by its Content-Type')
  if (!isUtf8(body)) throw notAnswered(status, 'is not UTF-8')
  if (body.length === 0) throw notAnswered(status, 'is empty')
  const text = body.toString('utf8')
  const { said, plain } = readSaid(plan, text)
  const wire = plan.answersWire && plain ? { wire: body } : {}
  const activated = activatedIn(headers)
  if (said.type === 'error') return { ...errorOutcome(said.error), value: said.value, ...wire, ...activated }
  if (status < 200 || status > 299) throw notAnswered(status, 'says nothing of an error')
  if (plan.streams) throw invalid('it answered with one JSON text where a stream was asked for')
  return { ...resultOutcome(plan, said.value), value: said.value, ...wire, ...activated }
}

/** The agent's own error. Its words go to the caller with the value, not into the record of the act. */
export function errorOutcome(error: ForeignError): Pick<Result, 'status' | 'error'> {
  const code = String(error.code)
  const reason = reasonOf(error)
  const detail =
    reason === code
      ? `the agent answered with the error ${code}`
      : `the agent answered with the error ${code} (${reason})`
  return { status: 'failed', error: { code, detail } }
}

export function resultOutcome(plan: Pick<Plan, 'method'>, value: unknown): Pick<Result, 'status' | 'error'> {
  switch (plan.method) {
    case 'SendMessage': {
      const reading = readStreamResponse(value)
      if (reading === undefined || (reading.kind !== 'task' && reading.kind !== 'message')) {
        throw invalid('it answered a message with neither a task nor a message')
      }
      return stateOutcome(reading)
    }
    case 'GetTask':
    case 'CancelTask':
      if (readTask(value) === undefined) throw invalid('it answered with something that is not a task')
      return completed
    case 'ListTasks':
      if (!Array.isArray(objectOf(value)?.['tasks'] ?? []))
        throw invalid('it answered with something that is not a list of tasks')
      return completed
    case 'GetExtendedAgentCard': {
      const reading = readCard(value)
      if (!reading.ok) throw invalid(`its extended card ${reading.wrong}`)
      return completed
    }
    default:
      return completed
  }
}

const completed = { status: 'completed' } as const

/** What a task's state means for the act that brought it there. One that goes on, or waits, is a call that ended well. */
export function stateOutcome(reading: Reading): Pick<Result, 'status' | 'error'> {
  const { state } = reading
  if (state === undefined || !isTerminal(state) || state === 'TASK_STATE_COMPLETED') return completed
  if (state === 'TASK_STATE_CANCELED') {
    return { status: 'cancelled', error: { code: state, detail: 'the task was cancelled' } }
  }
  const detail =
    state === 'TASK_STATE_REJECTED' ? 'the agent rejected the task' : 'the agent says that the task failed'
  return { status: 'failed', error: { code: state, detail } }
}

export function faultOutcome(fault: Fault): Result {
  return { status: 'failed', error: { code: fault.code, detail: fault.detail } }
}

export function invalid(detail: string, cause?: unknown): Fault {
  return new Fault('upstream.invalid', { detail, cause })
}

/** Something between here and the agent, or the agent's own server, answered instead of the agent. */
function notAnswered(status: number, why: string): Fault {
  const away = unavailableFault(status)
  if (away !== undefined) return away
  if (status === 429) {
    return new Fault('upstream.unreachable', { detail: `it answered with the HTTP status ${status}` })
  }
  if (status >= 300 && status < 400)
    return invalid(`it answered with the redirect ${status}, and redirects are not followed`)
  return invalid(`its answer with the HTTP status ${status} ${why}`)
}

export function single(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : ''
}
