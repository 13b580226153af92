/** A refusal of the control API (RFC 9457), or the lack of any answer. */
export class ApiProblem extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** A code of the fault table, or `console.offline` and `console.unreadable`. */
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly remedy: string
  readonly where: string | undefined
  /** All members of the answer. */
  readonly members: ReadonlyMap<string, unknown>

  constructor(problem: {
    status: number
    code: string
    title: string
    detail: string
    remedy: string
    where?: string | undefined
    members?: ReadonlyMap<string, unknown>
  }) {
    super(`${problem.code}: ${problem.detail}`)
    this.name = 'ApiProblem'
    this.status = problem.status
    this.code = problem.code
    this.title = problem.title
    this.detail = problem.detail
    this.remedy = problem.remedy
    this.where = problem.where
    this.members = problem.members ?? new Map()
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface CallOptions {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly signal?: AbortSignal
}

/** A node that says nothing for this long is treated as away; its own longest answer is a recall's. */
const answerTimeoutMs = 70_000

/**
 * One request to the control API. The reply has the shape the API promises, which the node's own tests check;
 * it is not read a second time here. Throws an ApiProblem for every refusal and for silence.
 */
export async function call<Reply>(method: Method, path: string, options: CallOptions = {}): Promise<Reply> {
  const response = await send(method, path, options)
  const text = await response.text()
  const json = text === '' ? undefined : parse(text)
  if (response.ok && (text === '' || json !== undefined)) return json as Reply
  throw problemFrom(response.status, json)
}

async function send(method: Method, path: string, options: CallOptions): Promise<Response> {
  const { body, query = {}, signal } = options
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  const tail = search.size === 0 ? '' : `?${search.toString()}`
  const timeout = AbortSignal.timeout(answerTimeoutMs)
  try {
    return await fetch(`/api${path}${tail}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new ApiProblem({
      status: 0,
      code: 'console.offline',
      title: 'The node does not answer',
      detail: 'no answer came to this request',
      remedy: 'Check that the node is running and that you are connected, then try again.',
    })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A page of some proxy in between: the caller turns this into a problem of its own.
    return undefined
  }
}

function problemFrom(status: number, json: unknown): ApiProblem {
  const members = new Map(Object.entries(typeof json === 'object' && json !== null ? json : {}))
  const text = (name: string): string | undefined => {
    const value: unknown = members.get(name)
    return typeof value === 'string' ? value : undefined
  }
  return new ApiProblem({
    status,
    code: text('code') ?? 'console.unreadable',
    title: text('title') ?? 'The answer is not one of an Ambit node',
    detail: text('detail') ?? `the answer had the status ${status}`,
    remedy: text('remedy') ?? 'Check the address; a proxy in between may have answered instead.',
    where: text('where'),
    members,
  })
}
