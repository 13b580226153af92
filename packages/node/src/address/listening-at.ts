import { isWithin } from '@ambit/core/id/address'
import type { Ipv6Prefix } from '@ambit/core/id/address'
import { formatIpv6, parseIpv6 } from '@ambit/core/id/ipv6'

export interface ListeningAt {
  readonly addresses: readonly string[]
  /** Undefined: every connection is taken. */
  readonly admits: ((localAddress: string | undefined) => boolean) | undefined
}

/**
 * Where to listen so that the addresses of a prefix are answered at. Node cannot bind to an address that no interface has
 * (IPV6_FREEBIND), and there are too many to bind to each: so the node listens at `::` and closes what did not come to an
 * address the operator named or to the prefix. Without a prefix, all stays as it was named.
 */
export function listeningAt(addresses: readonly string[], prefix: Ipv6Prefix | undefined): ListeningAt {
  if (prefix === undefined) return { addresses, admits: undefined }
  const isSix = (address: string) => address.includes(':')
  const listening = [...addresses.filter((address) => !isSix(address)), '::']
  if (addresses.includes('::')) return { addresses: listening, admits: undefined }
  const named = new Set(addresses.filter(isSix).map((address) => canonical(withoutZone(address))))
  return {
    addresses: listening,
    admits(localAddress) {
      // Gone before it was looked at.
      if (localAddress === undefined) return false
      if (!isSix(localAddress) || named.has(withoutZone(localAddress))) return true
      const value = parseIpv6(localAddress)
      return value !== undefined && isWithin(value, prefix)
    },
  }
}

/** `fe80::1%eth0`: the interface is not part of the address. */
function withoutZone(address: string): string {
  return address.split('%')[0]!
}

function canonical(address: string): string {
  const value = parseIpv6(address)
  return value === undefined ? address : formatIpv6(value)
}
