import { openAcps } from './acps/acps.ts'
import type { Acps } from './acps/acps.ts'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import type { SenderOf } from './gateway/authentication.ts'
import type { Projection } from './projection/projection.ts'
import type { Response } from './response/response.ts'

export interface AcpsOptions {
  readonly projection: Projection
  readonly response: Response
  readonly senderOf: SenderOf
  readonly origin: () => string
}

/** This node as a registry that clients of ACPs know. */
export async function openAcpsOf(
  foundation: Foundation,
  domains: Domains,
  { senderOf, ...options }: AcpsOptions,
): Promise<Acps> {
  const { identity, registry, governance, ca } = domains
  return await openAcps({
    ...foundation,
    ...options,
    identity,
    nameOf: async (organization) => await identity.organizations.name(organization),
    registry,
    governed: governance,
    ca,
    entitiesMax: foundation.config.entitiesMax,
    peerOf(request) {
      const sender = senderOf(request)
      // A signed request proves a key, not a connection.
      return sender !== undefined && 'certificate' in sender ? sender.aic : undefined
    },
  })
}
