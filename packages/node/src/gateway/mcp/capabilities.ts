import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { ProtocolCapability } from '@ambit/core/wire/mcp/operation'
import type { Role } from '@ambit/core/record'
import type { DescribedCapability } from '../../registry/describe.ts'

/** The tasks extension of 2026-07-28. */
export const tasksExtension = 'io.modelcontextprotocol/tasks'
/** In `_meta` of a served definition, which no digest covers: whether a server notifies may change without an operator. */
export const declaredKey = 'ambit/declared'

interface Part {
  readonly id: ProtocolCapability
  readonly name: string
  readonly description: string
  readonly roles: Readonly<Record<string, Role>>
  /** What the server's capabilities have under this name says whether it has the part. */
  readonly declared: (capabilities: JsonObject) => unknown
}

const resources = (capabilities: JsonObject) => capabilities['resources']
const prompts = (capabilities: JsonObject) => capabilities['prompts']

const parts: readonly Part[] = [
  {
    id: 'resources/list',
    name: 'List resources',
    description: 'Shows which resources and resource templates the server has.',
    roles: { cursor: 'control' },
    declared: resources,
  },
  {
    id: 'resources/read',
    name: 'Read resources',
    description: 'Reads resources of the server, and hears when they change.',
    roles: { uri: 'selector', notifications: 'selector' },
    declared: resources,
  },
  {
    id: 'prompts/list',
    name: 'List prompts',
    description: 'Shows which prompts the server has.',
    roles: { cursor: 'control' },
    declared: prompts,
  },
  {
    id: 'prompts/get',
    name: 'Get prompts',
    description: 'Has the server write out one of its prompts.',
    roles: { name: 'selector', arguments: 'content' },
    declared: prompts,
  },
  {
    id: 'completion/complete',
    name: 'Complete arguments',
    description: 'Has the server propose values for arguments of its prompts and resource templates.',
    roles: { ref: 'selector', argument: 'content', context: 'content' },
    declared: (capabilities) => capabilities['completions'],
  },
  {
    id: 'tasks',
    name: 'Follow tasks',
    description:
      'Asks what became of tasks that calls began, gives them what they wait for, and cancels them.',
    roles: { taskId: 'selector', inputResponses: 'content' },
    declared: ({ extensions }) => (isObject(extensions) ? extensions[tasksExtension] : undefined),
  },
]

/**
 * The parts of the protocol that a server declares, as capabilities of its record. What they do is said by the
 * protocol, so the proposal is not derived from words; the definition is the same for every server.
 */
export function protocolCapabilities(declared: JsonObject): readonly DescribedCapability[] {
  return parts.flatMap(({ id, name, description, roles, declared: of }) => {
    const flags = of(declared)
    if (!isObject(flags)) return []
    return {
      id,
      name,
      description,
      inputSchema: undefined,
      outputSchema: undefined,
      hints: {},
      profile: { effect: 'read', reversibility: 0, roles, integrity: {}, dataClasses: [] },
      served: { name: id, title: name, description, _meta: { [declaredKey]: flagsOf(flags) } },
    }
  })
}

function flagsOf(flags: JsonObject): JsonObject {
  return { subscribe: flags['subscribe'] === true, listChanged: flags['listChanged'] === true }
}
