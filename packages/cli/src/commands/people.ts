import type { RoleName } from '@ambit/sdk/people'
import { Option } from 'commander'
import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, entry, shown, table, timeCell } from '../text.ts'

const roleNames = ['owner', 'approver', 'operator', 'auditor'] as const satisfies RoleName[]
const linkCharactersMax = 2000

/** Who may do what on this node. */
export function peopleCommands(program: Command, context: Context): void {
  const list = async () => {
    const ambit = await context.ambit()
    const people = await ambit.people.list()
    const rows = people.map(({ id, name, roles }) => [id, roles.join(' '), cell(name)])
    context.reply({ text: table(['person', 'roles', 'name'], rows), json: { people } })
  }
  const group = context
    .command(program, 'people', 'list the people of your organization, and change them', 'people')
    .action(list)
  context.command(group, 'list', 'list them', 'people list').action(list)
  addCommand(group, context)
  changeCommand(group, context)
  context
    .command(group, 'link <id>', 'make a link that signs a person in once', 'people link p_019a…')
    .action(async (id: string) => {
      await needSession(context.terminal, 'making a link')
      const { people } = await context.ambit()
      const link = await people.signInLink(id)
      context.reply({ text: linkText(link), json: link })
    })
}

const rolesOption = () => new Option('--role <role>', roleNames.join(', ')).argParser(role)

function addCommand(group: Command, context: Context): void {
  context
    .command(
      group,
      'add <name>',
      'add a person, who signs in by a link',
      'people add "Li Na" --role approver',
    )
    .addOption(rolesOption())
    .action(async (name: string, { role: roles = [] }: { role?: readonly RoleName[] }) => {
      await needSession(context.terminal, 'adding a person')
      const { people } = await context.ambit()
      const added = await people.add({ name, roles })
      context.reply({ text: `Added ${added.person.id}.\n${linkText(added)}`, json: added })
    })
}

function changeCommand(group: Command, context: Context): void {
  context
    .command(
      group,
      'change <id>',
      'change a name, or the roles: those named are all that the person has',
      'people change p_019a… --role operator --role auditor',
    )
    .option('--name <text>', 'another name')
    .addOption(rolesOption())
    .option('--no-roles', 'take every role away')
    .action(async (id: string, options: { name?: string; role?: readonly RoleName[]; roles: boolean }) => {
      const { name, role: named, roles: any } = options
      const roles = any ? named : []
      if (name === undefined && roles === undefined)
        throw new Refusal('nothing is to be changed', 'Give --name, --role or --no-roles.')
      await needSession(context.terminal, 'changing a person')
      const { people } = await context.ambit()
      const person = await people.change(id, {
        ...(name === undefined ? {} : { name }),
        ...(roles === undefined ? {} : { roles }),
      })
      const text = `${cell(person.name)}: ${person.roles.join(', ') || 'no role'}.`
      context.reply({ text, json: person })
    })
}

function role(value: string, before?: readonly RoleName[]): readonly RoleName[] {
  const known = roleNames.find((name) => name === value)
  if (known === undefined) throw new Refusal(`${value} is no role`, `The roles are ${roleNames.join(', ')}.`)
  return collect(known, before) as readonly RoleName[]
}

function linkText({
  signInLink,
  expires,
}: {
  readonly signInLink: string
  readonly expires: string
}): string {
  return `  ${shown(signInLink, linkCharactersMax)}\nIt works once, until ${timeCell(expires)}.`
}

/** The organisations of a node, for those who run it. */
export function organizationCommands(program: Command, context: Context): void {
  const list = async () => {
    const ambit = await context.ambit()
    const organizations = await ambit.organizations.list()
    const entries = organizations.map(({ id, name, created, closed }) =>
      entry(
        [id, `since ${timeCell(created)}`, closed === undefined ? '' : `closed ${timeCell(closed)}`],
        cell(name),
      ),
    )
    context.reply({ text: entries.join('\n'), json: { organizations } })
  }
  const group = context
    .command(program, 'organizations', 'list the organizations of the node; for who runs it', 'organizations')
    .action(list)
  context.command(group, 'list', 'list them', 'organizations list').action(list)
  context
    .command(
      group,
      'add <id>',
      'add one; its first owner signs in by a link',
      'organizations add north --name "North" --owner "Ada"',
    )
    .requiredOption('--name <text>', 'what it is called')
    .requiredOption('--owner <name>', 'the name of its first owner')
    .action(async (id: string, { name, owner }: { name: string; owner: string }) => {
      await needSession(context.terminal, 'adding an organization')
      const { organizations } = await context.ambit()
      const added = await organizations.add({ id, name, owner })
      context.reply({ text: `Added ${added.organization.id}.\n${linkText(added)}`, json: added })
    })
  context
    .command(group, 'rename <id> <name>', 'give it another name', 'organizations rename north "North Ltd"')
    .action(async (id: string, name: string) => {
      await needSession(context.terminal, 'renaming an organization')
      const { organizations } = await context.ambit()
      context.reply({ text: 'Renamed.', json: await organizations.rename(id, name) })
    })
  for (const [step, summary, done] of [
    ['close', 'sign its people out and refuse its mandates; what it has stays', 'Closed.'],
    ['reopen', 'let its people in again', 'Open again.'],
  ] as const) {
    context
      .command(group, `${step} <id>`, summary, `organizations ${step} north`)
      .action(async (id: string) => {
        await needSession(context.terminal, 'this')
        const { organizations } = await context.ambit()
        context.reply({ text: done, json: await organizations[step](id) })
      })
  }
}
