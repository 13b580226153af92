import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import type { RecordView, Registration } from '@ambit/sdk/records'
import type { Command } from 'commander'
import { collect, parseEnvironment, parseHeaders } from '../arguments.ts'
import type { Context } from '../context.ts'
import { readDocument, readObject } from '../document.ts'
import { openKeyFile } from '../key-file.ts'
import { Refusal } from '../refusal.ts'
import { recordText } from './record-text.ts'
import { signInAddress } from './sign-in.ts'

interface RegisterOptions {
  readonly name?: string
  readonly title?: string
  readonly confirmName?: boolean
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
    .option('--title <text>', 'what it is called, in place of what it calls itself')
    .option('--confirm-name', 'say, as an owner, that its name may resemble another one')
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
    .command(program, 'apply', 'bring a record to what a file says', 'apply -f mailer.json')
    .requiredOption('-f, --file <file>', 'the whole record as JSON; `-` reads standard input')
    .option('--key <file>', 'a key of the agent’s own, which the record then names; more than once', collect)
    .action(async ({ file, key: files }: { file: string; key?: readonly string[] }) => {
      const ambit = await context.ambit()
      const document =
        files === undefined
          ? await readDocument(context.terminal, file)
          : await withKeys(ambit, await readObject(context.terminal, file), files)
      const applied = await ambit.records.apply(document)
      const text = 'unchanged' in applied ? 'Nothing to change.' : recordText(applied)
      context.reply({ text, json: applied })
    })
}

/** The document with these keys named beside those that the record has, and the proofs that they are held here. */
async function withKeys(
  ambit: Ambit,
  document: Readonly<Record<string, unknown>>,
  files: readonly string[],
): Promise<unknown> {
  const { slug, keys: given } = document
  if (typeof slug !== 'string') throw new Refusal('the document has no `slug`', 'Give the record a name.')
  const signers = await Promise.all(files.map(async (file) => await openKeyFile(file)))
  const known = Array.isArray(given) ? (given as readonly unknown[]) : await keysOf(ambit, slug)
  const proofs = await Promise.all(signers.map(async (signer) => await ambit.agentKeys.prove(slug, signer)))
  return { ...document, keys: [...new Set([...known, ...signers.map(({ key }) => key)])], proofs }
}

/** Those that the record names; none where there is no such record yet. */
async function keysOf(ambit: Ambit, slug: string): Promise<readonly string[]> {
  try {
    const { keys } = await ambit.agentKeys.of(slug)
    return keys.filter(({ by, state }) => by === 'record' && state === 'active').map(({ key }) => key)
  } catch (error) {
    if (error instanceof AmbitProblem && error.code === 'input.not-found') return []
    throw error
  }
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

/** A title with Han characters is filed as Chinese, any other as English. */
function namesOf(title: string): { en: string } | { zh: string } {
  return /\p{Script=Han}/u.test(title) ? { zh: title } : { en: title }
}

function registration(
  url: string | undefined,
  [program, ...args]: readonly string[],
  options: RegisterOptions,
): Registration {
  const secrets = parseHeaders(options.header ?? [])
  const common = {
    ...(options.name === undefined ? {} : { slug: options.name }),
    ...(options.title === undefined ? {} : { name: namesOf(options.title) }),
    ...(options.confirmName === true ? { confirmName: true } : {}),
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
