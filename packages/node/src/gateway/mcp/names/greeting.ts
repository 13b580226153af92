import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { ProtocolCapability } from '@ambit/core/wire/mcp/operation'
import { tasksExtension } from '../capabilities.ts'
import type { View } from './view.ts'

const everyCall =
  'Every call passes an Ambit node and is recorded. A call may be refused: the answer then says which rule refused it ' +
  'and how to ask. Some calls first need a person: the answer then gives the address where they decide; afterwards ' +
  'make the same call again.'

/** Key in `_meta` of a list: which servers are missing from it, and why. */
export const leftOutKey = 'ambit/left-out'

/** What the node says of an address to `initialize` and `server/discover`: what the servers behind it declare together. */
export function greetingOf(view: View): { readonly capabilities: JsonObject; readonly instructions: string } {
  const { servers, catalogue, missing } = view
  const some = (id: ProtocolCapability) => servers.some((server) => server.has(id))
  const flag = (id: ProtocolCapability, name: 'subscribe' | 'listChanged') =>
    servers.some((server) => server.has(id) && server.declares(id, name))
  const sentences = [everyCall]
  if (catalogue.meta !== undefined) {
    const [find] = catalogue.meta.definitions
    sentences.push(
      `There are ${catalogue.tools.length} tools; most are found with ${String(find?.['name'])}.`,
    )
  }
  if (catalogue.plan !== undefined) {
    sentences.push(
      `Before several calls that may need a person, hand them in with ${catalogue.plan.name}: they are then asked once.`,
    )
  }
  if (missing.length > 0) sentences.push(`Not shown: ${missing.map((reason) => reason.what).join(' ')}`)
  return {
    capabilities: {
      tools: { listChanged: true },
      ...(some('resources/list') || some('resources/read')
        ? {
            resources: {
              subscribe: flag('resources/read', 'subscribe'),
              listChanged: flag('resources/read', 'listChanged'),
            },
          }
        : {}),
      ...(some('prompts/list') || some('prompts/get')
        ? { prompts: { listChanged: flag('prompts/list', 'listChanged') } }
        : {}),
      ...(some('completion/complete') ? { completions: {} } : {}),
      logging: {},
      ...(some('tasks') ? { extensions: { [tasksExtension]: {} } } : {}),
    },
    instructions: sentences.join(' '),
  }
}

/** `_meta` of a list from which something is missing; undefined when nothing is. */
export function leftOutMeta(view: View): JsonObject | undefined {
  return view.missing.length === 0 ? undefined : { [leftOutKey]: view.missing }
}
