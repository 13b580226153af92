import { hash } from 'node:crypto'
import type { HeldChain, Holder } from '../../../authority/authority.ts'
import type { Visible } from '../../gateway.ts'
import type { FoundTool, NamedTool, ToolNames } from './tool-names.ts'

/** Several providers of models take no longer tool names. */
const nameCharactersMax = 64
const digestCharacters = 8

interface View {
  readonly revision: number
  readonly list: readonly NamedTool[]
  readonly byName: ReadonlyMap<string, FoundTool>
}

/**
 * Names the tools a holder may call: by their own name where one server is behind, else `<slug>_<tool>`. A slug has
 * no underscore, so two tools never share a name; what would be too long is cut and given a digest instead.
 * `revision` changes whenever records, rulings or mandates do.
 */
export function createToolNames(
  visible: (holder: Holder) => readonly Visible[],
  revision: () => number,
): ToolNames {
  const views = new WeakMap<HeldChain, View>()
  function viewOf(holder: Holder): View {
    const known = views.get(holder.chain)
    const now = revision()
    if (known !== undefined && known.revision === now) return known
    const view = makeView(visible(holder), now)
    views.set(holder.chain, view)
    return view
  }
  return {
    list: (holder) => viewOf(holder).list,
    find: (holder, name) => viewOf(holder).byName.get(name),
  }
}

function makeView(servers: readonly Visible[], revision: number): View {
  const alone = servers.length <= 1
  const list: NamedTool[] = []
  const byName = new Map<string, FoundTool>()
  for (const { target, capabilities } of servers.toSorted((left, right) =>
    left.target.slug < right.target.slug ? -1 : 1,
  )) {
    for (const capability of capabilities) {
      const name = alone ? capability.id : toolName(target.slug, capability.id)
      const definition = { ...capability.served, name }
      list.push({ name, target, capability, definition })
      byName.set(name, { target, capability, renamed: name !== capability.id })
    }
  }
  return { revision, list, byName }
}

function toolName(slug: string, tool: string): string {
  const name = `${slug}_${tool}`
  if (name.length <= nameCharactersMax) return name
  const digest = hash('sha256', name, 'hex').slice(0, digestCharacters)
  return `${name.slice(0, nameCharactersMax - digestCharacters - 1)}_${digest}`
}
