import type { Domain } from '@ambit/sdk/domains'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { exitCodes } from '../refusal.ts'
import { cell, facts, shown, table, timeCell } from '../text.ts'

/** The domains that the organisation proves to be its own. */
export function domainCommands(program: Command, context: Context): void {
  const list = async () => {
    const domains = await (await context.ambit()).domains.list()
    const rows = domains.map(({ domain, state, way, since, checked }) => [
      cell(domain),
      state,
      way ?? '',
      since === undefined ? '' : timeCell(since),
      checked === undefined ? '' : timeCell(checked),
    ])
    const text =
      rows.length === 0 ? 'Nothing yet.' : table(['domain', 'state', 'by', 'since', 'checked'], rows)
    context.reply({ text, json: { domains } })
  }
  const group = context
    .command(program, 'domains', 'list the domains of the organization and which are proved', 'domains')
    .action(list)
  context.command(group, 'list', 'list them', 'domains list').action(list)
  context
    .command(
      group,
      'add <domain>',
      'claim a domain; says where to put its token',
      'domains add tools.example',
    )
    .action(async (domain: string) => {
      const added = await (await context.ambit()).domains.add(domain)
      context.reply({ text: tokenText(added), json: added })
    })
  context
    .command(group, 'check <domain>', 'look for the proof now', 'domains check tools.example')
    .action(async (domain: string) => {
      const found = await (await context.ambit()).domains.check(domain)
      const proved = found.state === 'proved'
      const text = proved
        ? `${cell(found.domain)} is proved (${found.way ?? ''}).`
        : `${cell(found.domain)}: ${shown(found.problem ?? found.state, 500)}\n\n${tokenText(found)}`
      context.reply({ text, json: found, exitCode: proved ? exitCodes.done : exitCodes.refused })
    })
  context
    .command(group, 'remove <domain>', 'give a domain up', 'domains remove tools.example')
    .action(async (domain: string) => {
      await (await context.ambit()).domains.remove(domain)
      context.reply({ text: `${domain} is given up.`, json: { removed: true } })
    })
}

function tokenText({ domain, token }: Domain): string {
  return `Put this token into one of these places, then \`ambit domains check ${cell(domain)}\`:\n\n${facts([
    ['token', cell(token)],
    ['TXT record', `_ambit.${cell(domain)}`],
    ['or a line of', `https://${cell(domain)}/.well-known/ambit-domain`],
  ])}`
}
