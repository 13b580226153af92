import type { IncomingMessage } from 'node:http'

/** The headers that govern a message, read in one pass. */
export interface A2aHeaders {
  authorization: string | undefined
  contentType: string | undefined
  contentEncoding: string | undefined
  version: string | undefined
  extensions: string | undefined
  traceparent: string | undefined
  /** A governed header that came twice or is too long: two readers could take a different one each. */
  duplicate: string | undefined
}

/** Longest value of a governed header. */
const valueCharactersMax = 8192

/** Reads `rawHeaders`, because the object of all headers hides what came twice. */
export function readHeaders(request: IncomingMessage): A2aHeaders {
  const raw = request.rawHeaders
  const headers: A2aHeaders = {
    authorization: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    version: undefined,
    extensions: undefined,
    traceparent: undefined,
    duplicate: undefined,
  }
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!
    const field = fieldOf(name)
    if (field === undefined) continue
    const value = raw[at + 1]!
    if (headers[field] !== undefined || value.length > valueCharactersMax) headers.duplicate = name
    headers[field] = value
  }
  return headers
}

type Field = Exclude<keyof A2aHeaders, 'duplicate'>

/** By length first: this runs for every header of every message. */
function fieldOf(name: string): Field | undefined {
  switch (name.length) {
    case 11:
      return oneOf(name, 'a2a-version', 'version') ?? oneOf(name, 'traceparent', 'traceparent')
    case 12:
      return oneOf(name, 'content-type', 'contentType')
    case 13:
      return oneOf(name, 'authorization', 'authorization')
    case 14:
      return oneOf(name, 'a2a-extensions', 'extensions')
    case 16:
      return oneOf(name, 'content-encoding', 'contentEncoding')
    default:
      return undefined
  }
}

function oneOf(name: string, wanted: string, field: Field): Field | undefined {
  return name.toLowerCase() === wanted ? field : undefined
}

const traceparentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const noTrace = '0'.repeat(32)

/** W3C trace id of a `traceparent` header; undefined when there is none or it is not of its form. */
export function traceOf(traceparent: string | undefined): string | undefined {
  if (traceparent === undefined) return undefined
  const trace = traceparentForm.exec(traceparent)?.[1]
  return trace === noTrace ? undefined : trace
}

/** The header for the next hop: the act's id ends in 16 digits of chance, which name the span. */
export function traceparentOf(trace: string, act: string): string {
  return `00-${trace}-${act.slice(-16)}-01`
}
