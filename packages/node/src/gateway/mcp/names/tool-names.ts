import type { Holder } from '../../../authority/authority.ts'
import type { Target, TargetCapability } from '../../../registry/target.ts'

/** The tools that a holder sees under the node's one MCP address, and what each name means. */
export interface ToolNames {
  /** In a fixed order. `definition` is the tool as the list shows it, under its name here. */
  list(holder: Holder): readonly NamedTool[]
  /** What a name means, also when the holder may not call it; undefined when nothing registered has it. */
  find(holder: Holder, name: string): FoundTool | undefined
}

export interface NamedTool {
  readonly name: string
  readonly target: Target
  readonly capability: TargetCapability
  readonly definition: Record<string, unknown>
}

export interface FoundTool {
  readonly target: Target
  readonly capability: TargetCapability
  /** The name here is another than the upstream's. */
  readonly renamed: boolean
}
