import { errorCodes } from '@ambit/core/wire/mcp/errors'
import type { RawAnswer } from './answer-reader.ts'
import type { Shot } from './draft.ts'
import { eventsOf, parsed, requestId } from './judge.ts'

const codes = new Set<unknown>(Object.values(errorCodes))

interface Message {
  readonly jsonrpc?: unknown
  readonly id?: unknown
  readonly method?: unknown
  readonly result?: unknown
  readonly error?: { readonly code?: unknown; readonly message?: unknown }
}

/** What is wrong with an answer of the MCP address; undefined when nothing is. */
export function mcpObjection(shot: Shot, answer: RawAnswer, type: string, text: string): string | undefined {
  const { status } = answer
  if (status === 202 || status === 204) return text === '' ? undefined : `a body with the status ${status}`
  if (type.startsWith('application/json'))
    return messageObjection(shot, parsed(text) as Message | undefined, text)
  if (type.startsWith('text/event-stream')) return streamObjection(shot, answer, text)
  return `the media type ${type.slice(0, 100)} with the status ${status}`
}

function messageObjection(shot: Shot, message: Message | undefined, text: string): string | undefined {
  const shown = text.slice(0, 300)
  if (typeof message !== 'object' || message === null) return `no JSON-RPC message: ${shown}`
  if (message.jsonrpc !== '2.0') return `no JSON-RPC 2.0: ${shown}`
  const { error, result, id } = message
  if ((error === undefined) === (result === undefined)) return `not exactly one of result and error: ${shown}`
  // A stream taken up again answers the request it once began with.
  const sent = shot.verb === 'GET' ? id : requestId(shot)
  if (error === undefined) return id === sent ? undefined : `a result with another id: ${shown}`
  if (id !== null && id !== undefined && id !== sent) return `an error with another id: ${shown}`
  if (!Number.isInteger(error.code) || typeof error.message !== 'string') return `no JSON-RPC error: ${shown}`
  // A server may have codes of its own, and its errors are passed on.
  return codes.has(error.code) || isBehindUpstream(shot)
    ? undefined
    : `the error code ${String(error.code)}: ${shown}`
}

/** What names no server may be asked of all of them. */
function isBehindUpstream({ flavour, path }: Shot): boolean {
  return flavour === undefined || flavour === 'odd' || flavour === 'broken' || /odd|broken/.test(path)
}

function streamObjection(shot: Shot, { whole }: RawAnswer, text: string): string | undefined {
  const events = eventsOf(text, whole)
  if (events === undefined) return `no stream of events: ${text.slice(0, 300)}`
  let answered = false
  for (const event of events) {
    const message = parsed(event) as Message | undefined
    if (typeof message !== 'object' || message === null || message.jsonrpc !== '2.0') {
      return `an event that is no JSON-RPC message: ${event.slice(0, 300)}`
    }
    if (typeof message.method === 'string') continue
    if (answered) return 'a second answer in one stream'
    answered = true
    const wrong = messageObjection(shot, message, event)
    if (wrong !== undefined) return wrong
  }
  const listens = shot.verb === 'GET' || /subscriptions\/listen/.test(shot.body.toString('latin1'))
  return !whole || answered || listens
    ? undefined
    : `a stream that ended without an answer: ${text.slice(-300)}`
}
