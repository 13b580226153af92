import type { SubscriptionFilter } from './hub.ts'

const kinds = ['toolsListChanged', 'promptsListChanged', 'resourcesListChanged'] as const

/** Everything that either of the two asks for. */
export function union(one: SubscriptionFilter, other: SubscriptionFilter): SubscriptionFilter {
  const uris = new Set([...(one.resourceSubscriptions ?? []), ...(other.resourceSubscriptions ?? [])])
  return {
    ...Object.fromEntries(
      kinds.filter((kind) => one[kind] === true || other[kind] === true).map((kind) => [kind, true]),
    ),
    ...(uris.size === 0 ? {} : { resourceSubscriptions: [...uris] }),
  }
}

/** Whether the wider one already has all of the other. */
export function isWithin(filter: SubscriptionFilter, wider: SubscriptionFilter): boolean {
  const uris = new Set(wider.resourceSubscriptions)
  return (
    kinds.every((kind) => filter[kind] !== true || wider[kind] === true) &&
    (filter.resourceSubscriptions ?? []).every((uri) => uris.has(uri))
  )
}

export function isEmpty(filter: SubscriptionFilter): boolean {
  return kinds.every((kind) => filter[kind] !== true) && (filter.resourceSubscriptions ?? []).length === 0
}
