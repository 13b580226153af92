import {
  isInnerList,
  parseDictionary,
  parseItem,
  parseList,
  serializeByteSequence,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeList,
} from 'structured-headers'
import type { Item } from 'structured-headers'
import { HttpSignatureProblem } from './message.ts'
import type { HttpMessage, HttpRequest } from './message.ts'

/** A component as a signature names it: an Item whose value is the name (RFC 9421 section 2). */
export type Component = Item

/** Parameters that a component may have; trailers are not read. */
const fieldParameters = new Set(['sf', 'key', 'bs', 'req'])

/** The value that a component has in the signature base. Throws an HttpSignatureProblem for one that has none. */
export function componentValue(message: HttpMessage, [name, parameters]: Component): string {
  if (typeof name !== 'string') throw new HttpSignatureProblem('a component has no name')
  const of = parameters.get('req') === true ? requestOf(message) : message
  return name.startsWith('@') ? derived(of, name, parameters) : fieldValue(of, name, parameters)
}

function requestOf(message: HttpMessage): HttpRequest {
  const request = 'status' in message ? message.request : undefined
  if (request === undefined) throw new HttpSignatureProblem('`req` is for answers to a request')
  return request
}

/** RFC 9421 section 2.2. */
function derived(message: HttpMessage, name: string, parameters: Component[1]): string {
  for (const key of parameters.keys())
    if (key !== 'req' && !(key === 'name' && name === '@query-param'))
      throw new HttpSignatureProblem('a derived component has a parameter that it cannot have')
  if ('status' in message) {
    if (name === '@status') return String(message.status)
    throw new HttpSignatureProblem('the component is none of an answer')
  }
  const target = targetOf(message.url)
  switch (name) {
    case '@method':
      return message.method
    case '@target-uri':
      return `${target.scheme}://${target.authority}${target.path}${target.query}`
    case '@authority':
      return target.authority
    case '@scheme':
      return target.scheme
    case '@request-target':
      return `${target.path}${target.query}`
    case '@path':
      return target.path
    case '@query':
      return target.query === '' ? '?' : target.query
    case '@query-param':
      return queryParameter(target.query, parameters.get('name'))
    default:
      throw new HttpSignatureProblem('there is no such derived component')
  }
}

interface Target {
  readonly scheme: string
  readonly authority: string
  readonly path: string
  /** With its `?`; empty where there is none. */
  readonly query: string
}

const targetForm = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]+)([^?#]*)(\?[^#]*)?/

/** Split as text: what was sent is what was signed. Only what RFC 9421 says is put in its normal form. */
function targetOf(url: string): Target {
  const [, scheme, authority, path, query = ''] = targetForm.exec(url) ?? []
  if (scheme === undefined || authority === undefined) throw new HttpSignatureProblem('the address is none')
  const small = scheme.toLowerCase()
  const port = small === 'https' ? ':443' : ':80'
  const host = authority.toLowerCase()
  return {
    scheme: small,
    authority: host.endsWith(port) ? host.slice(0, -port.length) : host,
    path: path === undefined || path === '' ? '/' : path,
    query,
  }
}

/** Section 2.2.8: decoded and encoded again in one way, and never of a name that comes twice. */
function queryParameter(query: string, name: unknown): string {
  const wanted = typeof name === 'string' ? new URLSearchParams(`x=${name}`).get('x') : null
  const values = wanted === null ? [] : new URLSearchParams(query).getAll(wanted)
  if (values.length !== 1) throw new HttpSignatureProblem('a query parameter is not there, or comes twice')
  return new URLSearchParams({ x: values[0]! }).toString().slice(2).replaceAll('+', '%20')
}

/** Section 2.1. */
function fieldValue(message: HttpMessage, name: string, parameters: Component[1]): string {
  for (const key of parameters.keys())
    if (!fieldParameters.has(key)) throw new HttpSignatureProblem('a field has a parameter that is not known')
  const lines = message.field(name)
  if (lines.length === 0) throw new HttpSignatureProblem(`the field ${name} is not in the message`)
  const key = parameters.get('key')
  if (parameters.get('bs') === true) {
    if (key !== undefined || parameters.has('sf'))
      throw new HttpSignatureProblem('a field is taken as bytes or by its structure, not both')
    return lines.map((line) => serializeByteSequence(latin1(trimmed(line)))).join(', ')
  }
  const text = lines.map(trimmed).join(', ')
  if (key !== undefined) return memberOf(text, key)
  return parameters.get('sf') === true ? structured(text) : text
}

function trimmed(line: string): string {
  return line.replaceAll(/[ \t]*\r?\n[ \t]+/g, ' ').replaceAll(/^[ \t]+|[ \t]+$/g, '')
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function memberOf(text: string, key: unknown): string {
  const member = typeof key === 'string' ? parsed(() => parseDictionary(text))?.get(key) : undefined
  if (member === undefined) throw new HttpSignatureProblem('a member of a field is not there')
  return isInnerList(member) ? serializeInnerList(member) : serializeItem(member)
}

/** What the text is made of decides its form: a list, a dictionary or one item. */
function structured(text: string): string {
  const list = parsed(() => parseList(text))
  if (list !== undefined) return serializeList(list)
  const dictionary = parsed(() => parseDictionary(text))
  if (dictionary !== undefined) return serializeDictionary(dictionary)
  const item = parsed(() => parseItem(text))
  if (item !== undefined) return serializeItem(item)
  throw new HttpSignatureProblem('a field is not structured')
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    // Not of that form; whether that is wrong is for the caller to say.
    return undefined
  }
}
