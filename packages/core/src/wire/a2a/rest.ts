import { operations } from './method.ts'
import type { Method } from './method.ts'

/** What an HTTP+JSON address says. */
export interface RestAddress {
  readonly method: Method
  /** Members taken from the path: `id`, `taskId`, `tenant`. */
  readonly members: Readonly<Record<string, string>>
}

export type RestReading =
  | { readonly ok: true; readonly address: RestAddress }
  | { readonly ok: false; readonly why: 'unknown' | 'malformed' }
  | { readonly ok: false; readonly why: 'verb'; readonly verbs: readonly string[] }

interface Form {
  readonly method: Method
  readonly verbs: readonly string[]
  readonly pattern: RegExp
  readonly names: readonly string[]
}

const forms: Form[] = Object.entries(operations).map(([method, operation]) => ({
  method: method as Method,
  verbs: operation.verbs,
  pattern: new RegExp(`^(?:/(?<tenant>[^/]+))?${operation.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  names: ['tenant', ...[...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)],
}))
// `/tasks/{id}:cancel` is also of the form `/tasks/{id}`: what ends in a verb is tried first.
forms.sort((left, right) => Number(endsInVerb(right)) - Number(endsInVerb(left)))

function endsInVerb(form: Form): boolean {
  return operations[form.method].path.includes('}:')
}

/** Reads the path below an interface's address (`/message:send`, `/tasks/7:cancel`, `/{tenant}/tasks`). */
export function readRestPath(verb: string, path: string): RestReading {
  const verbs: string[] = []
  for (const form of forms) {
    const match = form.pattern.exec(path)
    if (match === null) continue
    if (!form.verbs.includes(verb)) {
      verbs.push(...form.verbs)
      continue
    }
    const members = decodeMembers(form.names, match.groups ?? {})
    return members === undefined
      ? { ok: false, why: 'malformed' }
      : { ok: true, address: { method: form.method, members } }
  }
  return verbs.length > 0 ? { ok: false, why: 'verb', verbs } : { ok: false, why: 'unknown' }
}

function decodeMembers(
  names: readonly string[],
  groups: Readonly<Record<string, string | undefined>>,
): Record<string, string> | undefined {
  const members: Record<string, string> = {}
  for (const name of names) {
    const text = groups[name]
    if (text === undefined) continue
    try {
      members[name] = decodeURIComponent(text)
    } catch {
      // Broken percent-encoding is the caller's mistake, told as such.
      return undefined
    }
  }
  return members
}

/** The one with the underscore is how clients of 0.3 write it. */
const integerMembers = new Set(['historyLength', 'pageSize', 'history_length'])
const booleanMembers = new Set(['includeArtifacts'])

/** The request's members in a query string. Undefined when one is given twice or is not of its type. */
export function readRestQuery(
  query: URLSearchParams,
): { readonly members: Record<string, unknown> } | { readonly wrong: string } {
  const members: Record<string, unknown> = {}
  for (const [name, text] of query) {
    if (name.toLowerCase() === 'a2a-version') continue
    if (Object.hasOwn(members, name) || name === '__proto__') return { wrong: name }
    if (integerMembers.has(name)) {
      if (!/^-?\d{1,9}$/.test(text)) return { wrong: name }
      members[name] = Number(text)
    } else if (booleanMembers.has(name)) {
      if (text !== 'true' && text !== 'false') return { wrong: name }
      members[name] = text === 'true'
    } else members[name] = text
  }
  return { members }
}

/** An operation as an HTTP request below an interface's address. */
export interface RestRequest {
  readonly verb: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Members that go into the body; undefined where the operation has none. */
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** Undefined when a member cannot be written into an address: missing, a dot segment, an object in a query. */
export function restRequest(
  method: Method,
  params: Readonly<Record<string, unknown>>,
): RestRequest | undefined {
  const operation = operations[method]
  const verb = operation.verbs[0]
  const rest: Record<string, unknown> = { ...params }
  let whole = true
  let path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const segment = pathSegment(rest[name])
    delete rest[name]
    if (segment === undefined) whole = false
    return segment ?? ''
  })
  const tenant = rest['tenant']
  delete rest['tenant']
  if (tenant !== undefined && tenant !== null && tenant !== '') {
    const segment = pathSegment(tenant)
    if (segment === undefined) whole = false
    path = `/${segment}${path}`
  }
  if (!whole) return undefined
  if (verb === 'POST') return { verb, path, query: [], body: rest }
  const query = queryOf(rest)
  return query === undefined ? undefined : { verb, path, query, body: undefined }
}

function queryOf(members: Readonly<Record<string, unknown>>): (readonly [string, string])[] | undefined {
  const query: (readonly [string, string])[] = []
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === null) continue
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
    query.push([name, String(value)])
  }
  return query
}

/** Dot segments would be taken away by URL parsing and lead elsewhere. */
function pathSegment(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value === '.' || value === '..') return undefined
  return value.isWellFormed() ? encodeURIComponent(value) : undefined
}
