import { declaredKey } from '../capabilities.ts'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { Target, TargetCapability } from '../../../registry/target.ts'
import type { SeenServer } from './view.ts'

/** A server with the capabilities of it that a holder may use. */
export function seenServer(target: Target, usable: readonly TargetCapability[]): SeenServer {
  const ids = new Set(usable.map((capability) => capability.id))
  return {
    target,
    has: (id) => ids.has(id),
    capability: (id) => target.capabilities.get(id),
    declares(id, flag) {
      const meta = target.capabilities.get(id)?.served['_meta']
      const declared = isObject(meta) ? meta[declaredKey] : undefined
      return isObject(declared) && declared[flag] === true
    },
  }
}
