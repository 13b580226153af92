import { SseReader } from '@ambit/core/wire/sse'
import { AmbitProblem, problemOfAnswer, timedOut, unreachable, unreadable } from './problem.ts'

/** Longer than the node's own limit for an upstream (60 s), so that its answer arrives rather than our silence. */
const timeoutMsDefault = 70_000
/** A record has up to two thousand capabilities of 20,000 characters of description; a receipt its whole contents. */
const answerBytesMax = 64 * 1024 * 1024

export interface ConnectionOptions {
  /** Where the node is: `http://localhost:7100`. In a browser page of the node, `''`. */
  readonly url: string
  /** `ambs_…` of a session or `amba_…` of an API token; left out in a browser, where the cookie says who you are. */
  readonly token?: string | undefined
  /** How long one answer may take, in milliseconds. */
  readonly timeoutMs?: number
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface CallOptions {
  readonly body?: unknown
  /** In place of `body`, as the endpoints of OAuth take it. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly signal?: AbortSignal | undefined
}

/** What every call takes last. */
export interface Options {
  readonly signal?: AbortSignal
}

/** Which part of a list: `cursor` is `next` of the part before. */
export interface Page {
  readonly cursor?: string
  readonly limit?: number
}

/** One node's control API, for the files that know its nouns. */
export interface Connection {
  readonly url: string
  /** Throws an AmbitProblem for every refusal and for silence; an abort of the signal throws the signal's reason. */
  readonly call: <Reply>(method: Method, path: string, options?: CallOptions) => Promise<Reply>
  /** Server-sent events until the node or the signal ends them. */
  readonly events: (path: string, options?: Options) => AsyncGenerator<{ event: string; data: unknown }>
}

/*
 * Answers are read as JSON and taken in the shape the control API promises: the node checks its own replies against
 * the same schemas, and members of later versions must pass. What has to be believed by nobody - receipts, signed
 * mandates and rulings - is verified with the functions of `verify.ts` and `@ambit/core`.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const url = options.url.replace(/\/+$/, '')
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault
  const authorization: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }

  async function send(
    address: string,
    init: RequestInit,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    try {
      return await fetch(address, { ...init, redirect: 'error' })
    } catch (error) {
      throw failure(error, address, signal)
    }
  }

  function failure(error: unknown, address: string, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason
    if (error instanceof AmbitProblem) return error
    if (error instanceof Error && error.name === 'TimeoutError') return timedOut(address, timeoutMs)
    return unreachable(address, error)
  }

  return {
    url,
    async call<Reply>(
      method: Method,
      path: string,
      { body, form, headers: more, query, signal }: CallOptions = {},
    ): Promise<Reply> {
      const address = `${url}${path}${queryText(query)}`
      const headers: Record<string, string> = { ...authorization, accept: 'application/json', ...more }
      if (body !== undefined) headers['content-type'] = 'application/json'
      const timeout = AbortSignal.timeout(timeoutMs)
      const init: RequestInit = {
        method,
        headers,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      }
      const response = await send(address, init, signal)
      let text
      try {
        text = await boundedText(response)
      } catch (error) {
        throw failure(error, address, signal)
      }
      if (response.ok && text === '') return undefined as Reply
      const answer = parseJson(text, response.status)
      if (!response.ok) throw problemOfAnswer(response.status, answer)
      return answer as Reply
    },
    async *events(path, { signal } = {}) {
      const address = `${url}${path}`
      const headers = { ...authorization, accept: 'text/event-stream' }
      const response = await send(address, signal === undefined ? { headers } : { headers, signal }, signal)
      if (!response.ok || response.body === null) {
        const text = await boundedText(response)
        throw problemOfAnswer(response.status, text === '' ? {} : parseJson(text, response.status))
      }
      const reader = new SseReader()
      const pieces = response.body.getReader()
      try {
        for (;;) {
          const piece = await pieces.read()
          if (piece.done) return
          for (const { event, data } of reader.read(piece.value)) {
            yield { event, data: parseJson(data, response.status) }
          }
        }
      } catch (error) {
        throw failure(error, address, signal)
      } finally {
        // The reader of a stream that ended or failed has nothing left to cancel; either way nothing more comes.
        await pieces.cancel().catch(() => undefined)
      }
    },
  }
}

function queryText(query: CallOptions['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  const pieces = response.body.getReader()
  let text = ''
  let bytes = 0
  for (;;) {
    const piece = await pieces.read()
    if (piece.done) return text + decoder.decode()
    bytes += piece.value.length
    if (bytes > answerBytesMax) {
      await pieces.cancel()
      throw unreadable(`the answer is longer than ${answerBytesMax} bytes`, response.status)
    }
    text += decoder.decode(piece.value, { stream: true })
  }
}

function parseJson(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable(`the answer had the status ${status} and was not JSON`, status, error)
  }
}

/** A path with its parts escaped: `path`/api/records/${slug}``. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(value)))
}
