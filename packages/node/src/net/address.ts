import { BlockList, isIP, isIPv4 } from 'node:net'
import { Fault } from '@ambit/core/fault'

/**
 * Addresses that are not on the public Internet (IANA special-purpose registries, RFC 6890 and RFC 8190).
 * A registered URL that leads there could make this node attack its own network (SSRF).
 */
const specialRanges: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
]

/** Decides which addresses the node may call: public ones, and what the operator allowed. */
export interface AddressGuard {
  allows(address: string): boolean
}

/** `allowed` are CIDR ranges or single addresses, e.g. `127.0.0.0/8`. */
export function createAddressGuard(allowed: readonly string[]): AddressGuard {
  const special = new BlockList()
  for (const [address, bits] of specialRanges) special.addSubnet(address, bits, familyOf(address))
  const open = new BlockList()
  for (const range of allowed) addRange(open, range)
  return {
    allows(address) {
      if (isIP(address) === 0) return false
      const plain = mappedIPv4(address) ?? address
      const family = familyOf(plain)
      return open.check(plain, family) || !special.check(plain, family)
    },
  }
}

function addRange(list: BlockList, range: string): void {
  const [address, bits] = range.trim().split('/')
  const width = address !== undefined && isIPv4(address) ? 32 : 128
  const prefix = bits === undefined ? width : Number(bits)
  if (
    address === undefined ||
    isIP(address) === 0 ||
    !Number.isInteger(prefix) ||
    prefix < 0 ||
    prefix > width
  ) {
    throw new Fault('input.invalid', {
      detail: `\`${range}\` is not an address range`,
      where: 'AMBIT_ALLOW_ADDRESSES',
      remedy: 'Write ranges as 127.0.0.0/8 or ::1, separated by commas.',
    })
  }
  list.addSubnet(address, prefix, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6'
}

/** The IPv4 address inside ::ffff:a.b.c.d, in either notation. */
function mappedIPv4(address: string): string | undefined {
  const dotted = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)
  if (dotted !== null) return dotted[1]
  const groups = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address)
  if (groups === null) return undefined
  const high = Number.parseInt(groups[1]!, 16)
  const low = Number.parseInt(groups[2]!, 16)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}
