import type { Addresses } from './address/address.ts'
import type { CertificateAuthority } from './ca/ca.ts'
import type { AgentKeys } from './did/did.ts'
import { timeText } from './kernel/clock.ts'
import type { Liveness } from './liveness/liveness.ts'
import type { Facts } from './registry/registry.ts'

export interface FactParts {
  readonly liveness: Liveness
  readonly ca?: Pick<CertificateAuthority, 'certificates'>
  readonly keys?: Pick<AgentKeys, 'keysOf'>
  readonly addresses?: Pick<Addresses, 'of' | 'settled'> | undefined
  /** Domains that were proved, and when (ms). */
  readonly domainsOf?: (
    record: string,
  ) => Promise<readonly { readonly domain: string; readonly provedAt: number }[]>
}

/** What the rooms of this node know of a record, for its view. */
export function createFacts({ liveness, ca, keys, addresses, domainsOf }: FactParts): Facts {
  return {
    stateOf: (record) => liveness.stateOf(record),
    async of(record, organization) {
      const seen = await liveness.of(record)
      const certificates = await ca?.certificates(organization, record)
      const domains = await domainsOf?.(record)
      await addresses?.settled()
      const address = addresses?.of(record)
      return {
        ...(seen === undefined ? {} : { liveness: seen }),
        ...(address === undefined ? {} : { address }),
        ...(certificates === undefined
          ? {}
          : {
              certificates: certificates
                .filter(({ revokedAt }) => revokedAt === undefined)
                .map(({ serial, usage, notAfter }) => ({ serial, usage, notAfter: timeText(notAfter) })),
            }),
        ...(keys === undefined
          ? {}
          : {
              keys: keys
                .keysOf(record)
                .map(({ key, state, since }) => ({ key, state, since: timeText(since) })),
            }),
        ...(domains === undefined
          ? {}
          : { domains: domains.map(({ domain, provedAt }) => ({ domain, proved: timeText(provedAt) })) }),
      }
    },
  }
}
