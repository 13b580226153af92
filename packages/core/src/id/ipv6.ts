/** IPv6 addresses as numbers of 128 bits and as text (RFC 4291 section 2.2, RFC 5952), and their names for reverse look-ups (RFC 3596). */

const groupsMax = 8
const groupForm = /^[0-9a-fA-F]{1,4}$/
const dottedForm = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
/** The longest text: six groups of four and an IPv4 address. */
const textCharactersMax = 45

/** Undefined for anything that is no address, such as one with a zone (`%eth0`) or in brackets. */
export function parseIpv6(text: string): bigint | undefined {
  if (text.length > textCharactersMax || !text.includes(':')) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, at) => groupsOf(half, at === halves.length - 1))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  if (halves.length === 1) return head.length === groupsMax ? join(head) : undefined
  const missing = groupsMax - head.length - tail!.length
  // `::` stands for at least one group.
  if (missing < 1) return undefined
  return join([...head, ...Array<number>(missing).fill(0), ...tail!])
}

/** An IPv4 address may stand in the place of the last two groups alone. */
function groupsOf(half: string, isLast: boolean): number[] | undefined {
  if (half === '') return []
  const groups: number[] = []
  const parts = half.split(':')
  for (const [at, part] of parts.entries()) {
    const dotted = isLast && at === parts.length - 1 ? dottedForm.exec(part) : null
    if (dotted !== null) {
      const bytes = dotted.slice(1)
      if (bytes.some((byte) => Number(byte) > 255 || (byte.length > 1 && byte.startsWith('0'))))
        return undefined
      const [a, b, c, d] = bytes.map(Number) as [number, number, number, number]
      groups.push(a * 256 + b, c * 256 + d)
    } else if (groupForm.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

function join(groups: readonly number[]): bigint {
  let value = 0n
  for (const group of groups) value = (value << 16n) | BigInt(group)
  return value
}

/**
 * The one text of an address (RFC 5952 section 4): lower case, no leading zeros, the longest run of at least two zero
 * groups (of equal ones the first) as `::`.
 */
export function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: groupsMax }, (_, at) =>
    Number((value >> BigInt(112 - at * 16)) & 0xffffn),
  )
  let [start, length] = [-1, 1]
  for (let at = 0; at < groupsMax; at++) {
    let end = at
    while (end < groupsMax && groups[end] === 0) end++
    if (end - at > length) [start, length] = [at, end - at]
    at = Math.max(at, end)
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (start === -1) return text(groups)
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}

/** The name under which an address is looked up in reverse, without a dot at its end (RFC 3596 section 2.5). */
export function reverseName(value: bigint): string {
  return `${nibbles(value, 128)}.ip6.arpa`
}

/** The zone of the addresses that share so many first bits, a multiple of four; without a dot at its end. */
export function reverseZone(value: bigint, bits: number): string {
  return `${nibbles(value, bits)}.ip6.arpa`
}

function nibbles(value: bigint, bits: number): string {
  const digits = value
    .toString(16)
    .padStart(32, '0')
    .slice(0, Math.floor(bits / 4))
  return digits.split('').toReversed().join('.')
}
