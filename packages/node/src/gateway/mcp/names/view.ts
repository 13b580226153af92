import type { Reason } from '@ambit/core/decision'
import type { ProtocolCapability } from '@ambit/core/wire/mcp/operation'
import type { Holder } from '../../../authority/authority.ts'
import type { Target, TargetCapability } from '../../../registry/target.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { FoundTool, NamedTool } from './tool-names.ts'

/**
 * What a holder sees at one address: `/mcp` shows every MCP server its mandate lets it see, `/mcp/<slug>` that one
 * alone. Immutable: after a change of records, rulings or mandates `Views.at` gives another one.
 */
export interface View {
  /** The record that the address names; undefined at `/mcp`. */
  readonly slug: string | undefined
  /** In the order of their slugs. */
  readonly servers: readonly SeenServer[]
  /** One server (or none) is seen: names and URIs are its own. */
  readonly single: boolean
  /** All tools that may be called, in a fixed order, under their names here. */
  readonly tools: readonly NamedTool[]
  /** What `tools/list` shows: all tools, or the pinned ones and the meta-tools. JSON text of the array, made once. */
  readonly toolsText: string
  /** The tools as a list shows them, and the meta-tools where there are more than it shows. */
  readonly catalogue: Catalogue
  /** What a name means, also when the holder may not call it; undefined when nothing registered has it. */
  find(name: string): FoundTool | undefined
  /** The server with that slug, also when nothing of it may be used: so that a refusal has its reason. */
  server(slug: string): SeenServer | undefined
  /** Whose the names and URIs without a server's name are; undefined when several servers are seen and none was alone before. */
  readonly plainOwner: SeenServer | undefined
  /** Why servers of the mandate, or all of them, are not shown. */
  readonly missing: readonly Reason[]
}

export interface SeenServer {
  readonly target: Target
  /** Whether the holder may use that part of the protocol with this server. */
  has(capability: ProtocolCapability): boolean
  /** As the record has it, also when the holder may not use it. */
  capability(id: ProtocolCapability): TargetCapability | undefined
  /** Whether the server declares it for that part of the protocol (`resources.subscribe`). */
  declares(capability: ProtocolCapability, flag: 'subscribe' | 'listChanged'): boolean
}

export interface Views {
  /** Undefined when the holder's organisation has no MCP record with that slug. */
  at(holder: Holder, slug?: string): View | undefined
}
