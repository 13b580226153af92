import { isUtf8 } from 'node:buffer'
import { Fault } from '@ambit/core/fault'
import { isTextTooDeep } from '@ambit/core/wire/depth'
import type { Question } from './question.ts'

/** A JSON object that every reader reads alike. */
export type JsonObject = Readonly<Record<string, unknown>>

const jsonForm = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i

/**
 * The JSON object in the body; undefined when there is no body. The server gets the very bytes, so what could be read
 * there in another way than here is refused: throws `check.body`.
 */
export function jsonBody({ headers, body }: Pick<Question, 'headers' | 'body'>): JsonObject | undefined {
  if (headers.partial === 'true') throw wrongBody('only a part of it was sent: raise max_request_bytes')
  if (body.length === 0) return undefined
  if (headers.contentType === undefined || !jsonForm.test(headers.contentType.trim()))
    throw wrongBody('its type is not application/json')
  const encoding = headers.contentEncoding?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity') throw wrongBody('it is compressed')
  if (!isUtf8(body)) throw wrongBody('it is not UTF-8')
  const text = body.toString('utf8')
  if (isTextTooDeep(text)) throw wrongBody('it is nested too deeply')
  const value = parse(text)
  if (Array.isArray(value)) throw wrongBody('it is a list: send one message at a time')
  if (!isObject(value)) throw wrongBody('it is not a JSON object')
  // A member that came twice is in the value once.
  if (membersOf(value) !== membersIn(text)) throw wrongBody('a member stands in it twice')
  return value
}

/** Of a JSON text: every member has one colon outside of strings. */
function membersIn(text: string): number {
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === colon) members += 1
    else if (code === quote) at = endOfString(text, at)
  }
  return members
}

const colon = 0x3a
const quote = 0x22
const backslash = 0x5c

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code === backslash) at += 1
  }
  return text.length
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw wrongBody('it is not JSON', error)
  }
}

/** Throws for members of one object that differ in case only: some readers take the one for the other. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + membersOf(each), 0)
  const names = Object.keys(value)
  if (new Set(names.map((name) => name.toLowerCase())).size !== names.length)
    throw wrongBody('two members differ in capital letters only')
  return Object.values(value).reduce((sum: number, each) => sum + membersOf(each), names.length)
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function wrongBody(detail: string, cause?: unknown): Fault {
  return new Fault('check.body', { detail, where: 'body', ...(cause === undefined ? {} : { cause }) })
}
