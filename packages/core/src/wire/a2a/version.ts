/** A2A 1.0 (specification v1.0.1): what both ends of the protocol agree on outside the messages. */
export const a2aVersion = '1.0'

/** Major.Minor; a request without it, or with an empty one, speaks 0.3 (specification, section 3.6.2). */
export const versionHeader = 'a2a-version'
export const versionWithoutHeader = '0.3'

/** Where an agent's card is found below its address (section 8.2). */
export const cardPath = '/.well-known/agent-card.json'

export const a2aMediaType = 'application/a2a+json'
export const jsonMediaType = 'application/json'
export const streamMediaType = 'text/event-stream'

/** The bindings this node speaks, as cards name them. */
export const bindings = ['JSONRPC', 'HTTP+JSON'] as const
export type Binding = (typeof bindings)[number]

/** How an act's `wire.protocol` names the form of its bytes. */
export function wireProtocol(binding: Binding): string {
  return `a2a/${a2aVersion}/${binding === 'JSONRPC' ? 'jsonrpc' : 'http+json'}`
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
