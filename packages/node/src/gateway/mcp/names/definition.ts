import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { uriShown } from './resource-uris.ts'

/** The tool as a list shows it. `slug` of its server, where names of several servers are told apart. */
export function shownDefinition(served: JsonObject, name: string, slug: string | undefined): JsonObject {
  const { _meta } = served
  if (slug === undefined || !isObject(_meta)) return { ...served, name }
  return { ...served, name, _meta: shownMeta(_meta, slug) }
}

/**
 * Tools with a surface of their own name the resource it comes from (extension `io.modelcontextprotocol/ui`, in an older
 * form too), and a client reads it under the URI that the list shows.
 */
function shownMeta(meta: JsonObject, slug: string): JsonObject {
  const { ui, 'ui/resourceUri': older } = meta
  const uri = isObject(ui) ? ui['resourceUri'] : undefined
  return {
    ...meta,
    ...(typeof uri === 'string' ? { ui: { ...(ui as JsonObject), resourceUri: uriShown(slug, uri) } } : {}),
    ...(typeof older === 'string' ? { 'ui/resourceUri': uriShown(slug, older) } : {}),
  }
}
