import type { Foundation } from './foundation.ts'
import type { Organizations } from './identity/identity.ts'
import { createAddressGuard } from './net/address.ts'
import { createTextRecords } from './net/text-records.ts'
import { createUpstream } from './net/upstream.ts'
import { openOwnership } from './ownership/ownership.ts'
import type { Ownership } from './ownership/ownership.ts'
import type { Registry } from './registry/registry.ts'

/** Opens what knows the domains of organisations; it looks for their proofs by itself from now on. */
export async function openOwnershipOf(
  foundation: Foundation,
  { organizations }: { readonly organizations: Organizations },
): Promise<Ownership> {
  const { config, clock, log, activityLedger: leaves, disposer } = foundation
  // Connections of their own: what holds up a proof holds up no act.
  const upstream = createUpstream(createAddressGuard(config.allowAddresses), { log, clock })
  disposer.add('proofs of domains', async () => await upstream.close())
  const ownership = await openOwnership({
    ...foundation,
    upstream,
    texts: createTextRecords(config.nameServers),
    nameOf: async (organization) => await organizations.name(organization),
    leaves,
    required: config.requireDomains,
  })
  disposer.add('domains', () => ownership[Symbol.dispose]())
  return ownership
}

/** Domains of its organisation that were proved and at which a record (AIC) answers, or below which. */
export async function provedDomainsOf(
  { ownership, registry }: { readonly ownership: Ownership; readonly registry: Pick<Registry, 'target'> },
  record: string,
): Promise<readonly { readonly domain: string; readonly provedAt: number }[]> {
  const target = registry.target(record)
  if (target === undefined) return []
  const hosts = target.interfaces.flatMap(({ url }) => URL.parse(url)?.hostname || [])
  const rows = await ownership.list(target.organization)
  return rows.flatMap(({ domain, proved }) => {
    const answers = hosts.some((host) => host === domain || host.endsWith(`.${domain}`))
    return proved === null || !answers ? [] : [{ domain, provedAt: proved }]
  })
}
