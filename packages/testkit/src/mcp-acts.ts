import { randomBytes } from 'node:crypto'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Interface } from '@ambit/core/record'
import { strictestProfile } from '@ambit/core/record'
import type { Egress, EgressSink, Outbound, Performance } from '@ambit/node/gateway/egress'
import type { Target, TargetCapability } from '@ambit/node/registry/target'
import { askStraight } from './back.ts'

const someDigest = `sha256:${'0'.repeat(64)}` as const

/** A target with one MCP interface and the tools named. */
export function mcpTarget(
  offered: Pick<Interface, 'version' | 'url' | 'transport'> & Partial<Interface>,
  tools: readonly string[],
  slug = 'fixture',
): Target {
  const capabilities = tools.map((id): [string, TargetCapability] => [
    id,
    {
      id,
      definition: someDigest,
      profile: strictestProfile,
      accepted: true,
      held: false,
      served: { name: id, inputSchema: { type: 'object' } },
    },
  ])
  return {
    id: `aic-${slug}`,
    slug,
    organization: 'org',
    kind: 'tool-server',
    digest: someDigest,
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: slug,
    interfaces: [{ protocol: 'mcp', security: [], ...offered }],
    capabilities: new Map(capabilities),
  }
}

/** An act on its way out. */
export function outboundOf(
  target: Target,
  tool: string,
  args: unknown,
  more: Partial<Outbound> = {},
): Outbound {
  const capability = target.capabilities.get(tool)
  if (capability === undefined) throw new Error(`the target has no tool ${tool}`)
  return {
    act: randomBytes(16).toString('hex'),
    trace: randomBytes(16).toString('hex'),
    target,
    capability,
    arguments: args,
    wire: undefined,
    holder: 'did:key:holder',
    headers: [],
    stream: true,
    operation: undefined,
    reversibility: 0,
    ...more,
  }
}

export type SunkOutcome = Omit<Outcome, 'type' | 'startedAt' | 'durationMs'>

export interface Performed {
  readonly performance: Performance
  readonly events: readonly ActEvent[]
  readonly outcome: Promise<SunkOutcome>
  /** Resolves with the first event. */
  readonly begun: Promise<void>
  /** More than one would be a fault of the egress. */
  readonly outcomes: number
}

/** Performs an act and keeps all that is heard of it. */
export function performed(egress: Pick<Egress, 'perform'>, outbound: Outbound): Performed {
  const events: ActEvent[] = []
  let outcomes = 0
  const { promise: outcome, resolve } = Promise.withResolvers<SunkOutcome>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const sink: EgressSink = {
    event(event) {
      events.push(event)
      begin()
      return true
    },
    ask: askStraight(),
    outcome(value) {
      outcomes += 1
      resolve(value)
    },
  }
  const performance = egress.perform(outbound, sink)
  return {
    performance,
    events,
    outcome,
    begun,
    get outcomes() {
      return outcomes
    },
  }
}
