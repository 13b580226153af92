import { formatIpv6, parseIpv6, reverseName, reverseZone } from '@ambit/core/id/ipv6'
import type { Ipv6Prefix } from '@ambit/core/id/address'
import { Fault } from '@ambit/core/fault'

/** An agent's name and address, as zones say them. */
export interface Named {
  readonly slug: string
  readonly address: string
}

/** A name server of the zones: `ns1.example.net`, with its address where its name lies in the zone itself. */
export interface NameServer {
  readonly name: string
  readonly address: string | undefined
}

export interface ZoneOptions {
  /** `agents.example`, without a dot at its end. */
  readonly origin: string
  readonly ttlS: number
  /** None: the zones have neither SOA nor NS, for an operator who includes them in zones of their own. */
  readonly nameServers: readonly NameServer[]
  /** Mail address of whoever is responsible for the zones. */
  readonly contact: string | undefined
  readonly serial: number
}

export interface Zone {
  readonly origin: string
  readonly text: string
}

export interface Zones {
  readonly forward: Zone
  readonly reverse: Zone
  /** Names that cannot stand in a zone, and why. */
  readonly leftOut: readonly { readonly slug: string; readonly why: string }[]
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** Of 255 octets, the lengths of labels and the root take two more than the text has (RFC 1035 section 2.3.4). */
const nameCharactersMax = 253
/** How often a secondary server looks, tries again, gives up; how long "there is no such name" is kept. Seconds. */
const soaTimes = '7200 900 1209600 300'

/** The zone of the agents' names, and that of their addresses in reverse (RFC 1035 section 5, RFC 3596). Throws `address.zone`. */
export function zonesOf(named: readonly Named[], prefix: Ipv6Prefix, options: ZoneOptions): Zones {
  const { origin } = options
  checkName(origin, 'origin')
  const servers = options.nameServers.map((server) => checked(server, origin))
  const glue = servers.flatMap(({ name, address }) => (address === undefined ? [] : [{ name, address }]))
  const taken = new Set(servers.map(({ name }) => name))
  const leftOut: { slug: string; why: string }[] = []
  const kept = named.filter(({ slug }) => {
    const why = problemOf(slug, `${slug}.${origin}`, taken)
    if (why !== undefined) leftOut.push({ slug, why })
    return why === undefined
  })
  const forward = [
    ...head(origin, options, servers),
    ...glue.map(({ name, address }) => `${name}. IN AAAA ${address}`),
    ...kept.map(({ slug, address }) => `${slug}.${origin}. IN AAAA ${address}`),
  ]
  const zone = reverseZone(prefix.value, prefix.bits)
  const reverse = [
    ...head(zone, options, servers),
    ...kept.map(({ slug, address }) => `${reverseName(parseIpv6(address)!)}. IN PTR ${slug}.${origin}.`),
  ]
  return {
    forward: { origin, text: `${forward.join('\n')}\n` },
    reverse: { origin: zone, text: `${reverse.join('\n')}\n` },
    leftOut,
  }
}

/** `ns1.example.net`, or `ns1.agents.example/2001:db8::53` for one in the zone itself. Throws `address.zone`. */
export function readNameServer(text: string): NameServer {
  const [written = '', address, ...rest] = text.toLowerCase().split('/')
  const name = written.replace(/\.$/, '')
  const value = address === undefined ? undefined : parseIpv6(address)
  if (rest.length > 0 || (address !== undefined && value === undefined))
    throw refused('a name server is a name, or a name, a slash and its IPv6 address', 'ns')
  return { name, address: value === undefined ? undefined : formatIpv6(value) }
}

function head(origin: string, options: ZoneOptions, servers: readonly NameServer[]): string[] {
  const lines = [`$ORIGIN ${origin}.`, `$TTL ${options.ttlS}`]
  const [first] = servers
  if (first === undefined) return lines
  const contact = mailName(options.contact ?? `hostmaster@${options.origin}`)
  lines.push(`@ IN SOA ${first.name}. ${contact}. ${options.serial} ${soaTimes}`)
  return [...lines, ...servers.map(({ name }) => `@ IN NS ${name}.`)]
}

function checked(server: NameServer, origin: string): NameServer {
  checkName(server.name, 'ns')
  const isInside = server.name === origin || server.name.endsWith(`.${origin}`)
  if (isInside && server.address === undefined) {
    throw refused(
      `${server.name} lies in the zone itself, which then has to say its address: ${server.name}/<IPv6 address>`,
      'ns',
    )
  }
  if (isInside) return server
  if (server.address !== undefined)
    throw refused(`${server.name} lies outside of the zone, which cannot say its address`, 'ns')
  return server
}

/** A mail address as a name: dots before the @ are escaped (RFC 1035 section 8). */
function mailName(contact: string): string {
  const at = contact.lastIndexOf('@')
  const [local, domain] = [
    contact.slice(0, at),
    contact
      .slice(at + 1)
      .toLowerCase()
      .replace(/\.$/, ''),
  ]
  if (at < 1 || !/^[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62})$/.test(local))
    throw refused('the contact is a mail address such as hostmaster@example.net', 'contact')
  checkName(domain, 'contact')
  return `${local.replaceAll('.', '\\.')}.${domain}`
}

function problemOf(slug: string, name: string, taken: ReadonlySet<string>): string | undefined {
  if (!label.test(slug)) return 'a name of a host does not end in a hyphen'
  if (name.length > nameCharactersMax) return `${name.length} characters are more than a name may have`
  return taken.has(name) ? 'it is the name of a name server of the zone' : undefined
}

function checkName(name: string, where: string): void {
  const labels = name.split('.')
  if (name.length > nameCharactersMax || labels.length < 2 || !labels.every((each) => label.test(each)))
    throw refused(
      'a name is labels of letters, digits and hyphens, 63 characters each, with dots between them',
      where,
    )
}

function refused(detail: string, where: string): Fault {
  return new Fault('address.zone', { detail, where })
}
