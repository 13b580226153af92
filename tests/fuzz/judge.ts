import { faultRows } from '@ambit/core/faults/table'
import type { RawAnswer } from './answer-reader.ts'
import type { Protocol } from './bed.ts'
import { foreignCanaries } from './canary.ts'
import type { Shot } from './draft.ts'
import { a2aObjection } from './judge-a2a.ts'
import { mcpObjection } from './judge-mcp.ts'

/** What is wrong with an answer. */
export interface Objection {
  readonly kind: 'leak' | 'undefined'
  readonly why: string
}

/** Statuses with which HTTP and the protocols refuse. */
const statuses = new Set([
  200, 202, 204, 301, 302, 304, 308, 400, 401, 403, 404, 405, 406, 408, 409, 411, 413, 414, 415, 417, 426,
  429, 431,
])

/** Looks at one answer to one message. `known`: secrets of others that the caller gave itself, so that it may get them back. */
export function judge(
  protocol: Protocol,
  shot: Shot,
  answer: RawAnswer,
  known: ReadonlySet<string>,
): Objection | undefined {
  const text = answer.body.toString('utf8')
  const heads = [...answer.headers.entries()]
    .map(([name, values]) => `${name}: ${values.join(', ')}`)
    .join('\n')
  const leaked = foreignCanaries(`${heads}\n${text}`, shot.holder).filter((canary) => !known.has(canary))
  if (leaked.length > 0) return { kind: 'leak', why: `${shot.holder} got ${leaked.join(', ')}` }
  const why =
    headObjection(answer) ??
    (answer.whole && shot.verb !== 'HEAD' ? statusObjection(answer, text) : undefined) ??
    bodyObjection(protocol, shot, answer, text)
  return why === undefined ? undefined : { kind: 'undefined', why }
}

/** What a message or an upstream wrote must never become a header of an answer. */
function headObjection({ headers }: RawAnswer): string | undefined {
  for (const name of ['x-injected', 'set-cookie']) {
    if (headers.has(name)) return `the header ${name} came through`
  }
  for (const name of ['content-length', 'content-type', 'transfer-encoding']) {
    if ((headers.get(name)?.length ?? 0) > 1) return `the header ${name} came twice`
  }
  return undefined
}

function statusObjection(answer: RawAnswer, text: string): string | undefined {
  if (statuses.has(answer.status)) return undefined
  if (answer.status < 500) return `the status ${answer.status}`
  const code = faultCodeOf(text)
  if (code === undefined) {
    // An agent's own error over HTTP+JSON keeps its status.
    return isDocumented(answer.status, text) || isForeign(answer.status, text)
      ? undefined
      : `the status ${answer.status} without a fault: ${text.slice(0, 200)}`
  }
  if (code === 'internal') return `an internal fault: ${text.slice(0, 300)}`
  const row = Object.hasOwn(faultRows, code) ? faultRows[code as keyof typeof faultRows] : undefined
  if (row === undefined) return `the fault ${code}, which is in no table`
  return row.status === answer.status ? undefined : `the fault ${code} with the status ${answer.status}`
}

/** 501: 0.3 has no such operation; INVALID_AGENT_RESPONSE has 500 in the table of A2A (section 5.4), 502 by our own. */
function isDocumented(status: number, text: string): boolean {
  const value = parsed(text) as { code?: unknown; error?: { code?: unknown } } | undefined
  const code = value?.code ?? value?.error?.code
  return (status === 501 && code === -32601) || ((status === 500 || status === 502) && code === -32006)
}

/** In the form of 1.0 with its own status, or in that of 0.3, where 500 is every error that has no status there. */
function isForeign(status: number, text: string): boolean {
  const value = parsed(text) as
    | { code?: unknown; message?: unknown; error?: { code?: unknown; status?: unknown } }
    | undefined
  const error = value?.error
  if (error !== undefined) return error.code === status && typeof error.status === 'string'
  return status === 500 && Number.isInteger(value?.code) && typeof value?.message === 'string'
}

/** The code of a fault of the node, in whichever form a binding writes it. */
function faultCodeOf(text: string): string | undefined {
  const value = parsed(text) as
    | {
        code?: unknown
        data?: unknown
        error?: { data?: unknown; details?: unknown }
      }
    | undefined
  const data = value?.error?.data
  const infos = [value, data, ...listOf(data), ...listOf(value?.data), ...listOf(value?.error?.details)]
  for (const info of infos) {
    const { code, metadata } = (info ?? {}) as { code?: unknown; metadata?: { code?: unknown } }
    for (const candidate of [metadata?.code, code]) {
      if (typeof candidate === 'string' && /^[a-z]+(\.[a-z-]+)?$/.test(candidate)) return candidate
    }
  }
  return undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function bodyObjection(protocol: Protocol, shot: Shot, answer: RawAnswer, text: string): string | undefined {
  const isStream = answer.headers.get('content-type')?.[0]?.startsWith('text/event-stream') === true
  // Of an answer that the caller did not wait for nothing can be told but what a stream said so far.
  if (shot.verb === 'HEAD' || answer.status === 304 || (!answer.whole && !isStream)) return undefined
  const type = answer.headers.get('content-type')?.[0] ?? ''
  if (type.startsWith('application/problem+json')) {
    const problem = parsed(text) as { code?: unknown; status?: unknown } | undefined
    if (typeof problem?.code !== 'string' || !Object.hasOwn(faultRows, problem.code)) {
      return `problem details without a known code: ${text.slice(0, 200)}`
    }
    return problem.status === answer.status ? undefined : 'problem details of another status'
  }
  const isMine =
    protocol === 'mcp' ? /^\/mcp(?:\/[a-z0-9-]+)?$/.test(shot.path) : shot.path.startsWith('/a2a/')
  // Other addresses belong to the console and the API, which answer with problem details or pages.
  if (!isMine) return undefined
  return protocol === 'mcp' ? mcpObjection(shot, answer, type, text) : a2aObjection(shot, answer, type, text)
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // That it is none is what the caller asks.
    return undefined
  }
}

/** The id that an answer must carry: of the request as every JSON parser reads it. */
export function requestId(shot: Shot): unknown {
  const value = parsed(shot.body.toString('utf8'))
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { id?: unknown }).id
    : undefined
}

/** The data of each event; undefined when the text is no stream of events. */
export function eventsOf(text: string, whole: boolean): string[] | undefined {
  const blocks = text.split('\n\n')
  const rest = blocks.pop()
  if (whole && rest !== '') return undefined
  const events: string[] = []
  for (const block of blocks) {
    const lines = block.split('\n')
    if (!lines.every((line) => /^(data|event|id|retry)?:/.test(line))) return undefined
    const data = lines
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).replace(/^ /, ''))
    if (data.length > 0 && data.join('') !== '') events.push(data.join('\n'))
  }
  return events
}
