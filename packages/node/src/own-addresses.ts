import { parseIpv6 } from '@ambit/core/id/ipv6'
import { listeningAt, openAddresses } from './address/address.ts'
import type { Addresses, ListeningAt } from './address/address.ts'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { createOwnAddresses } from './http/own-address.ts'
import type { OwnAddresses, OwnDocument } from './http/own-address.ts'
import type { WantsNamed } from './http/own-naming.ts'
import type { Projection } from './projection/projection.ts'
import type { Incoming } from './protocols.ts'
import type { Registry } from './registry/registry.ts'

/** Opens the addresses of agents; undefined where the operator gave no range for them. */
export async function openAddressesOf(
  foundation: Foundation,
  registry: Registry,
): Promise<Addresses | undefined> {
  const { config, disposer } = foundation
  const { ipv6Prefix: prefix } = config
  if (prefix === undefined) return undefined
  const own = [...config.addresses, ...config.hosts]
  const addresses = await openAddresses({ ...foundation, registry, prefix, own })
  disposer.add('addresses', () => addresses[Symbol.dispose]())
  return addresses
}

export interface OwnServing {
  readonly domains: Pick<Domains, 'addresses' | 'registry' | 'agentKeys'>
  readonly projection: Projection
  readonly paths: Incoming['own']
}

/** What the listeners answer at the addresses of agents, and where they listen for it. */
export interface ServedAtOwn {
  readonly own: OwnAddresses | undefined
  readonly listening: ListeningAt
  readonly wantsNamed?: WantsNamed
}

export function serveOwnAddresses({ config, log }: Foundation, serving: OwnServing): ServedAtOwn {
  const { addresses, registry, agentKeys } = serving.domains
  const listening = listeningAt(config.addresses, config.ipv6Prefix)
  if (addresses === undefined) return { listening, own: undefined }
  const documents = new Map<string, OwnDocument>([
    [
      '/.well-known/did.json',
      {
        contentType: 'application/did+json',
        read: async ({ organization, slug }) => agentKeys.agentDocument(organization, slug),
      },
    ],
    [
      '/.well-known/acs.json',
      {
        contentType: 'application/json',
        read: async (target) => await serving.projection.publicDocument(target, 'acs'),
      },
    ],
  ])
  return {
    listening,
    own: createOwnAddresses({ addresses, registry, ...serving.paths, documents, log }),
    wantsNamed: {
      digestOf(address) {
        const record = addresses.at(address)?.record
        const target = record === undefined ? undefined : registry.target(record)
        return target?.state === 'active' ? target.digest : undefined
      },
      async wants(address) {
        const target = registry.target(addresses.at(address)?.record ?? '')
        if (target === undefined) return false
        const { record } = await registry.read(target.id, target.organization)
        const named = record.certificate?.ip ?? []
        return named.some((each) => parseIpv6(each) === parseIpv6(address))
      },
    },
  }
}
