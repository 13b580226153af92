import { hash } from 'node:crypto'
import type { HeldChain, Holder } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
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

export interface ToolNamesOptions {
  /** Servers and tools that the holder may call now. */
  visible(holder: Holder): readonly Visible[]
  /** Everything registered in the holder's organisation. */
  targets(holder: Holder): Iterable<Target>
  /** Changes whenever records, rulings or mandates do. */
  revision(): number
}

/**
 * Names the tools a holder may call: by their own name where one server is behind, else `<slug>_<tool>`. A slug has
 * no underscore, so two tools never share a name; what would be too long is cut and given a digest instead. A name that
 * means a registered tool is found also when the holder may not call it, so that the refusal has its reason and is
 * recorded.
 */
export function createToolNames(options: ToolNamesOptions): ToolNames {
  const views = new WeakMap<HeldChain, View>()
  function viewOf(holder: Holder): View {
    const known = views.get(holder.chain)
    const now = options.revision()
    if (known !== undefined && known.revision === now) return known
    const view = makeView(options.visible(holder), now)
    views.set(holder.chain, view)
    return view
  }
  return {
    list: (holder) => viewOf(holder).list,
    find: (holder, name) => viewOf(holder).byName.get(name) ?? registered(options.targets(holder), name),
  }
}

/** The one registered tool that a name can mean; with several, the one that is out of use, because its name was shown before. */
function registered(targets: Iterable<Target>, name: string): FoundTool | undefined {
  const plain: FoundTool[] = []
  for (const target of targets) {
    if (!target.interfaces.some((offered) => offered.protocol === 'mcp')) continue
    if (name.startsWith(`${target.slug}_`)) {
      const capability = target.capabilities.get(name.slice(target.slug.length + 1))
      if (capability !== undefined) return { target, capability, renamed: true }
    }
    const capability = target.capabilities.get(name)
    if (capability !== undefined) plain.push({ target, capability, renamed: false })
  }
  if (plain.length === 1) return plain[0]
  const outOfUse = plain.filter((tool) => tool.target.state !== 'active' || tool.capability.held)
  return outOfUse.length === 1 ? outOfUse[0] : undefined
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
