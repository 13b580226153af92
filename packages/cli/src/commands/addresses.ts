import type { Zones } from '@ambit/sdk/addresses'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { cell, shown, table } from '../text.ts'

interface ZoneFlags {
  readonly origin: string
  readonly ttl?: string
  readonly ns?: string
  readonly contact?: string
  readonly reverse?: boolean
}

/** The IPv6 addresses that agents have of their own, and the zones that name them. */
export function addressCommands(program: Command, context: Context): void {
  const list = async () => {
    const listed = await (await context.ambit()).addresses.list()
    const rows = listed.addresses.map(({ slug, address, state }) => [cell(slug), address, state])
    const none =
      listed.prefix === undefined
        ? 'This node gives agents no addresses (AMBIT_IPV6_PREFIX).'
        : 'Nothing yet.'
    context.reply({
      text: rows.length === 0 ? none : table(['record', 'address', 'state'], rows),
      json: listed,
    })
  }
  const group = context
    .command(program, 'addresses', 'list the IPv6 addresses that agents have of their own', 'addresses')
    .action(list)
  context.command(group, 'list', 'list them', 'addresses list').action(list)
  context
    .command(
      group,
      'zone',
      'write the zone of their names, or of their addresses, for a name server',
      'addresses zone --origin agents.example --ns ns1.example.net > agents.zone',
    )
    .requiredOption('--origin <name>', 'the domain below which the names of agents stand')
    .option('--reverse', 'the zone of addresses (ip6.arpa) in place of that of names')
    .option('--ttl <seconds>', 'how long an answer may be kept')
    .option('--ns <names>', 'name servers, separated by commas; left out: neither SOA nor NS is written')
    .option('--contact <mail>', 'who is responsible for the zone')
    .action(async (flags: ZoneFlags) => {
      const { origin, ttl, ns, contact, reverse = false } = flags
      if (ttl !== undefined && !/^\d{1,6}$/.test(ttl))
        throw new Refusal(`${shown(ttl, 20)} are no seconds`, 'Write e.g. --ttl 3600.')
      const zones = await (
        await context.ambit()
      ).addresses.zone({
        origin,
        ...(ttl === undefined ? {} : { ttl: Number(ttl) }),
        ...(ns === undefined ? {} : { ns: ns.split(',') }),
        ...(contact === undefined ? {} : { contact }),
      })
      context.reply({ text: zoneText(zones, reverse), json: zones })
    })
}

/** What is left out stands in comments, so that what is piped into a file is a zone. */
function zoneText({ forward, reverse, leftOut }: Zones, isReverse: boolean): string {
  const { origin, text } = isReverse ? reverse : forward
  const remarks = leftOut.map(({ slug, why }) => `; left out: ${cell(slug)}: ${shown(why, 200)}`)
  return [`; zone ${cell(origin)}`, ...remarks, text.trimEnd()].join('\n')
}
