import type { Interface } from '@ambit/core/record'
import type { Json } from '@ambit/core/wire/a2a/json'
import { interfaceAt } from './draft.ts'
import type { Context, Projected } from './draft.ts'

/** Members in which formats keep addresses beside those of the record. */
const addressLists: ReadonlySet<string> = new Set(['remotes', 'interfaces', 'supportedInterfaces'])

/**
 * The record as this node serves it: with its own addresses where it speaks the protocol, so that callers come by the
 * gateway. What it does not serve keeps the agent's address.
 */
export function servedHere(record: Projected, { origin }: Context): Projected {
  const here = record.interfaces.map((each) => addressed(each, record.slug, origin))
  const isFirst = ({ url, transport, version }: Interface, at: number) =>
    here.findIndex((each) => each.url === url && each.transport === transport && each.version === version) ===
    at
  const foreign = Object.entries(record.foreign ?? {}).map(([format, residue]) => [
    format,
    withoutAddresses(residue),
  ])
  return {
    ...record,
    interfaces: here.filter(isFirst),
    ...(record.foreign === undefined ? {} : { foreign: Object.fromEntries(foreign) as Projected['foreign'] }),
  }
}

function addressed(own: Interface, slug: string, origin: string): Interface {
  // One address for all servers, which a token then narrows.
  if (own.protocol === 'mcp') return interfaceAt('mcp', 'streamable-http', own.version, `${origin}/mcp`)
  if (own.protocol === 'a2a' && own.transport !== 'grpc') {
    return interfaceAt('a2a', own.transport, own.version, `${origin}/a2a/${slug}`)
  }
  return own
}

function withoutAddresses(residue: Json | undefined): Json {
  return Object.fromEntries(Object.entries(residue ?? {}).filter(([name]) => !addressLists.has(name)))
}
