import type { Command } from 'commander'
import { parseDays } from '../arguments.ts'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, entry, shown, table, timeCell } from '../text.ts'

/** Where you are signed in, and who else acts with what you gave: programs and clients. */
export function accessCommands(program: Command, context: Context): void {
  sessionCommands(program, context)
  tokenCommands(program, context)
  connectionCommands(program, context)
}

const ofPerson = ['--person <id>', 'of this person; owners only'] as const

function sessionCommands(program: Command, context: Context): void {
  const list = async ({ person }: { person?: string }) => {
    const ambit = await context.ambit()
    const sessions = await ambit.sessions.list(person)
    const rows = sessions.map(({ id, client, lastUsed, current }) => [
      id,
      current ? 'this' : '',
      shown(client, 10),
      timeCell(lastUsed),
    ])
    const text = table(['session', '', 'client', 'last used'], rows)
    context.reply({ text: rows.length === 0 ? 'None.' : text, json: { sessions } })
  }
  const group = context
    .command(program, 'sessions', 'list where you are signed in, and end it', 'sessions')
    .option(...ofPerson)
    .action(list)
  context
    .command(group, 'list', 'list them', 'sessions list')
    .option(...ofPerson)
    .action(list)
  context
    .command(group, 'end [id]', 'end a session at once', 'sessions end --others')
    .option('--others', 'all of yours but this one')
    .option(...ofPerson)
    .action(async (id: string | undefined, { others, person }: { others?: true; person?: string }) => {
      await needSession(context.terminal, 'ending a session')
      const { sessions } = await context.ambit()
      if (id === undefined || others === true) {
        needOneOf(id, others)
        const ended = await sessions.endOthers()
        context.reply({ text: `Ended ${ended}.`, json: { ended } })
        return
      }
      await sessions.end(id, person)
      context.reply({ text: 'Ended.', json: { ended: id } })
    })
}

function needOneOf(id: string | undefined, others: true | undefined): void {
  if ((id === undefined) === (others === true)) return
  throw new Refusal('it is not said which session', 'Name one of `ambit sessions`, or --others.')
}

function tokenCommands(program: Command, context: Context): void {
  const list = async ({ person }: { person?: string }) => {
    const { people } = await context.ambit()
    const tokens = await people.tokens(person === undefined ? {} : { person })
    const entries = tokens.map(({ id, name, created, expires }) =>
      entry(
        [id, `since ${timeCell(created)}`, expires === undefined ? '' : `until ${timeCell(expires)}`],
        cell(name),
      ),
    )
    context.reply({ text: entries.length === 0 ? 'None.' : entries.join('\n'), json: { tokens } })
  }
  const group = context
    .command(program, 'tokens', 'list and make the API tokens of your programs', 'tokens')
    .option(...ofPerson)
    .action(list)
  context
    .command(group, 'list', 'list them', 'tokens list')
    .option(...ofPerson)
    .action(list)
  context
    .command(group, 'new <name>', 'make a token; it is shown this once', 'tokens new backups --expires 90d')
    .option('--expires <time>', 'its life in days: 30d')
    .action(async (name: string, { expires }: { expires?: string }) => {
      const life = expires === undefined ? {} : { expiresInDays: parseDays(expires) }
      await needSession(context.terminal, 'making a token')
      const { people } = await context.ambit()
      const made = await people.createToken({ name, ...life })
      context.reply({ text: `${made.token}\n\nShown this once.`, json: made })
    })
  context
    .command(group, 'end <id>', 'end a token at once', 'tokens end t_019a…')
    .option(...ofPerson)
    .action(async (id: string, { person }: { person?: string }) => {
      const { people } = await context.ambit()
      await people.revokeToken(id, person === undefined ? {} : { person })
      context.reply({ text: 'Ended.', json: { ended: id } })
    })
}

function connectionCommands(program: Command, context: Context): void {
  const list = async () => {
    const ambit = await context.ambit()
    const connections = await ambit.connections.list()
    const entries = connections.map(({ id, client, redirectHost, mandate, expires }) =>
      entry(
        [id, `until ${timeCell(expires)}`],
        `${cell(client.name)}, back to ${cell(redirectHost)}, under ${mandate}`,
      ),
    )
    context.reply({ text: entries.length === 0 ? 'None.' : entries.join('\n\n'), json: { connections } })
  }
  const group = context
    .command(program, 'connections', 'list the clients that you let in, and end it', 'connections')
    .action(list)
  context.command(group, 'list', 'list them', 'connections list').action(list)
  context
    .command(group, 'end <id>', 'end the access of a client at once', 'connections end …')
    .action(async (id: string) => {
      const { connections } = await context.ambit()
      const { ended, mandate } = await connections.end(id)
      const text = `${ended ? 'Ended' : 'It had ended already'}. Its mandate stays: ambit revoke ${mandate}`
      context.reply({ text, json: { ended, mandate } })
    })
}
