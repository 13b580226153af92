import type { IncomingMessage } from 'node:http'
import {
  a2aVersion03,
  extensionsHeader,
  extensionsHeader03,
  versionHeader,
} from '@ambit/core/wire/a2a/version'
import type { A2aVersion } from '@ambit/core/wire/a2a/version'
import { receiptHeader } from '@ambit/core/wire/receipt-wish'
import type { UpstreamHeaders } from '../../net/upstream.ts'
import type { Outbound } from '../egress.ts'
import { readGoverning } from '../governing-headers.ts'

/** The headers that govern a message, read in one pass. */
export interface A2aHeaders {
  authorization: string | undefined
  contentType: string | undefined
  contentEncoding: string | undefined
  version: string | undefined
  extensions: string | undefined
  /** How 0.3 calls the header before. */
  extensions03: string | undefined
  traceparent: string | undefined
  /** What is wished for of the receipt. */
  receipt: string | undefined
  /** A governed header that came twice or is too long: two readers could take a different one each. */
  duplicate: string | undefined
}

export function readHeaders(request: IncomingMessage): A2aHeaders {
  return readGoverning(
    request.rawHeaders,
    {
      authorization: undefined,
      contentType: undefined,
      contentEncoding: undefined,
      version: undefined,
      extensions: undefined,
      extensions03: undefined,
      traceparent: undefined,
      receipt: undefined,
      duplicate: undefined,
    },
    fieldOf,
  )
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
      return oneOf(name, 'authorization', 'authorization') ?? oneOf(name, receiptHeader, 'receipt')
    case 14:
      return oneOf(name, 'a2a-extensions', 'extensions')
    case 16:
      return (
        oneOf(name, 'content-encoding', 'contentEncoding') ?? oneOf(name, 'x-a2a-extensions', 'extensions03')
      )
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

/** The headers of a request to an agent, names and values in turn. Without a body there is no `contentType`. */
export function requestHeaders(
  outbound: Outbound,
  version: A2aVersion,
  accept: string,
  contentType: string | undefined,
): readonly string[] {
  const trace = traceparentOf(outbound.trace, outbound.act)
  const headers = ['accept', accept, versionHeader, version, 'traceparent', trace]
  if (contentType !== undefined) headers.push('content-type', contentType)
  for (const text of outbound.wireHeaders ?? [])
    headers.push(text === extensionsHeader && version === a2aVersion03 ? extensionsHeader03 : text)
  headers.push(...outbound.headers)
  return headers
}

/** Longest list of activated extensions that is told on. */
const activatedCharactersMax = 8192

/** Which extensions an agent says that it used, as an event or outcome carries them to the caller. */
export function activatedIn(headers: UpstreamHeaders): { readonly headers?: readonly string[] } {
  const given = headers['a2a-extensions'] ?? headers['x-a2a-extensions']
  if (given === undefined) return {}
  const value = typeof given === 'string' ? given : given.join(', ')
  return value.length > activatedCharactersMax ? {} : { headers: [extensionsHeader, value] }
}
