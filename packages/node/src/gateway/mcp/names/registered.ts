import type { Holder } from '../../../authority/authority.ts'
import type { Registry } from '../../../registry/registry.ts'
import type { Target } from '../../../registry/target.ts'

/** Servers that are looked through for a name that the holder may not use; whoever keeps more hears less of why. */
const serversMax = 1000

/**
 * MCP servers of the holder's organisation, used or not: that one, or those that its mandate names and as many others as
 * are looked through. Each is read as it comes.
 */
export function registeredServers(
  registry: Pick<Registry, 'heads' | 'target'>,
  { organization, chain }: Holder,
  slug: string | undefined,
): Iterable<Target> {
  if (slug !== undefined) {
    const target = registry.target(slug, organization)
    return target === undefined ? [] : [target]
  }
  return {
    *[Symbol.iterator]() {
      const named = new Set(chain.mandates.at(-1)?.allow.map((entry) => entry.target))
      let others = 0
      for (const { id, slug: own, protocols } of registry.heads(organization)) {
        if (!protocols.includes('mcp')) continue
        const isNamed = named.has(own) || named.has(id)
        if (!isNamed && ++others > serversMax) continue
        const target = registry.target(id)
        if (target !== undefined) yield target
      }
    },
  }
}
