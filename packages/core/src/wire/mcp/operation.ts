import { methods } from './methods.ts'

/**
 * The requests of clients that go on to a server, besides `tools/call`: which capability of a record each belongs to,
 * and which member of its params the header `Mcp-Name` repeats (2026-07-28, transports). Capabilities of the protocol
 * are named after its methods; a tool's name holds no slash (2025-11-25, server/tools), so the two do not meet.
 */
export interface Operation {
  readonly capability: ProtocolCapability
  readonly name: 'name' | 'uri' | 'taskId' | undefined
}

export type ProtocolCapability =
  | 'resources/list'
  | 'resources/read'
  | 'prompts/list'
  | 'prompts/get'
  | 'completion/complete'
  | 'tasks'

export const operations: Readonly<Record<string, Operation>> = {
  [methods.resourcesList]: { capability: 'resources/list', name: undefined },
  [methods.resourceTemplatesList]: { capability: 'resources/list', name: undefined },
  [methods.resourcesRead]: { capability: 'resources/read', name: 'uri' },
  [methods.resourcesSubscribe]: { capability: 'resources/read', name: undefined },
  [methods.resourcesUnsubscribe]: { capability: 'resources/read', name: undefined },
  [methods.listen]: { capability: 'resources/read', name: undefined },
  [methods.promptsList]: { capability: 'prompts/list', name: undefined },
  [methods.promptsGet]: { capability: 'prompts/get', name: 'name' },
  [methods.complete]: { capability: 'completion/complete', name: undefined },
  [methods.tasksGet]: { capability: 'tasks', name: 'taskId' },
  [methods.tasksUpdate]: { capability: 'tasks', name: 'taskId' },
  [methods.tasksCancel]: { capability: 'tasks', name: 'taskId' },
}

const protocolCapabilities: ReadonlySet<string> = new Set<ProtocolCapability>([
  'resources/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'tasks',
])

/** Whether a capability of an MCP record is one of the protocol's own, and no tool. */
export function isProtocolCapability(id: string): id is ProtocolCapability {
  return protocolCapabilities.has(id)
}

/** What a server may ask of its client while it works on a call. */
export const clientRequests = [methods.samplingCreate, methods.elicitationCreate, methods.rootsList] as const
export type ClientRequest = (typeof clientRequests)[number]
