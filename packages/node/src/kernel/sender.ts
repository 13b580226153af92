import { parseIpv6 } from '@ambit/core/id/ipv6'

/**
 * Whom to count requests of an address as: of IPv6 its network of 64 bits, within which everybody has as many addresses
 * as they like. An IPv4 address in the form of IPv6 is itself.
 */
export function senderOf(address: string | undefined): string {
  if (address === undefined) return ''
  const value = address.startsWith('::ffff:') ? undefined : parseIpv6(address)
  // What has a zone is an address of this link alone.
  return value === undefined ? address : (value >> 64n).toString(16)
}
