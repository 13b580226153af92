import { utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { sha256 } from '../digest.ts'
import { parseAic } from './aic.ts'
import { formatIpv6, parseIpv6 } from './ipv6.ts'

/**
 * The IPv6 address of an agent, derived from its identity code so that anybody can tell which it is: the bits of the
 * operator's prefix, then bits of a digest of the code. In the spirit of RFC 7217 and RFC 8981 there is no hardware
 * address in it and it stays the same; unlike there nothing is secret, because an agent's identity is public.
 */
export interface Ipv6Prefix {
  /** `2001:db8:a9e::/64` */
  readonly text: string
  readonly value: bigint
  readonly bits: number
}

export type PrefixReading =
  | { readonly ok: true; readonly prefix: Ipv6Prefix; readonly isDocumentation: boolean }
  /** Why agents get no addresses there, in a sentence without its subject. */
  | { readonly ok: false; readonly why: string }

/** What registries give one network at most, and the least that keeps agents apart (2^32 addresses). */
export const prefixBitsMin = 32
export const prefixBitsMax = 96

/** Ranges in which nobody has addresses to give (IANA IPv6 special-purpose address registry). */
const refusedRanges: readonly (readonly [range: string, bits: number, why: string])[] = [
  ['::ffff:0:0', 96, 'holds IPv4 addresses written as IPv6'],
  ['64:ff9b::', 96, 'holds IPv4 addresses that are translated (NAT64)'],
  ['64:ff9b:1::', 48, 'holds IPv4 addresses that are translated (NAT64)'],
  ['::', 8, 'is reserved, loopback and the unspecified address in it'],
  ['100::', 64, 'is the range whose packets are thrown away'],
  ['2001::', 23, 'is set aside for protocols, Teredo among them'],
  ['2002::', 16, 'belongs to 6to4'],
  ['fc00::', 8, 'is local, but of the half that nobody may choose from; take one in fd00::/8'],
  ['fe80::', 10, 'is link-local: such addresses are good on one cable only'],
  ['fec0::', 10, 'is site-local, which was given up'],
  ['ff00::', 8, 'is multicast: such addresses name groups'],
]
const documentationRanges = [
  ['2001:db8::', 32],
  ['3fff::', 20],
] as const

/** Reads a prefix from which agents may get addresses: `2001:db8:a9e::/64`. */
export function readPrefix(text: string): PrefixReading {
  const [, address = '', length = ''] = /^([0-9a-fA-F:.]{2,45})\/(\d{1,3})$/.exec(text) ?? []
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return no('is a range of IPv4')
  const value = parseIpv6(address)
  if (value === undefined) return no('is no range such as 2001:db8:a9e::/64')
  const bits = Number(length)
  if (bits > 128) return no('is no range such as 2001:db8:a9e::/64')
  const inside = refusedRanges.find(([range, width]) => bits >= width && overlap(value, bits, range, width))
  if (inside !== undefined) return no(inside[2])
  if (bits < prefixBitsMin) return no(`is shorter than /${prefixBitsMin}, more than any network is given`)
  if (bits > prefixBitsMax)
    return no(`is longer than /${prefixBitsMax}: too few addresses to keep agents apart by`)
  const holds = refusedRanges.find(([range, width]) => overlap(value, bits, range, width))
  if (holds !== undefined) return no(`holds ${holds[0]}/${holds[1]}, which ${holds[2]}`)
  if ((value & hostMask(bits)) !== 0n)
    return no(`has bits after its length; write ${formatIpv6(value & ~hostMask(bits))}/${bits}`)
  return {
    ok: true,
    prefix: { text: `${formatIpv6(value)}/${bits}`, value, bits },
    isDocumentation: documentationRanges.some(([range, width]) => overlap(value, bits, range, width)),
  }
}

function no(why: string): PrefixReading {
  return { ok: false, why }
}

/** Whether the shorter of both begins the longer. */
function overlap(value: bigint, bits: number, range: string, width: number): boolean {
  const shift = 128n - BigInt(Math.min(bits, width))
  return value >> shift === parseIpv6(range)! >> shift
}

export function isWithin(value: bigint, { value: start, bits }: Ipv6Prefix): boolean {
  return (value & ~hostMask(bits)) === start
}

function hostMask(bits: number): bigint {
  return (1n << BigInt(128 - bits)) - 1n
}

/** What the digest is of. The counter is 0, and one more for each address that was reserved or another agent's. */
export function addressInput(aic: string, counter: number): Bytes {
  const parsed = parseAic(aic)
  if (parsed === undefined) throw new RangeError('not an identity code')
  if (!Number.isInteger(counter) || counter < 0) throw new RangeError('a counter is 0 or more')
  return utf8(`ambit:agent-address:v1\n${parsed.text}\n${counter}`)
}

/**
 * The address that a SHA-256 digest gives: the prefix, then as many of the last bits of its first 16 bytes as are left,
 * so that an agent has the same last bits under every prefix. Undefined where that is reserved.
 */
export function addressFrom(prefix: Ipv6Prefix, digest: Uint8Array): string | undefined {
  let bits = 0n
  for (const byte of digest.subarray(0, 16)) bits = (bits << 8n) | BigInt(byte)
  const value = prefix.value | (bits & hostMask(prefix.bits))
  return isReserved(value, prefix.bits) ? undefined : formatIpv6(value)
}

/** Below that, people number routers and machines by hand. */
const handNumbered = 0x1_0000n
const anycast = 128n
/** Interface identifiers that nobody may take (IANA, by RFC 5453; RFC 4291 and 6543, RFC 2526). */
const reservedIdentifiers = [
  [0x0000_0000_0000_0000n, 0x0000_0000_0000_0000n],
  [0x0200_5eff_fe00_0000n, 0x0200_5eff_feff_ffffn],
  [0xfdff_ffff_ffff_ff80n, 0xfdff_ffff_ffff_ffffn],
] as const

function isReserved(value: bigint, bits: number): boolean {
  const mask = hostMask(bits)
  const host = value & mask
  // The last 128 of a subnet whose identifiers are not of the EUI-64 form are anycast as well (RFC 2526 section 2).
  if (host < handNumbered || host > mask - anycast) return true
  const identifier = value & hostMask(64)
  return reservedIdentifiers.some(([first, last]) => first <= identifier && identifier <= last)
}

/** Collisions in a row that chance does not bring about. */
export const countersMax = 64

/**
 * The address of an agent, when `isTaken` says of which addresses others have already. Throws a RangeError for what is
 * no identity code, and where nothing is free.
 *
 * @example
 * ```ts
 * const reading = readPrefix('2001:db8:a9e::/64')
 * if (reading.ok) await deriveAddress(reading.prefix, '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4')
 * ```
 */
export async function deriveAddress(
  prefix: Ipv6Prefix,
  aic: string,
  isTaken: (address: string) => boolean = () => false,
): Promise<{ readonly address: string; readonly counter: number }> {
  for (let counter = 0; counter < countersMax; counter++) {
    const address = addressFrom(prefix, await sha256(addressInput(aic, counter)))
    if (address !== undefined && !isTaken(address)) return { address, counter }
  }
  throw new RangeError('no address of the prefix is free')
}
