import { errorRows } from '@ambit/core/wire/a2a/error'
import type { RawAnswer } from './answer-reader.ts'
import type { Shot } from './draft.ts'
import { eventsOf, parsed, requestId } from './judge.ts'

/** Of A2A and JSON-RPC, and the one for what A2A has no word for. */
const codes = new Set<unknown>([...Object.values(errorRows).map((row) => row.code), -32000])
const reservedPaths = /^\/a2a\/(push\/|[^/?]*\/(\.well-known\/)?agent-card\.json)/

interface Message extends Pick<ErrorObject, 'code' | 'message'> {
  readonly jsonrpc?: unknown
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

interface ErrorObject {
  readonly code?: unknown
  readonly message?: unknown
  readonly status?: unknown
}

/** What is wrong with an answer of an agent's address; undefined when nothing is. */
export function a2aObjection(shot: Shot, answer: RawAnswer, type: string, text: string): string | undefined {
  const { status } = answer
  if (status === 204 || status === 202) return text === '' ? undefined : `a body with the status ${status}`
  const isJson = type.startsWith('application/json') || type.startsWith('application/a2a+json')
  if (reservedPaths.test(shot.path)) {
    return isJson && parsed(text) !== undefined
      ? undefined
      : `no JSON with the status ${status}: ${text.slice(0, 200)}`
  }
  const isRpc = /^\/a2a\/[^/?]*\/?($|\?)/.test(shot.path)
  if (type.startsWith('text/event-stream')) return streamObjection(shot, answer, text, isRpc)
  if (!isJson) return `the media type ${type.slice(0, 100)} with the status ${status}`
  const value = parsed(text) as Message | undefined
  if (typeof value !== 'object' || value === null) return `no JSON object: ${text.slice(0, 300)}`
  return isRpc ? rpcObjection(shot, value, text) : restObjection(shot, status, value, text)
}

function rpcObjection(shot: Shot, message: Message, text: string): string | undefined {
  const shown = text.slice(0, 300)
  if (message.jsonrpc !== '2.0') return `no JSON-RPC 2.0: ${shown}`
  const { error, result, id } = message
  if ((error === undefined) === (result === undefined)) return `not exactly one of result and error: ${shown}`
  const sent = requestId(shot)
  if (error === undefined) return id === sent ? undefined : `a result with another id: ${shown}`
  if (id !== null && id !== undefined && id !== sent) return `an error with another id: ${shown}`
  return errorObjection(shot, error, shown)
}

function errorObjection(shot: Shot, error: unknown, shown: string): string | undefined {
  const { code, message } = (error ?? {}) as ErrorObject
  if (!Number.isInteger(code) || typeof message !== 'string') return `no error object: ${shown}`
  return codes.has(code) || isBehindAgent(shot) ? undefined : `the error code ${String(code)}: ${shown}`
}

function restObjection(shot: Shot, status: number, value: Message, text: string): string | undefined {
  const error = (value.error ?? {}) as ErrorObject
  // An agent may say back a member of that name which its caller gave it; an error has a code.
  if (status < 400)
    return Number.isInteger(error.code) && !isBehindAgent(shot)
      ? `an error with the status ${status}`
      : undefined
  const isForm =
    error.code === status && typeof error.status === 'string' && typeof error.message === 'string'
  return isForm || isOlderError(shot, value) ? undefined : `no error of HTTP+JSON: ${text.slice(0, 300)}`
}

/** 0.3 writes the error object of JSON-RPC, without an envelope. */
function isOlderError(shot: Shot, value: Message): boolean {
  const isCode = codes.has(value.code) || (Number.isInteger(value.code) && isBehindAgent(shot))
  return isCode && typeof value.message === 'string'
}

function isBehindAgent({ flavour }: Shot): boolean {
  return flavour === 'odd' || flavour === 'broken'
}

function streamObjection(shot: Shot, { whole }: RawAnswer, text: string, isRpc: boolean): string | undefined {
  const events = eventsOf(text, whole)
  if (events === undefined) return `no stream of events: ${text.slice(0, 300)}`
  if (whole && events.length === 0) return 'a stream without an event'
  for (const event of events) {
    const value = parsed(event) as Message | undefined
    if (typeof value !== 'object' || value === null)
      return `an event that is no object: ${event.slice(0, 300)}`
    const wrong = isRpc ? rpcObjection(shot, value, event) : undefined
    if (wrong !== undefined) return wrong
  }
  return undefined
}
