import { Fault } from '@ambit/core/fault'
import type { PlaneHeaders } from './headers.ts'

/**
 * One request that a data plane asks about. All of it is the client's word but `target` and `capability`, which its
 * configuration says.
 */
export interface Question {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly host: string | undefined
  readonly headers: PlaneHeaders
  /** Slug of the record. */
  readonly target: string | undefined
  readonly capability: string | undefined
  /** Empty where there is none, and where the data plane keeps it to itself. */
  readonly body: Buffer
}

/** Method and address of a question, in the one way in which every server reads them. */
export interface RequestLine {
  readonly method: string
  /** Decoded. */
  readonly path: string
  readonly query: URLSearchParams
}

const methodForm = /^[A-Z]{1,20}$/
/** What servers read in more than one way: control characters, white space, `\`, `;`, `#` and empty segments. */
const ambiguous = /[\0-\x20\x7f\\;#]|\/\//
const urlCharactersMax = 8192

/** Throws `check.request` for an address that the data plane, this node and the server might read differently. */
export function requestLine({ method, url }: Pick<Question, 'method' | 'url'>): RequestLine {
  if (!methodForm.test(method)) throw unclear('the method is not a word in capital letters')
  if (!url.startsWith('/') || url.length > urlCharactersMax)
    throw unclear('the address does not begin with a slash, or is too long')
  const end = url.indexOf('?')
  const path = decoded(end < 0 ? url : url.slice(0, end))
  return { method, path, query: new URLSearchParams(end < 0 ? '' : url.slice(end + 1)) }
}

function decoded(raw: string): string {
  const path = unescaped(raw)
  const isAmbiguous = ambiguous.test(raw) || ambiguous.test(path) || path.includes('%')
  const segments = path.split('/')
  const moved = segments.some((segment) => segment === '.' || segment === '..')
  // A slash that was written as %2F is none to some.
  if (isAmbiguous || moved || segments.length !== raw.split('/').length)
    throw unclear(
      'the path is not written plainly: no dots as segments, no `//`, `\\`, `;` or escaped slashes',
    )
  return path
}

function unescaped(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch (error) {
    throw unclear('the path is not percent-encoded as it should be', error)
  }
}

export function unclear(detail: string, cause?: unknown): Fault {
  return new Fault('check.request', { detail, ...(cause === undefined ? {} : { cause }) })
}
