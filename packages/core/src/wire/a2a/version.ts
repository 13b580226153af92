/** A2A 1.0 (specification v1.0.1): what both ends of the protocol agree on outside the messages. */
export const a2aVersion = '1.0' as const
/** The version before, which peers still speak; a request without a version is of it (section 3.6.2). */
export const a2aVersion03 = '0.3' as const
export type A2aVersion = typeof a2aVersion | typeof a2aVersion03

/** Major.Minor; a request without it, or with an empty one, speaks 0.3. */
export const versionHeader = 'a2a-version'

const versionForm = /^(\d{1,3}\.\d{1,3})(\.\d{1,5})?$/

/** The version that a text means, without its patch number (section 3.6.1); undefined when this node speaks none such. */
export function readVersion(text: string): A2aVersion | undefined {
  const version = versionForm.exec(text.trim())?.[1]
  return version === a2aVersion || version === a2aVersion03 ? version : undefined
}

/** Where an agent's card is found below its address (section 8.2). */
export const cardPath = '/.well-known/agent-card.json'
/** Where it was before 0.3; clients still look there. */
export const formerCardPath = '/.well-known/agent.json'

export const a2aMediaType = 'application/a2a+json'
export const jsonMediaType = 'application/json'
export const streamMediaType = 'text/event-stream'

/** The bindings this node speaks over HTTP, as cards name them. */
export const bindings = ['JSONRPC', 'HTTP+JSON'] as const
export type Binding = (typeof bindings)[number] | 'GRPC'

/** How an act's `wire.protocol` names the form of its bytes. */
export function wireProtocol(binding: Binding, version: A2aVersion = a2aVersion): string {
  return `a2a/${version}/${binding.toLowerCase()}`
}

/** Which extensions a request is made with, or an answer was: URIs with commas between them (section 3.2.6). */
export const extensionsHeader = 'A2A-Extensions'
export const extensionsHeader03 = 'X-A2A-Extensions'

/** The URIs of such a header. */
export function readExtensions(header: string | undefined): readonly string[] {
  if (header === undefined) return []
  return header
    .split(',')
    .map((uri) => uri.trim())
    .filter((uri) => uri !== '')
}

/** A media type without its parameters, in lower case. */
export function bareMediaType(header: string): string {
  const end = header.indexOf(';')
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase()
}

/** `application/json` or `application/a2a+json`: either is accepted in either binding. */
export function isJsonMediaType(header: string): boolean {
  const bare = bareMediaType(header)
  return bare === jsonMediaType || bare === a2aMediaType
}
