import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys } from '@ambit/core/wire/mcp/methods'

/** What a client may declare, with the kinds of each (2025-11-25 basic/lifecycle); without a kind it means the first. */
const known = { sampling: ['context', 'tools'], elicitation: ['form', 'url'], roots: [] } as const

/**
 * What a server of the older eras is told about its client: only what the caller's own client declared, because a server
 * then asks for it. Extensions, experimental features and anything else end at this node: each set of capabilities has
 * a session of its own, and is part of the handle of a client's session. Nor does this node tell that roots changed.
 */
export function declaredTo(caller: JsonObject | undefined): JsonObject {
  const declared: Record<string, JsonObject> = {}
  for (const [name, kinds] of Object.entries(known)) {
    const given = caller?.[name]
    if (!isObject(given)) continue
    declared[name] = Object.fromEntries(
      kinds.filter((kind) => isObject(given[kind])).map((kind) => [kind, {}]),
    )
  }
  return declared
}

/** The level from which on the caller wants log messages; undefined when it said nothing. */
export function logLevelOf(caller: JsonObject | undefined): string | undefined {
  const level = caller?.[metaKeys.logLevel]
  return typeof level === 'string' ? level : undefined
}
