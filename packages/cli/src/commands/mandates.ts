import type { Allow } from '@ambit/core/mandate'
import type { MandateView, Narrowing, NewMandate } from '@ambit/sdk/mandates'
import type { Command } from 'commander'
import { collect, parseAllow, parseCount, parseDays, parseDuration } from '../arguments.ts'
import { clientFile } from '../client-file.ts'
import type { Context } from '../context.ts'
import { readObject } from '../document.ts'
import { allPages } from '../pages.ts'
import { writePrivate } from '../private-file.ts'
import { Refusal } from '../refusal.ts'
import { cell, facts, table, timeCell } from '../text.ts'

const minuteMs = 60_000

interface GrantOptions {
  readonly file?: string
  readonly purpose?: string
  readonly allow?: readonly string[]
  readonly calls?: string
  readonly expires?: string
  readonly agent?: string
  readonly holder?: string
}

interface NarrowOptions extends Omit<GrantOptions, 'file'> {
  readonly task?: string
}

/** What agents may do in your name. */
export function mandateCommands(program: Command, context: Context): void {
  context.command(program, 'mandates', 'list what is allowed in your name', 'mandates').action(async () => {
    const ambit = await context.ambit()
    const mandates = await allPages(context.terminal, async (cursor) => {
      const page = await ambit.mandates.list(cursor)
      return { rows: page.mandates, next: page.next }
    })
    const rows = mandates.map(({ id, signed: { body }, state, kind, tokens, spent }) => [
      id,
      cell(body.purpose),
      kind,
      state,
      `${spent.calls}${body.limits.calls === undefined ? '' : `/${body.limits.calls}`}`,
      String(tokens),
      timeCell(body.expires),
    ])
    const header = ['mandate', 'purpose', 'kind', 'state', 'calls', 'tokens', 'expires']
    context.reply({ text: rows.length === 0 ? 'Nothing yet.' : table(header, rows), json: { mandates } })
  })
  grantCommands(program, context)
  endCommands(program, context)
}

function grantCommands(program: Command, context: Context): void {
  const limits = (command: Command) =>
    command
      .option('--purpose <text>', 'what it is for')
      .option('--allow <entry>', '<record>/<capability>[=autonomous|ask|user]', collect)
      .option('--calls <n>', 'acts in its life')
      .option('--expires <time>', 'its life: 15m, 12h, 30d')
      .option('--holder <did>', 'did:key of a holder that keeps its own key')
      .option('--agent <slug>', 'the registered agent that will hold it')

  limits(
    context.command(
      program,
      'grant',
      'allow an agent something',
      'grant --purpose "answer customers" --allow mailer/send=ask --allow "crm/*" --calls 100 --expires 30d',
    ),
  )
    .option('-f, --file <file>', 'the whole request as JSON; `-` reads standard input')
    .action(async (options: GrantOptions) => {
      const request = await grantRequest(context, options)
      const view = await (await context.ambit()).mandates.grant(request)
      context.reply({ text: mandateText(view), json: view })
    })

  limits(
    context.command(
      program,
      'narrow <id>',
      'make a smaller mandate out of one',
      'narrow m_1 --allow mailer/send=ask --expires 15m --task "answer Ms Li"',
    ),
  )
    .option('--task <words>', 'your own words for the one task it is for')
    .action(async (id: string, options: NarrowOptions) => {
      const view = await (await context.ambit()).mandates.narrow(id, narrowing(options))
      context.reply({ text: mandateText(view), json: view })
    })

  context
    .command(
      program,
      'connect <mandate>',
      'make the token that a client acts with',
      'connect m_1 --client cursor --write ~/.cursor/mcp.json',
    )
    .option('--client <name>', 'mcp-json, vscode, cursor, a2a or env', 'mcp-json')
    .option('--expires <time>', 'life of the token in days: 30d')
    .option('--write <file>', 'put it into the configuration file of the client')
    .action(async (id: string, options: { client: string; expires?: string; write?: string }) => {
      const life = options.expires === undefined ? {} : { expiresInDays: parseDays(options.expires) }
      // Looked at before the token is made: a token nobody got would stay open.
      const file = options.write === undefined ? undefined : await clientFile(options.write)
      const access = await (await context.ambit()).mandates.connect(id, { client: options.client, ...life })
      if (file === undefined) {
        context.reply({ text: `${access.config.trimEnd()}\n\nShown this once.`, json: access })
        return
      }
      await writePrivate(file.path, file.with(access.config))
      const { token: _, config: _config, ...rest } = access
      context.reply({
        text: `Wrote ${file.path}. MCP: ${access.mcpUrl}`,
        json: { ...rest, written: file.path },
      })
    })
}

function endCommands(program: Command, context: Context): void {
  context
    .command(program, 'revoke <id>', 'end a mandate and everything below it, at once', 'revoke m_1')
    .option('--note <text>', 'why, for the record')
    .action(async (id: string, { note }: { note?: string }) => {
      const { revoked, stopped } = await (await context.ambit()).mandates.revoke(id, note)
      const text = `Revoked ${revoked.length} mandate(s); ${stopped} call(s) under way stopped.`
      context.reply({ text, json: { revoked, stopped } })
    })
}

async function grantRequest(context: Context, options: GrantOptions): Promise<NewMandate> {
  const { file, purpose, expires, agent, holder } = options
  const allow: readonly Allow[] = (options.allow ?? []).map(parseAllow)
  if (file !== undefined) {
    if (purpose !== undefined || allow.length > 0) {
      throw new Refusal(
        'both a file and options were given',
        'Put everything into the file, or leave it out.',
      )
    }
    // The node reads it against its schema and names the member that is wrong.
    return (await readObject(context.terminal, file)) as unknown as NewMandate
  }
  if (purpose === undefined || allow.length === 0) {
    throw new Refusal(
      'a mandate needs a purpose and something it allows',
      'Give --purpose "…" and --allow <record>/<capability>, or -f <file>.',
    )
  }
  const end = expires === undefined ? undefined : context.terminal.now() + parseDuration(expires)
  return {
    purpose,
    allow,
    ...(options.calls === undefined ? {} : { limits: { calls: parseCount(options.calls) } }),
    ...(end === undefined ? {} : { expires: new Date(end).toISOString() }),
    ...(agent === undefined ? {} : { agent }),
    ...(holder === undefined ? {} : { holder }),
  }
}

function narrowing({ purpose, allow, calls, expires, task, holder, agent }: NarrowOptions): Narrowing {
  return {
    ...(purpose === undefined ? {} : { purpose }),
    ...(allow === undefined ? {} : { allow: allow.map(parseAllow) }),
    ...(calls === undefined ? {} : { limits: { calls: parseCount(calls) } }),
    ...(expires === undefined ? {} : { expiresInMinutes: parseDuration(expires) / minuteMs }),
    ...(task === undefined ? {} : { task }),
    ...(holder === undefined ? {} : { holder }),
    ...(agent === undefined ? {} : { agent }),
  }
}

function mandateText({ id, kind, state, parent, signed: { body } }: MandateView): string {
  const entries = body.allow.map((entry) => [
    cell(entry.target),
    cell(entry.capability),
    entry.decision ?? 'default',
    entry.effect ?? '',
    entry.arguments === undefined ? '' : cell(JSON.stringify(entry.arguments)),
  ])
  return [
    facts([
      ['mandate', id],
      ['kind', kind],
      ['state', state],
      ['purpose', cell(body.purpose)],
      ['task', body.task === undefined ? undefined : cell(body.task)],
      ['parent', parent],
      ['holder', body.holder],
      ['calls', body.limits.calls === undefined ? undefined : String(body.limits.calls)],
      ['expires', timeCell(body.expires)],
    ]),
    table(['target', 'capability', 'decision', 'effect at most', 'arguments'], entries),
    `A client gets its token with \`ambit connect ${id}\`.`,
  ].join('\n\n')
}
