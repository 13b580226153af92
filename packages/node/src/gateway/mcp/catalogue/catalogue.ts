import type { Holder } from '../../../authority/authority.ts'
import type { NamedTool } from '../names/tool-names.ts'
import { metaTools } from './meta-tools.ts'
import type { MetaTools } from './meta-tools.ts'
import type { PlanTool } from '../plans/plan-tool.ts'
import { pinned } from './pinned.ts'

/** What `tools/list` shows at one address. */
export interface Catalogue {
  readonly tools: readonly NamedTool[]
  /** Tools a list shows in full; all of them while there is room. */
  readonly listed: readonly NamedTool[]
  /** Where there are more: the tools that find, describe and call the others. */
  readonly meta: MetaTools | undefined
  /** The tool that takes plans, for a holder whose person may have to be asked. */
  readonly plan: PlanTool | undefined
  /** JSON of the list, made when it is asked for first. */
  readonly text: string
}

export function createCatalogue(
  tools: readonly NamedTool[],
  holder: Holder,
  toolsListedMax: number,
  plan: PlanTool | undefined,
): Catalogue {
  const own = plan === undefined ? [] : [plan.definition]
  const meta = tools.length > toolsListedMax ? metaTools(tools) : undefined
  const listed =
    meta === undefined ? tools : pinned(tools, holder, toolsListedMax - meta.definitions.length - own.length)
  let text: string | undefined
  return {
    tools,
    listed,
    meta,
    plan,
    get text() {
      const definitions = listed.map((tool) => tool.definition)
      text ??= JSON.stringify([...(meta?.definitions ?? []), ...definitions, ...own])
      return text
    },
  }
}
