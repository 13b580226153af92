import { Fault } from '@ambit/core/fault'
import type { Format } from '@ambit/core/format'
import type { Json } from '@ambit/core/wire/a2a/json'

/** Of what format a document is, by members that only that format has. Throws a Fault `format.unknown`. */
export function formatOf(document: Json): Format {
  const has = (...names: readonly string[]) => names.every((name) => Object.hasOwn(document, name))
  if (has('aic') && has('endPoints')) return 'acs'
  if (document['protocolType'] === 'ANP' || document['type'] === 'AgentDescription') return 'anp'
  if (has('supportedInterfaces') || (has('url', 'skills') && has('capabilities'))) return 'a2a'
  if (has('specVersion', 'entries')) return 'ai-catalog'
  if (has('entries') || has('identifier', 'type')) return 'ard'
  const name = document['name']
  if (typeof name === 'string' && name.includes('/') && has('version')) return 'mcp'
  throw new Fault('format.unknown', {
    detail: 'no member of it says what format it is',
    where: 'document',
  })
}
