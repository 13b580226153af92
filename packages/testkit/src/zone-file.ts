/** A record of a zone file: names with their dot at the end, in lower case. */
export interface ZoneRecord {
  readonly name: string
  readonly ttlS: number
  readonly type: string
  readonly data: readonly string[]
}

const nameForm = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+$/i

/**
 * Reads a zone file strictly, as `named-checkzone` would where that is not installed: the part of the master file format
 * that has one record a line (RFC 1035 section 5), with the checks a primary makes before it loads a zone. Throws on
 * anything else.
 */
export function readZone(text: string, origin: string): readonly ZoneRecord[] {
  let base = `${origin}.`
  let ttlS: number | undefined
  const records: ZoneRecord[] = []
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const [at, line] of text.slice(0, -1).split('\n').entries()) {
    const fail = (why: string) => new Error(`line ${at + 1}: ${why}: ${line}`)
    if (/[^\x20-\x7e]/.test(line)) throw fail('a character that is not printable ASCII')
    if (/[;()"]/.test(line)) throw fail('a comment, parentheses or quotes')
    const fields = line.split(' ')
    if (fields.includes('')) throw fail('an empty field')
    const [first = '', second, ...rest] = fields
    if (first === '$ORIGIN') {
      base = fullName(second ?? '', '', fail)
      continue
    }
    if (first === '$TTL') {
      ttlS = wholeNumber(second ?? '', 2 ** 31 - 1, fail)
      continue
    }
    if (second !== 'IN') throw fail('another class than IN')
    if (ttlS === undefined) throw fail('a record before its TTL is known')
    const [type = '', ...data] = rest
    records.push({ name: fullName(first, base, fail), ttlS, type, data: dataOf(type, data, base, fail) })
  }
  checkZone(records, `${origin}.`)
  return records
}

type Fail = (why: string) => Error

function fullName(text: string, base: string, fail: Fail): string {
  const full = (text === '@' ? base : text.endsWith('.') ? text : `${text}.${base}`).toLowerCase()
  if (!nameForm.test(full)) throw fail(`${full} is no name`)
  // Each label has a length before it, and the root one of its own.
  if (full.length + 1 > 255) throw fail(`${full} has more than 255 octets`)
  return full
}

function dataOf(type: string, data: readonly string[], base: string, fail: Fail): readonly string[] {
  const [first = ''] = data
  switch (type) {
    case 'AAAA':
      if (data.length !== 1 || !/^[0-9a-f:.]+$/.test(first) || !URL.canParse(`http://[${first}]/`))
        throw fail('no address')
      return data
    case 'NS':
    case 'PTR':
      if (data.length !== 1) throw fail('more than one name')
      if (!first.endsWith('.')) throw fail('a name that is not whole')
      return [fullName(first, base, fail)]
    case 'SOA': {
      const [server = '', contact = '', ...numbers] = data
      if (numbers.length !== 5) throw fail('five numbers were expected')
      for (const each of numbers) wholeNumber(each, 2 ** 32 - 1, fail)
      if (!/^(?:[A-Za-z0-9_+-]|\\\.)+\.(?:[a-z0-9-]+\.)+$/.test(contact)) throw fail('no mail address')
      return [fullName(server, base, fail), contact, ...numbers]
    }
    default:
      throw fail(`a record of type ${type}`)
  }
}

function wholeNumber(text: string, max: number, fail: Fail): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > max) throw fail(`${text} is no number up to ${max}`)
  return Number(text)
}

/** Everything lies in the zone, there is one SOA and it comes first, name servers in the zone have addresses, nothing comes twice. */
function checkZone(records: readonly ZoneRecord[], origin: string): void {
  const outside = records.find(({ name }) => name !== origin && !name.endsWith(`.${origin}`))
  if (outside !== undefined) throw new Error(`${outside.name} lies outside of ${origin}`)
  const starts = records.filter(({ type }) => type === 'SOA')
  const [start, second] = starts
  if (start !== undefined && (second !== undefined || records[0] !== start || start.name !== origin))
    throw new Error('the SOA of the zone is not its first record, or not alone')
  const servers = records.filter(({ type }) => type === 'NS')
  if (starts.length > 0 && servers.length === 0) throw new Error('no name server')
  const lines = records.map(({ name, type, data }) => [name, type, ...data].join(' '))
  if (new Set(lines).size !== lines.length) throw new Error('a record comes twice')
  for (const { data } of servers) {
    const [name = ''] = data
    const isInside = name === origin || name.endsWith(`.${origin}`)
    if (isInside && !records.some((each) => each.type === 'AAAA' && each.name === name))
      throw new Error(`${name} has no address`)
  }
}
