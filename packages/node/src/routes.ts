import { approvalRoutes } from './approval/routes.ts'
import { mandateRoutes } from './authority/routes.ts'
import { contentsRoutes } from './contents/routes.ts'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { saltOf } from './gateway/commitment.ts'
import type { InFlight } from './gateway/in-flight.ts'
import type { Traffic } from './gateway/traffic.ts'
import { governanceRoutes } from './governance/routes.ts'
import { eventRoutes } from './http/events.ts'
import { identityRoutes } from './identity/routes.ts'
import type { Route } from './kernel/route.ts'
import { logRoutes } from './ledger/routes.ts'
import type { Backups } from './ops/backup.ts'
import { backupRoutes } from './ops/backup-routes.ts'
import type { DiskWatch } from './ops/disk-watch.ts'
import { programRoutes } from './ops/programs.ts'
import { statusRoutes } from './ops/status.ts'
import { nodeVersion } from './protocols.ts'
import type { Receipts } from './receipt/receipt.ts'
import { receiptRoutes } from './receipt/routes.ts'
import { registryRoutes } from './registry/routes.ts'
import { signInRoutes } from './signin/routes.ts'
import type { Response } from './response/response.ts'
import { witnessRoutes } from './witness/routes.ts'

export interface RouteParts {
  readonly foundation: Foundation
  readonly domains: Domains
  readonly response: Response
  readonly receipts: Receipts
  readonly inFlight: InFlight
  readonly traffic: Traffic
  readonly disk: DiskWatch
  readonly backups: Backups
  /** The last of what the program of a record wrote for people, by AIC. */
  readonly errorOutput: (recordId: string) => string | undefined
  readonly origin: () => string
}

/** The control API: the routes of all domains. */
export function routesOf(parts: RouteParts): readonly Route[] {
  const { foundation, domains, response, receipts } = parts
  const { identity, contents, registry, signIns, governance, authority, approvals } = domains
  return [
    ...identityRoutes(identity),
    ...registryRoutes({ registry, recall: response, governed: governance }),
    ...signInRoutes(signIns),
    ...governanceRoutes(governance),
    ...mandateRoutes(authority.mandates),
    ...approvalRoutes(approvals.parts),
    ...receiptRoutes({
      receipts,
      targetOf(digest) {
        const target = registry.targetOfDigest(digest)
        return target && { slug: target.slug, title: target.title }
      },
      subjectOf: async (approval) => (await approvals.parts.store.find(approval))?.subject,
      contents,
      opener: { salt: saltOf, keptSince: () => contents.keptSince() },
    }),
    ...contentsRoutes({ contents, identity }),
    ...witnessRoutes(domains.witness),
    ...eventRoutes(foundation.bus),
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
      inFlight: () => parts.inFlight.size,
      disk: () => parts.disk.state,
      upstreams: () => parts.traffic.troubled(),
      pendingApprovals: async (organization) => await approvals.parts.store.pendingIn(organization),
    }),
  ]
}
