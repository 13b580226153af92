import { Fault } from '@ambit/core/fault'
import type { Target, TargetCapability } from '../../registry/target.ts'
import { jsonBody, wrongBody } from './json-body.ts'
import type { JsonObject } from './json-body.ts'
import { askedIn, speaksInBodies } from './message.ts'
import { unclear } from './question.ts'
import type { Question, RequestLine } from './question.ts'

/** What is asked of a record. */
export interface AskedAct {
  readonly capability: TargetCapability
  readonly arguments: JsonObject
}

/**
 * Makes out the capability: what the message in the body asks for, else what the data plane's configuration names, else
 * `METHOD /path`. Throws `check.capability`, `check.body` and `check.request`.
 */
export function askedOf(target: Target, question: Question, line: RequestLine): AskedAct | 'greeting' {
  const body = jsonBody(question)
  const message = body === undefined ? undefined : askedIn(target, body)
  if (message !== undefined) {
    if (message === 'greeting') return message
    const { capability: wanted } = question
    if (wanted !== undefined && wanted !== message.capability)
      throw new Fault('check.capability', {
        detail: 'the body asks for another one than is configured',
        where: 'body',
      })
    return { capability: named(target, message.capability), arguments: message.arguments }
  }
  if (!bodiless.has(line.method) && speaksInBodies(target))
    throw wrongBody('what it asks for stands in the body, which the data plane did not send along')
  if (question.capability !== undefined)
    return { capability: named(target, question.capability), arguments: joined(line, body, undefined) }
  const { capability, rest } = addressed(target, line)
  return { capability, arguments: joined(line, body, rest) }
}

/** Methods whose requests have no body that a server would read. */
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

function named({ capabilities, slug }: Target, id: string): TargetCapability {
  const capability = capabilities.get(id)
  if (capability !== undefined) return capability
  throw new Fault('check.capability', { detail: 'nothing of that name', where: slug })
}

/** The capability `METHOD /path`, or with the longest `METHOD /beginning*`; `rest` is what stands for the star. */
function addressed(
  { capabilities, slug }: Target,
  { method, path }: RequestLine,
): { readonly capability: TargetCapability; readonly rest: string | undefined } {
  const wanted = `${method} ${path}`
  // Many servers answer with and without the last slash alike.
  const exact =
    capabilities.get(wanted) ?? capabilities.get(path === '/' ? wanted : wanted.replace(/\/$/, ''))
  if (exact !== undefined) return { capability: exact, rest: undefined }
  let found: TargetCapability | undefined
  for (const capability of capabilities.values()) {
    const { id } = capability
    if (!id.endsWith('*') || !wanted.startsWith(id.slice(0, -1))) continue
    if (found === undefined || id.length > found.id.length) found = capability
  }
  if (found === undefined)
    throw new Fault('check.capability', { detail: 'nothing answers to that method and path', where: slug })
  return { capability: found, rest: wanted.slice(found.id.length - 1) }
}

/** Query, body and what stands for a star, as one object. A name that two of them have could be read in either. */
function joined({ query }: RequestLine, body: JsonObject | undefined, rest: string | undefined): JsonObject {
  const queried = [...new Set(query.keys())].map((name): [string, unknown] => {
    const values = query.getAll(name)
    return [name, values.length === 1 ? values[0] : values]
  })
  const members = [
    ...queried,
    ...Object.entries(body ?? {}),
    ...(rest === undefined ? [] : [['*', rest] as const]),
  ]
  if (new Set(members.map(([name]) => name)).size !== members.length)
    throw unclear('an argument stands in the address and in the body')
  return Object.fromEntries(members)
}
