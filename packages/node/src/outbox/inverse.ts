import type { Inverse } from '@ambit/core/record'

/** What was said in the act that is undone; undefined where it is not there. */
export interface Originals {
  readonly arguments: unknown
  /** The answer, in the words of its protocol. */
  readonly result: unknown
}

/** Whether what was said in the act is needed at all. */
export function needsContents({ arguments: wanted }: Inverse): boolean {
  return Object.values(wanted).some((from) => 'from' in from)
}

/**
 * The arguments that undo an act, from its own arguments and its result; a string names the member that is not there.
 * What stands in a result was written by a third party, and only the members that the accepted profile names are taken.
 */
export function inverseArguments(
  { arguments: wanted }: Inverse,
  originals: Originals,
): Readonly<Record<string, unknown>> | string {
  const made: Record<string, unknown> = {}
  for (const [name, source] of Object.entries(wanted)) {
    if (name === '__proto__') return name
    if ('value' in source) made[name] = source.value
    else {
      const views = source.from === 'arguments' ? [originals.arguments] : resultViews(originals.result)
      const found = views.map((view) => memberAt(view, source.path)).find((value) => value !== undefined)
      if (found === undefined) return `${source.from}.${source.path}`
      made[name] = found
    }
  }
  return made
}

/** Where a path may begin: the structured content of an MCP result, the result itself, JSON that it says as text. */
function resultViews(result: unknown): readonly unknown[] {
  const whole = memberAt(result, 'jsonrpc') === '2.0' ? memberAt(result, 'result') : result
  return [memberAt(whole, 'structuredContent'), whole, parsed(memberAt(whole, 'content.0.text'))].filter(
    (view) => view !== undefined,
  )
}

/** Whether an MCP server says in its answer that its tool failed. */
export function saysFailed(result: unknown): boolean {
  const whole = memberAt(result, 'jsonrpc') === '2.0' ? memberAt(result, 'result') : result
  return memberAt(whole, 'isError') === true
}

/** The answer as it was kept: one JSON text, or pieces of a stream of which the last is the answer. */
export function readResult(text: string): unknown {
  return parsed(text) ?? parsed(text.slice(text.lastIndexOf('\n') + 1))
}

/** Longest text of a result that is looked into for JSON. */
const textCharactersMax = 256 * 1024

function parsed(text: unknown): unknown {
  if (typeof text !== 'string' || text.length > textCharactersMax) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Words, and no JSON: nothing to look into.
    return undefined
  }
}

function memberAt(value: unknown, path: string): unknown {
  let at = value
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Readonly<Record<string, unknown>>)[step]
  }
  return at
}
