import type { Digest } from '@ambit/core/digest'
import { definitionDigest } from './definition.ts'
import type { Described, DescribedCapability } from './describe.ts'

/** A difference between what was accepted and what the upstream serves now. */
export type Change =
  | { readonly change: 'added'; readonly capability: string; readonly after: DescribedCapability }
  | { readonly change: 'removed'; readonly capability: string }
  | { readonly change: 'changed'; readonly capability: string; readonly after: DescribedCapability }

/** What is compared of a record: its capabilities and the definition each is pinned to. */
export interface Pinned {
  readonly capabilities: readonly { readonly id: string; readonly definition: Digest }[]
}

/** Compares what a record is pinned to with what its upstream serves. Pure; in the order of the record, added ones last. */
export function compare(record: Pinned, described: Pick<Described, 'capabilities'>): Change[] {
  const served = new Map(described.capabilities.map((capability) => [capability.id, capability]))
  const changes: Change[] = []
  for (const { id, definition } of record.capabilities) {
    const after = served.get(id)
    served.delete(id)
    if (after === undefined) changes.push({ change: 'removed', capability: id })
    else if (definitionDigest(after.served) !== definition)
      changes.push({ change: 'changed', capability: id, after })
  }
  for (const [capability, after] of served) changes.push({ change: 'added', capability, after })
  return changes
}

/** Whether a record already says what the change says, so that nothing is left to accept. */
export function isSettled(record: Pinned, change: Change): boolean {
  const pinned = record.capabilities.find((capability) => capability.id === change.capability)
  if (change.change === 'removed') return pinned === undefined
  return pinned !== undefined && pinned.definition === definitionDigest(change.after.served)
}
