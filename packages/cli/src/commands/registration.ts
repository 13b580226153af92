import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import type { RecordView, Registration } from '@ambit/sdk/records'
import type { Command } from 'commander'
import { collect, parseEnvironment, parseHeaders } from '../arguments.ts'
import type { Context } from '../context.ts'
import { readDocument, readObject } from '../document.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { cell, table } from '../text.ts'
import { recordText } from './record-text.ts'
import { signInAddress } from './sign-in.ts'

interface RegisterOptions {
  readonly name?: string
  readonly header?: readonly string[]
  readonly env?: readonly string[]
  readonly everyone?: boolean
  readonly accept?: boolean
  readonly activate?: boolean
}

/** How records come into the registry. `command` is what stood after `--`. */
export function registrationCommands(program: Command, context: Context, command: readonly string[]): void {
  context
    .command(
      program,
      'register [url]',
      'register a live agent or server, or `-- <command> [args…]` that the node starts',
      'register http://127.0.0.1:9000/mcp --name mailer --accept --activate\n' +
        '  $ ambit register --name files --env ROOT=/srv -- npx some-mcp-server /srv',
    )
    .allowExcessArguments()
    .option('--name <slug>', 'how people and addresses call it')
    .option('--header <pair>', 'a credential it asks for, "Name: value"; kept in the vault', collect)
    .option('--env <pair>', 'an environment variable of the command, NAME=value; kept in the vault', collect)
    .option('--everyone', 'let everyone of the organisation call it with these credentials')
    .option('--accept', 'accept the proposed profiles as they are')
    .option('--activate', 'submit and activate it at once')
    .action(async (first: string | undefined, options: RegisterOptions) => {
      const url = command.length > 0 && first === command[0] ? undefined : first
      const ambit = await context.ambit()
      let view = await registered(ambit, registration(url, command, options))
      const { slug } = view.summary
      if (options.accept === true) view = await ambit.records.accept(slug)
      if (options.activate === true) {
        await ambit.records.submit(slug)
        view = await ambit.records.activate(slug)
      }
      context.reply({ text: recordText(view), json: view })
    })

  context
    .command(
      program,
      'import <file>',
      'register every server of an MCP client configuration',
      'import mcp.json',
    )
    .action(async (file: string) => {
      const { mcpServers } = await readObject(context.terminal, file)
      if (typeof mcpServers !== 'object' || mcpServers === null || Array.isArray(mcpServers)) {
        throw new Refusal(`${file} has no member mcpServers`, 'Give the configuration file of an MCP client.')
      }
      const ambit = await context.ambit()
      const imported = await ambit.records.import({ mcpServers: { ...mcpServers } })
      const rows = imported.results.map((result) => [
        cell(result.name),
        result.ok ? 'registered' : 'refused',
        cell(result.slug ?? ''),
        cell([result.problem?.detail, result.problem?.remedy].filter((part) => part !== undefined).join(' ')),
      ])
      context.reply({
        text: table(['entry', 'result', 'record', 'why'], rows),
        json: imported,
        exitCode: imported.results.every((result) => result.ok) ? exitCodes.done : exitCodes.refused,
      })
    })

  context
    .command(program, 'apply', 'bring a record to what a file says', 'apply -f mailer.json')
    .requiredOption('-f, --file <file>', 'the whole record as JSON; `-` reads standard input')
    .action(async ({ file }: { file: string }) => {
      const document = await readDocument(context.terminal, file)
      const ambit = await context.ambit()
      const applied = await ambit.records.apply(document)
      const text = 'unchanged' in applied ? 'Nothing to change.' : recordText(applied)
      context.reply({ text, json: applied })
    })
}

/** Says where to sign in, where the server wants that first. */
async function registered(ambit: Ambit, what: Registration): Promise<RecordView> {
  try {
    return await ambit.records.register(what)
  } catch (error) {
    if (!(error instanceof AmbitProblem) || error.code !== 'record.sign-in') throw error
    const { url } = signInAddress(error.members['signIn'])
    throw new Refusal(
      `the server wants you to sign in first, at\n  ${url}`,
      'Open it in a browser that is signed in to the console, then give the same command again.',
      error,
    )
  }
}

function registration(
  url: string | undefined,
  [program, ...args]: readonly string[],
  options: RegisterOptions,
): Registration {
  const secrets = parseHeaders(options.header ?? [])
  const common = {
    ...(options.name === undefined ? {} : { slug: options.name }),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(options.everyone === true ? { headersFor: 'everyone' as const } : {}),
  }
  if (url === undefined && program !== undefined) {
    return { ...common, command: { program, args, env: parseEnvironment(options.env ?? []) } }
  }
  if (url === undefined || program !== undefined || !/^https?:\/\//.test(url)) {
    throw new Refusal(
      'nothing to register was named',
      'Give an address that begins with http:// or https://, or `-- <command> [args…]`.',
    )
  }
  if (options.env !== undefined) {
    throw new Refusal('--env belongs to a command', 'For an address give credentials with --header.')
  }
  return { ...common, url }
}
