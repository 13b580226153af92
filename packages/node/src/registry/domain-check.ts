import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'
import type { AgentRecord } from '@ambit/core/record'
import { createAddressGuard } from '../net/address.ts'
import type { Room } from './room.ts'

/** A domain that a record names as its own, or answers at, and whether its organisation proved it. */
export interface DomainState {
  readonly domain: string
  readonly state: 'proved' | 'claimed'
}

const publicAddresses = createAddressGuard([])

/** The domains of a record, each once, in the order it names them: addresses first. */
export function domainsOf(
  { domains }: Pick<Room, 'domains'>,
  record: Pick<AgentRecord, 'interfaces' | 'provider' | 'organization'>,
  organization = record.organization,
): readonly DomainState[] {
  const named = new Set([
    ...provableHosts(record),
    ...record.provider.domains.map((each) => each.toLowerCase()),
  ])
  return [...named].map((domain) => ({
    domain,
    state: domains.isProved(organization, domain) ? 'proved' : 'claimed',
  }))
}

/** Hosts outside of what the organisation proved. */
export function unprovedHosts(
  { domains }: Pick<Room, 'domains'>,
  record: Pick<AgentRecord, 'interfaces' | 'organization'>,
  organization = record.organization,
): readonly string[] {
  return provableHosts(record).filter((host) => !domains.isProved(organization, host))
}

/** Throws `ownership.required` where the node asks for proofs and an address has none. */
export function checkDomains(room: Pick<Room, 'domains'>, record: AgentRecord): void {
  if (!room.domains.required) return
  const [first, ...more] = unprovedHosts(room, record)
  if (first === undefined) return
  throw new Fault('ownership.required', {
    detail: `${first}${more.length === 0 ? '' : ` and ${more.length} more`} is not a proved domain of the organisation`,
    where: 'interfaces',
  })
}

/**
 * Hosts that somebody could own. A program has none; this machine and private addresses are reached only because an
 * operator allowed it (AMBIT_ALLOW_ADDRESSES), and nobody can prove them.
 */
function provableHosts({ interfaces }: Pick<AgentRecord, 'interfaces'>): string[] {
  const hosts = interfaces.flatMap(({ url }) => URL.parse(url)?.hostname.toLowerCase() || [])
  return [...new Set(hosts)].filter((host) => {
    const address = host.replace(/^\[|\]$/g, '')
    if (isIP(address) !== 0) return publicAddresses.allows(address)
    return host !== 'localhost' && !host.endsWith('.localhost')
  })
}
