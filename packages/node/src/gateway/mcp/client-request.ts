import { clientRequests } from '@ambit/core/wire/mcp/operation'
import type { ClientRequest } from '@ambit/core/wire/mcp/operation'
import { digestBytes } from '../../kernel/digest.ts'
import type { TargetCapability } from '../../registry/target.ts'

/**
 * What a server may ask of its client, as capabilities of that server: a mandate for `server/*` lets it ask, one that
 * names `server/echo` alone does not. One object each, so that a chain's answer about it is worked out once.
 */
const capabilities: ReadonlyMap<string, TargetCapability> = new Map(
  clientRequests.map((method) => [method, capabilityOf(method)]),
)

/** Undefined when a client of MCP answers no such method. */
export function clientRequestCapability(method: string): TargetCapability | undefined {
  return capabilities.get(method)
}

function capabilityOf(method: ClientRequest): TargetCapability {
  return {
    id: method,
    definition: digestBytes(method),
    profile: { effect: 'read', reversibility: 0, roles: {}, integrity: {}, dataClasses: [] },
    accepted: true,
    held: false,
    served: { name: method },
  }
}
