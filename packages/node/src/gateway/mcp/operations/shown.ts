import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { uriShown } from '../names/resource-uris.ts'

/**
 * A result of one of several servers with that server's slug in the URIs of its resources: contents that were read,
 * links and embedded resources in what a tool or a prompt gave.
 */
export function showUris(result: JsonObject, slug: string): JsonObject {
  const { contents, content, messages } = result
  return {
    ...result,
    ...(Array.isArray(contents) ? { contents: contents.map((each) => withUri(each, slug)) } : {}),
    ...(Array.isArray(content) ? { content: content.map((each) => block(each, slug)) } : {}),
    ...(Array.isArray(messages) ? { messages: messages.map((each) => message(each, slug)) } : {}),
  }
}

/** A member of a list under its name here. */
export function showListed(member: unknown, slug: string): unknown {
  if (!isObject(member)) return member
  const { uri, uriTemplate, name } = member
  if (typeof uri === 'string') return { ...member, uri: uriShown(slug, uri) }
  if (typeof uriTemplate === 'string') return { ...member, uriTemplate: uriShown(slug, uriTemplate) }
  return typeof name === 'string' ? { ...member, name: `${slug}_${name}` } : member
}

function message(value: unknown, slug: string): unknown {
  if (!isObject(value)) return value
  const { content } = value
  // A message of a prompt holds one block; several are taken too.
  return {
    ...value,
    content: Array.isArray(content) ? content.map((each) => block(each, slug)) : block(content, slug),
  }
}

function block(value: unknown, slug: string): unknown {
  if (!isObject(value)) return value
  if (value['type'] === 'resource_link') return withUri(value, slug)
  if (value['type'] === 'resource') return { ...value, resource: withUri(value['resource'], slug) }
  return value
}

function withUri(value: unknown, slug: string): unknown {
  return isObject(value) && typeof value['uri'] === 'string'
    ? { ...value, uri: uriShown(slug, value['uri']) }
    : value
}
