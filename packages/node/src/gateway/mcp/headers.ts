import type { IncomingMessage } from 'node:http'
import { receiptHeader } from '@ambit/core/wire/receipt-wish'
import { readGoverning } from '../governing-headers.ts'

/** The headers that govern a message, read in one pass. */
export interface McpHeaders {
  authorization: string | undefined
  contentType: string | undefined
  accept: string | undefined
  version: string | undefined
  method: string | undefined
  name: string | undefined
  /** What is wished for of the receipt. */
  receipt: string | undefined
  /** `Mcp-Param-*`, names and values in turn. */
  parameters: string[] | undefined
  /** A governed header that came twice: two readers could take a different one each. */
  duplicate: string | undefined
}

export function readHeaders(request: IncomingMessage): McpHeaders {
  return readGoverning<Field, McpHeaders>(
    request.rawHeaders,
    {
      authorization: undefined,
      contentType: undefined,
      accept: undefined,
      version: undefined,
      method: undefined,
      name: undefined,
      receipt: undefined,
      parameters: undefined,
      duplicate: undefined,
    },
    fieldOf,
    keepParameter,
  )
}

function keepParameter(headers: McpHeaders, name: string, value: string): void {
  if (name.length <= 10 || name.slice(0, 10).toLowerCase() !== 'mcp-param-') return
  headers.parameters ??= []
  headers.parameters.push(name, value)
}

type Field = 'authorization' | 'contentType' | 'accept' | 'version' | 'method' | 'name' | 'receipt'

function fieldOf(name: string): Field | undefined {
  switch (name.length) {
    case 6:
      return name.toLowerCase() === 'accept' ? 'accept' : undefined
    case 8:
      return name.toLowerCase() === 'mcp-name' ? 'name' : undefined
    case 10:
      return name.toLowerCase() === 'mcp-method' ? 'method' : undefined
    case 12:
      return name.toLowerCase() === 'content-type' ? 'contentType' : undefined
    case 13:
      if (name.toLowerCase() === 'authorization') return 'authorization'
      return name.toLowerCase() === receiptHeader ? 'receipt' : undefined
    case 20:
      return name.toLowerCase() === 'mcp-protocol-version' ? 'version' : undefined
    default:
      return undefined
  }
}

const sentinelStart = '=?base64?'
const sentinelEnd = '?='

/** A header value as the specification writes names that are not plain ASCII (2026-07-28, transports). */
export function headerText(text: string): string {
  const plain = text !== '' && text === text.trim() && /^[\t\x20-\x7e]*$/.test(text) && !isSentinel(text)
  return plain ? text : `${sentinelStart}${Buffer.from(text).toString('base64')}${sentinelEnd}`
}

/** Undefined when the sentinel holds no base64 of UTF-8. */
export function headerValue(value: string): string | undefined {
  const text = value.trim()
  if (!isSentinel(text)) return text
  const inner = text.slice(sentinelStart.length, -sentinelEnd.length)
  const bytes = Buffer.from(inner, 'base64')
  if (bytes.toString('base64') !== inner) return undefined
  const decoded = bytes.toString('utf8')
  return Buffer.from(decoded).equals(bytes) ? decoded : undefined
}

function isSentinel(text: string): boolean {
  return (
    text.startsWith(sentinelStart) &&
    text.endsWith(sentinelEnd) &&
    text.length >= sentinelStart.length + sentinelEnd.length
  )
}
