import type { Decision } from '@ambit/core/decision'
import { sharers } from './acts.ts'
import { keysFor } from './agent-keys.ts'
import { openApprovals } from './approval/approval.ts'
import type { ApprovalOptions, OpenApprovals, Suspended } from './approval/approval.ts'
import { openAuthority } from './authority/authority.ts'
import type { OpenAuthority } from './authority/authority.ts'
import type { Channels } from './channel/channel.ts'
import type { OpenAgentKeys } from './did/did.ts'
import type { Foundation } from './foundation.ts'
import { unlabelled } from './gateway/course.ts'
import type { OpenIdentity } from './identity/identity.ts'
import type { Catalog } from './kernel/catalog.ts'
import type { Registry } from './registry/registry.ts'
import { stoppedSince } from './stopped.ts'

interface AuthorityNeighbours {
  readonly identity: OpenIdentity
  readonly registry: Registry
  readonly agentKeys: OpenAgentKeys
  readonly catalog: Catalog
  /** Stops acts under these mandates; gives their number. */
  readonly stop: (ids: readonly string[]) => Promise<number>
}

/** What is allowed, as this node has it. */
export async function openAuthorityOf(
  foundation: Foundation,
  { identity, registry, agentKeys, catalog, stop }: AuthorityNeighbours,
): Promise<OpenAuthority> {
  const { activityLedger, config } = foundation
  return await openAuthority({
    ...foundation,
    identity,
    leaves: activityLedger,
    catalog,
    observe: config.observe,
    target: (slugOrId) => registry.target(slugOrId),
    agent: async (organization, name) => agentOf(registry, agentKeys, organization, name),
    agentKeys: (target) => keysFor(agentKeys, target),
    stop,
    replicas: sharers(foundation),
    logSize: () => activityLedger.size,
  })
}

interface ApprovalNeighbours {
  readonly identity: OpenIdentity
  readonly registry: Registry
  readonly authority: OpenAuthority
  readonly channels: Channels
  readonly stopAgent: NonNullable<ApprovalOptions['stopAgent']>
}

/** What people decide, as this node asks them. */
export async function openApprovalsOf(
  foundation: Foundation,
  { identity, registry, authority, channels, stopAgent }: ApprovalNeighbours,
): Promise<OpenApprovals> {
  const { activityLedger, config } = foundation
  return await openApprovals({
    ...foundation,
    identity,
    leaves: activityLedger,
    expiresMs: config.approvalMs,
    fatigue: config.fatigue,
    capabilityOf: (target, capability) => registry.targetOfDigest(target)?.capabilities.get(capability),
    judge: async (suspended) => await judgeSuspended(authority, registry, suspended),
    stopAgent,
    stoppedSince: async (suspended) => await stoppedSince(authority, registry, suspended),
    quietUntil: (person, now) => channels.quietUntil(person, now),
  })
}

/** What would be decided about an act that waits, such as with other values than it was asked about. */
async function judgeSuspended(
  authority: OpenAuthority,
  registry: Registry,
  { holder: key, links, target: digest, capability: id, arguments: values }: Suspended,
): Promise<Decision | undefined> {
  const holder = await authority.wake(key, links)
  const target = registry.targetOfDigest(digest)
  const capability = target?.capabilities.get(id)
  if (holder === undefined || target === undefined || capability === undefined) return undefined
  const { chain } = holder
  const question = { chain, target, capability, arguments: values, labels: unlabelled, place: undefined }
  return authority.decide({ ...question, now: authority.mandates.clock.now() })
}

function agentOf(registry: Registry, keys: OpenAgentKeys, organization: string, name: string) {
  const target = registry.target(name, organization)
  return target && { id: target.id, keys: keysFor(keys, target) }
}
