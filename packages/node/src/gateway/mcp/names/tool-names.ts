import type { Target, TargetCapability } from '../../../registry/target.ts'

/** A tool as a list shows it. */
export interface NamedTool {
  readonly name: string
  readonly target: Target
  readonly capability: TargetCapability
  /** Under its name here. */
  readonly definition: Readonly<Record<string, unknown>>
}

/** What a tool's name means. */
export interface FoundTool {
  readonly target: Target
  readonly capability: TargetCapability
  /** The name here is another than the upstream's. */
  readonly renamed: boolean
}
