import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys } from '@ambit/core/wire/mcp/methods'

/**
 * What a server of the older eras is told about its client: only what the caller's own client declared, because a server
 * then asks for it. Extensions and experimental features end at this node.
 */
export function declaredTo(caller: JsonObject | undefined): JsonObject {
  const declared: Record<string, unknown> = {}
  for (const name of ['sampling', 'elicitation'] as const) {
    if (isObject(caller?.[name])) declared[name] = caller[name]
  }
  // This node tells no server that the roots changed.
  if (isObject(caller?.['roots'])) declared['roots'] = {}
  return declared
}

/** The level from which on the caller wants log messages; undefined when it said nothing. */
export function logLevelOf(caller: JsonObject | undefined): string | undefined {
  const level = caller?.[metaKeys.logLevel]
  return typeof level === 'string' ? level : undefined
}
