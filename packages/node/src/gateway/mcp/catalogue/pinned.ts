import type { Holder } from '../../../authority/authority.ts'
import type { NamedTool } from '../names/tool-names.ts'

/**
 * The tools that the mandate names one by one: whoever gave it meant them to be at hand. What it allows by a pattern is
 * left to be found. In the order of the list.
 */
export function pinned(tools: readonly NamedTool[], holder: Holder, max: number): readonly NamedTool[] {
  const exact = new Set<string>()
  for (const { target, capability } of holder.chain.mandates.at(-1)?.allow ?? [])
    if (!capability.endsWith('*')) exact.add(`${target} ${capability}`)
  return tools
    .filter(({ target, capability: { id } }) =>
      ['*', target.slug, target.id].some((name) => exact.has(`${name} ${id}`)),
    )
    .slice(0, Math.max(0, max))
}
