import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { Fault } from '@ambit/core/fault'

/** This machine, which may always be scanned. */
export const loopbackRanges = ['127.0.0.0/8', '::1'] as const
/** What is scanned when nobody says more: the two addresses that programs of one machine listen at. */
export const loopback = ['127.0.0.1', '::1'] as const

/** A /20: what one scan gets through, and no more than a site has behind one router. */
export const addressesMax = 4096
const bitsMin = 20

/** Addresses that are nobody's: unspecified, multicast, broadcast, reserved; and those at which clouds give out credentials. */
const nobody = new BlockList()
nobody.addSubnet('0.0.0.0', 8, 'ipv4')
nobody.addSubnet('224.0.0.0', 4, 'ipv4')
nobody.addSubnet('240.0.0.0', 4, 'ipv4')
nobody.addAddress('169.254.169.254', 'ipv4')
nobody.addAddress('100.100.100.200', 'ipv4')
nobody.addAddress('::', 'ipv6')
nobody.addSubnet('ff00::', 8, 'ipv6')
nobody.addAddress('fd00:ec2::254', 'ipv6')

/**
 * The addresses of networks that a person asked for, each once. `permitted` are ranges of the operator beside loopback.
 * IPv4 as single addresses or networks of a /20 at most, IPv6 as single addresses. Throws `input.invalid`,
 * `scan.network`, `scan.too-large`.
 */
export function addressesOf(networks: readonly string[], permitted: readonly string[]): readonly string[] {
  const ranges = [...loopbackRanges, ...permitted].map((range) => rangeOf(range))
  const found = new Set<string>()
  for (const [at, text] of networks.entries()) {
    for (const address of expanded(text, `networks.${at}`, ranges)) found.add(address)
    if (found.size > addressesMax) throw tooMany(`networks.${at}`)
  }
  return [...found]
}

interface Range {
  readonly address: string
  readonly bits: number
}

function expanded(text: string, where: string, ranges: readonly Range[]): readonly string[] {
  const [address = '', bits, ...rest] = text.split('/')
  const width = isIPv4(address) ? 32 : 128
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (isIP(address) === 0 || rest.length > 0 || prefix < 0 || prefix > width || address.includes('%')) {
    throw new Fault('input.invalid', {
      detail: 'that is no address and no network',
      where,
      remedy: 'Write 10.0.0.0/24 or single addresses, IPv6 as single addresses.',
    })
  }
  if (isIPv6(address)) {
    if (prefix !== 128) {
      throw new Fault('scan.too-large', {
        detail: 'networks of IPv6 are too large to be tried address by address',
        where,
        remedy: 'Name the addresses one by one.',
      })
    }
    // Written so, an IPv4 address would pass by what is said of IPv4 networks.
    if (/^::(?:ffff:)?\d/i.test(address) && address.includes('.')) throw mapped(where)
    return allowed([address], { address, bits: 128 }, text, where, ranges)
  }
  if (prefix < bitsMin) throw tooMany(where)
  const first = (numberOf(address) & maskOf(prefix)) >>> 0
  const count = 2 ** (32 - prefix)
  const all = Array.from({ length: count }, (_, at) => textOf(first + at))
  // The first and the last of a network are the network itself and its broadcast (RFC 1122, section 3.2.1.3).
  const hosts = count > 2 && !text.startsWith('127.') ? all.slice(1, -1) : all
  return allowed(hosts, { address: textOf(first), bits: prefix }, text, where, ranges)
}

function allowed(
  addresses: readonly string[],
  network: Range,
  text: string,
  where: string,
  ranges: readonly Range[],
): readonly string[] {
  if (!ranges.some((range) => holds(range, network))) {
    throw new Fault('scan.network', {
      detail: `${text.slice(0, 50)} is not among the networks to scan`,
      where,
    })
  }
  return addresses.filter((address) => !nobody.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'))
}

/** Whether all of a network lies within a range. */
function holds(range: Range, network: Range): boolean {
  const family = isIPv4(range.address) ? 'ipv4' : 'ipv6'
  if (isIPv4(network.address) !== (family === 'ipv4') || network.bits < range.bits) return false
  const list = new BlockList()
  list.addSubnet(range.address, range.bits, family)
  return list.check(network.address, family)
}

function rangeOf(text: string): Range {
  const [address = '', bits] = text.split('/')
  return { address, bits: bits === undefined ? (isIPv4(address) ? 32 : 128) : Number(bits) }
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

function maskOf(bits: number): number {
  return bits === 0 ? 0 : (~0 << (32 - bits)) >>> 0
}

function tooMany(where: string): Fault {
  return new Fault('scan.too-large', {
    detail: `one scan looks at ${addressesMax} addresses at most, networks of a /${bitsMin}`,
    where,
  })
}

function mapped(where: string): Fault {
  return new Fault('input.invalid', {
    detail: 'an IPv4 address is written inside an IPv6 address',
    where,
    remedy: 'Write it as IPv4.',
  })
}
