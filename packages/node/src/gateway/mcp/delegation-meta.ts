import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { delegationKey, readDelegation } from '@ambit/core/wire/delegation'
import type { DelegationReading } from '@ambit/core/wire/delegation'

/** What the caller of this request hands on: `_meta["ambit/delegate"]`. */
export function delegationOf(params: JsonObject | undefined): DelegationReading {
  const meta = params?.['_meta']
  return readDelegation(isObject(meta) ? meta[delegationKey] : undefined)
}

/** The params without it: it is for this node, and the server gets what it is handed in a header. */
export function withoutDelegation(params: JsonObject): JsonObject {
  const meta = params['_meta']
  if (!isObject(meta) || meta[delegationKey] === undefined) return params
  const { [delegationKey]: _wish, ...rest } = meta
  return { ...params, _meta: rest }
}
