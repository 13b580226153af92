import { hash } from 'node:crypto'
import { isProtocolCapability } from '@ambit/core/wire/mcp/operation'
import type { HeldChain, Holder } from '../../../authority/authority.ts'
import { BoundedMap } from '../../../kernel/bounded-map.ts'
import type { Target, TargetCapability } from '../../../registry/target.ts'
import type { Visible } from '../../gateway.ts'
import { createCatalogue } from '../catalogue/catalogue.ts'
import { planTool } from '../plans/plan-tool.ts'
import { shownDefinition } from './definition.ts'
import { isEmpty, missingReasons } from './missing.ts'
import { seenServer } from './seen-server.ts'
import type { FoundTool, NamedTool } from './tool-names.ts'
import type { View, Views } from './view.ts'

/** Several providers of models take no longer tool names. */
const nameCharactersMax = 64
const digestCharacters = 8
/** Holders of which it is remembered whose tools were once shown without a server's name. */
const rememberedMax = 10_000

export interface ViewsOptions {
  /** Servers and tools that the holder may call now. */
  visible(holder: Holder): readonly Visible[]
  /** What is registered in the holder's organisation, or the one of that slug; may be gone through again. */
  targets(holder: Holder, slug: string | undefined): Iterable<Target>
  /** Changes whenever records, rulings or mandates do. */
  revision(): number
  /** Tools a list shows; of more, the pinned ones and the meta-tools. */
  readonly toolsListedMax: number
  /** Whether some call of a tool may need the holder's person. Left out: no plans are taken. */
  mayAsk?(holder: Holder, target: Target, capability: TargetCapability): boolean
}

/** What was made for one chain; given up as a whole when anything changed. */
interface Made {
  readonly revision: number
  /** The servers of the mandate in the order of their slugs. */
  readonly servers: readonly Visible[]
  /** By slug; `/mcp` under the empty one. */
  readonly views: Map<string, View>
}

/**
 * Makes the views of holders. A tool has its own name where one server is behind the address, else `<slug>_<tool>`. A
 * slug has no underscore, so two tools never share a name; what would be too long is cut and given a digest instead. A
 * name stays good when servers come and go: both its forms are found, and a name without a server means the one that
 * was alone before. A name that means a registered tool is found also when the holder may not call it, so that the
 * refusal has its reason and is recorded.
 */
export function createViews(options: ViewsOptions): Views {
  const made = new WeakMap<HeldChain, Made>()
  /** AIC of the server that was the only one, by holder. */
  const alone = new BoundedMap<string, string>(rememberedMax)
  function madeFor(holder: Holder): Made {
    const known = made.get(holder.chain)
    const revision = options.revision()
    if (known !== undefined && known.revision === revision) return known
    const servers = options.visible(holder).toSorted(bySlug)
    const [only] = servers
    if (servers.length === 1 && only !== undefined) alone.set(holder.key, only.target.id)
    const fresh = { revision, servers, views: new Map<string, View>() }
    made.set(holder.chain, fresh)
    return fresh
  }
  return {
    at(holder, slug) {
      const { servers, views } = madeFor(holder)
      const known = views.get(slug ?? '')
      if (known !== undefined) return known
      const registered = mcpTargets(options.targets(holder, slug), slug)
      if (slug !== undefined && isEmpty(registered)) return undefined
      const view = makeView({
        holder,
        slug,
        seen: slug === undefined ? servers : servers.filter(({ target }) => target.slug === slug),
        registered,
        aloneBefore: alone.get(holder.key),
        toolsListedMax: options.toolsListedMax,
        mayAsk: (target, capability) => options.mayAsk?.(holder, target, capability) === true,
      })
      views.set(slug ?? '', view)
      return view
    },
  }
}

interface Parts {
  readonly holder: Holder
  readonly slug: string | undefined
  /** What the holder may use at the address. */
  readonly seen: readonly Visible[]
  /** All that is registered for the address, used or not. */
  readonly registered: Iterable<Target>
  readonly aloneBefore: string | undefined
  readonly toolsListedMax: number
  mayAsk(target: Target, capability: TargetCapability): boolean
}

function makeView(parts: Parts): View {
  const { holder, slug, seen, registered } = parts
  const servers = seen.map(({ target, capabilities }) => seenServer(target, capabilities))
  const single = slug !== undefined || servers.length <= 1
  const { tools, byName } = nameTools(seen, single)
  const plainOwner = single ? servers[0] : servers.find(({ target }) => target.id === parts.aloneBefore)
  const find = (name: string) => byName.get(name) ?? findRegistered(registered, name, plainOwner?.target.id)
  const asks = tools.some(({ target, capability }) => parts.mayAsk(target, capability))
  const plan = asks ? planTool((name) => find(name) !== undefined) : undefined
  const catalogue = createCatalogue(tools, holder, parts.toolsListedMax, plan)
  return {
    slug,
    servers,
    single,
    tools,
    catalogue,
    get toolsText() {
      return catalogue.text
    },
    find,
    server(named) {
      const found = servers.find(({ target }) => target.slug === named)
      if (found !== undefined) return found
      const target = Iterator.from(registered).find((each) => each.slug === named)
      return target && seenServer(target, [])
    },
    plainOwner,
    missing: missingReasons(holder, registered, seen),
  }
}

function nameTools(
  seen: readonly Visible[],
  single: boolean,
): { readonly tools: readonly NamedTool[]; readonly byName: ReadonlyMap<string, FoundTool> } {
  const tools: NamedTool[] = []
  const byName = new Map<string, FoundTool>()
  for (const { target, capabilities } of seen) {
    for (const capability of capabilities) {
      if (isProtocolCapability(capability.id)) continue
      const name = single ? capability.id : toolName(target.slug, capability.id)
      const definition = shownDefinition(capability.served, name, single ? undefined : target.slug)
      tools.push({ name, target, capability, definition })
      byName.set(name, { target, capability, renamed: name !== capability.id })
    }
  }
  return { tools, byName }
}

/**
 * The one registered tool that a name can mean. With several, the one whose name it was when its server was alone, or
 * the one that is out of use, because its name was shown before.
 */
function findRegistered(
  targets: Iterable<Target>,
  name: string,
  plainOwner: string | undefined,
): FoundTool | undefined {
  const plain: FoundTool[] = []
  for (const target of targets) {
    const prefixed = name.startsWith(`${target.slug}_`) ? ofPrefixed(target, name) : undefined
    if (prefixed !== undefined) return { target, capability: prefixed, renamed: true }
    const capability = toolOf(target, name)
    if (capability !== undefined) plain.push({ target, capability, renamed: false })
  }
  if (plain.length === 1) return plain[0]
  const owned = plain.find(({ target }) => target.id === plainOwner)
  if (owned !== undefined) return owned
  const outOfUse = plain.filter((tool) => tool.target.state !== 'active' || tool.capability.held)
  return outOfUse.length === 1 ? outOfUse[0] : undefined
}

function ofPrefixed(target: Target, name: string): TargetCapability | undefined {
  const exact = toolOf(target, name.slice(target.slug.length + 1))
  if (exact !== undefined || name.length !== nameCharactersMax) return exact
  return [...target.capabilities.values()].find(({ id }) => toolName(target.slug, id) === name)
}

function toolOf(target: Target, name: string): TargetCapability | undefined {
  return isProtocolCapability(name) ? undefined : target.capabilities.get(name)
}

function toolName(slug: string, tool: string): string {
  const name = `${slug}_${tool}`
  if (name.length <= nameCharactersMax) return name
  const digest = hash('sha256', name, 'hex').slice(0, digestCharacters)
  return `${name.slice(0, nameCharactersMax - digestCharacters - 1)}_${digest}`
}

/** Read again each time somebody goes through them: of many servers no view keeps all. */
function mcpTargets(targets: Iterable<Target>, slug: string | undefined): Iterable<Target> {
  return {
    *[Symbol.iterator]() {
      for (const target of targets)
        if (
          (slug === undefined || target.slug === slug) &&
          target.interfaces.some((offered) => offered.protocol === 'mcp')
        )
          yield target
    },
  }
}

function bySlug(left: Visible, right: Visible): number {
  return left.target.slug < right.target.slug ? -1 : 1
}
