import { approvalRoutes } from './approval/routes.ts'
import { mandateRoutes } from './authority/routes.ts'
import { ruleRoutes } from './authority/rule-routes.ts'
import { addressRoutes } from './address/routes.ts'
import { caRoutes } from './ca/routes.ts'
import { channelRoutes } from './channel/routes.ts'
import { contentsRoutes } from './contents/routes.ts'
import type { Decommission } from './decommission/decommission.ts'
import { decommissionRoutes } from './decommission/routes.ts'
import type { Domains } from './domains.ts'
import { createFacts } from './facts.ts'
import type { Foundation } from './foundation.ts'
import { saltOf } from './gateway/commitment.ts'
import type { InFlight } from './gateway/in-flight.ts'
import type { Traffic } from './gateway/traffic.ts'
import { didDocumentRoutes } from './did/document-routes.ts'
import { agentKeyRoutes } from './did/routes.ts'
import { governanceRoutes } from './governance/routes.ts'
import { eventRoutes } from './http/events.ts'
import { defaultOrganization } from './identity/identity.ts'
import { identityRoutes } from './identity/routes.ts'
import type { Route } from './kernel/route.ts'
import { logRoutes } from './ledger/routes.ts'
import type { Liveness } from './liveness/liveness.ts'
import { livenessRoutes } from './liveness/routes.ts'
import type { Backups } from './ops/backup.ts'
import { backupRoutes } from './ops/backup-routes.ts'
import type { DiskWatch } from './ops/disk-watch.ts'
import { programRoutes } from './ops/programs.ts'
import { statusRoutes } from './ops/status.ts'
import type { OAuth } from './oauth/oauth.ts'
import { oauthRoutes } from './oauth/routes.ts'
import { nodeVersion } from './protocols.ts'
import type { Outbox } from './outbox/outbox.ts'
import { ownershipRoutes } from './ownership/routes.ts'
import { provedDomainsOf } from './owning.ts'
import { outboxRoutes } from './outbox/routes.ts'
import type { Projection } from './projection/projection.ts'
import type { Receipts } from './receipt/receipt.ts'
import { receiptRoutes } from './receipt/routes.ts'
import type { Facts, TakeOvers } from './registry/registry.ts'
import { registryRoutes } from './registry/routes.ts'
import { scanRoutes } from './scan/routes.ts'
import type { Scans } from './scan/scan.ts'
import { endpointsOf } from './scanning.ts'
import { signInRoutes } from './signin/routes.ts'
import type { Response } from './response/response.ts'
import { stopRoutes } from './response/stop-routes.ts'
import type { Stopping } from './response/stop.ts'
import { witnessRoutes } from './witness/routes.ts'

export interface RouteParts {
  readonly foundation: Foundation
  readonly domains: Domains
  readonly outbox: Outbox
  readonly response: Response
  readonly decommission: Decommission
  readonly takeOvers: Pick<TakeOvers, 'accept'>
  readonly liveness: Liveness
  readonly projection: Projection
  readonly scans: Scans
  readonly stopping: Stopping
  readonly receipts: Receipts
  readonly inFlight: InFlight
  readonly traffic: Traffic
  readonly disk: DiskWatch
  readonly backups: Backups
  /** The last of what the program of a record wrote for people, by AIC. */
  readonly errorOutput: (recordId: string) => string | undefined
  /** Undefined: clients may not log in by themselves. */
  readonly oauth: OAuth | undefined
  readonly origin: () => string
}

/** What the rooms know of a record, for its view. */
function factsOf({ domains, liveness }: RouteParts): Facts {
  return createFacts({
    liveness,
    ca: domains.ca,
    keys: domains.agentKeys,
    addresses: domains.addresses,
    domainsOf: async (record) => await provedDomainsOf(domains, record),
  })
}

/** The control API: the routes of all domains. */
export function routesOf(parts: RouteParts): readonly Route[] {
  const { foundation, domains, response, receipts } = parts
  const { identity, contents, registry, signIns, governance, authority, approvals } = domains
  return [
    ...identityRoutes(identity),
    ...registryRoutes({
      registry,
      recall: response,
      documents: parts.projection.importDocuments,
      takeOvers: parts.takeOvers,
      governed: { ...governance, facts: factsOf(parts) },
    }),
    ...parts.projection.routes,
    ...livenessRoutes({
      liveness: parts.liveness,
      recordId: (slug, organization) => registry.target(slug, organization)?.id,
    }),
    ...scanRoutes({
      scans: parts.scans,
      endpoints: (organization) => endpointsOf(domains, organization),
    }),
    ...ownershipRoutes(domains.ownership),
    ...decommissionRoutes(parts.decommission),
    ...signInRoutes(signIns),
    ...agentKeyRoutes(domains.agentKeys),
    ...didDocumentRoutes(domains.agentKeys),
    ...governanceRoutes(governance),
    ...mandateRoutes(authority.mandates),
    ...ruleRoutes(authority.rules, foundation.clock),
    ...stopRoutes(parts.stopping, { stops: authority.stops, ledger: foundation.activityLedger }),
    ...(parts.oauth === undefined ? [] : oauthRoutes(parts.oauth)),
    ...approvalRoutes(approvals.parts),
    ...channelRoutes(domains.channels.parts),
    ...outboxRoutes(parts.outbox.parts),
    ...receiptRoutes({
      receipts,
      targetOf(digest) {
        const target = registry.targetOfDigest(digest)
        return target && { slug: target.slug, title: target.title }
      },
      subjectOf: async (approval) => (await approvals.parts.store.find(approval))?.subject,
      async askedOf(approval, organization) {
        const asked = await approvals.parts.safe.suspended(approval)
        if (asked?.organization !== organization) return undefined
        return { ...asked, callers: [...asked.callers], in: asked.protocolIn }
      },
      organizationOf: async (caller) =>
        (await identity.person(caller))?.organization ?? registry.target(caller)?.organization,
      contents,
      opener: { salt: saltOf, keptSince: () => contents.keptSince() },
    }),
    ...contentsRoutes({ contents, identity }),
    ...witnessRoutes(domains.witness),
    ...caRoutes(domains),
    ...addressRoutes({ addresses: domains.addresses, registry, clock: foundation.clock }),
    ...eventRoutes(foundation.bus, {
      record: (id) => registry.target(id)?.organization,
      mandate: (id) => authority.mandates.book.get(id)?.body.organization,
    }),
    ...programRoutes({
      recordId: (slug, organization) => registry.target(slug, organization)?.id,
      errorOutput: parts.errorOutput,
    }),
    ...backupRoutes(parts.backups),
    ...logRoutes(foundation),
    ...statusRoutes({
      version: nodeVersion,
      engine: foundation.store.engine,
      ledgers: [foundation.registryLedger, foundation.activityLedger],
      clock: foundation.clock,
      observe: foundation.config.observe,
      // Whoever runs the node sees how busy it is; others, how busy they are.
      inFlight: (organization) =>
        organization === defaultOrganization ? parts.inFlight.size : parts.inFlight.countOf(organization),
      disk: () => parts.disk.state,
      upstreams: () => parts.traffic.troubled(),
      pendingApprovals: async (organization) => await approvals.parts.store.pendingIn(organization),
    }),
  ]
}
