/** What a signature may cover of a request (RFC 9421 section 2). */
export interface HttpRequest {
  readonly method: string
  /** The target URI, absolute and as it was sent: `https://node.example/mcp?x=1`. */
  readonly url: string
  /** The lines of a field by its name in small letters, in the order in which they came; none: empty. */
  readonly field: (name: string) => readonly string[]
}

/** What a signature may cover of an answer, and of the request it answers. */
export interface HttpResponse {
  readonly status: number
  readonly field: (name: string) => readonly string[]
  /** For components with the parameter `req`. */
  readonly request?: HttpRequest
}

export type HttpMessage = HttpRequest | HttpResponse

/** Why a signature cannot be made, or does not count. Text of others is not repeated in it. */
export class HttpSignatureProblem extends Error {
  override readonly name = 'HttpSignatureProblem'
}

/**
 * Fields of a message from names and values.
 *
 * @example
 * ```ts
 * const request = { method: 'GET', url: 'https://node.example/mcp', field: fieldsOf(new Headers({ accept: '*' })) }
 * ```
 */
export function fieldsOf(headers: Iterable<readonly [string, string]>): HttpRequest['field'] {
  const lines = new Map<string, string[]>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const known = lines.get(key)
    if (known === undefined) lines.set(key, [value])
    else known.push(value)
  }
  return (name) => lines.get(name) ?? []
}
