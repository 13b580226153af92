import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import type { Imported } from '@ambit/sdk/records'
import { filesAt } from '../client-configurations-file.ts'
import { serversIn } from '../client-configurations-servers.ts'
import type { ConfiguredServer } from '../client-configurations-servers.ts'
import { configurationPlaces } from '../client-configurations.ts'
import { addressOf, isSame, standingOf } from '../client-standing.ts'
import type { Standing } from '../client-standing.ts'
import { addressShown, commandShown, holdsSecret } from '../command-shown.ts'
import type { Context } from '../context.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { cell, shown, table } from '../text.ts'
import type { ScanOptions } from './scan.ts'

interface Found {
  readonly client: string
  readonly path: string
  readonly problem?: string
  readonly servers: readonly (ConfiguredServer & { readonly standing: Standing | undefined })[]
}

/** Reads the files of the clients of this machine and says which of their servers the node knows. */
export async function scanFiles(context: Context, options: ScanOptions): Promise<void> {
  const ambit = await context.ambit()
  const known = await knownTo(ambit, context)
  const found: Found[] = []
  const { environment } = context.terminal
  const machine = { platform: process.platform, environment, project: options.project ?? process.cwd() }
  for (const place of configurationPlaces(machine)) {
    for (const file of await filesAt(place)) {
      const { client } = place
      if (found.some(({ path }) => path === file.path)) continue
      if ('problem' in file) found.push({ client, path: file.path, problem: file.problem, servers: [] })
      else {
        const servers = serversIn(file.document, place.members).map((server) => ({
          ...server,
          standing:
            known === undefined || server.problem !== undefined
              ? undefined
              : standingOf(server, ambit.url, known),
        }))
        found.push({ client, path: file.path, servers })
      }
    }
  }
  const missing = unregisteredIn(found)
  const registered =
    options.register === true ? await registerAll(context, ambit, missing, options) : undefined
  context.reply({
    text: [textOf(found), summary(found, missing.length, known !== undefined), resultsText(registered)]
      .filter((part) => part !== '')
      .join('\n\n'),
    json: { files: found.map((file) => fileJson(file)), ...(registered === undefined ? {} : { registered }) },
    exitCode: registered?.results.every(({ ok }) => ok) === false ? exitCodes.refused : exitCodes.done,
  })
}

/** Where the records of the node answer; undefined, with a line, where it cannot be asked: the files are shown all the same. */
async function knownTo(ambit: Ambit, { terminal }: Context) {
  try {
    const { endpoints, complete } = await ambit.scans.endpoints()
    if (!complete)
      terminal.err('The node has more records than it lists: some may be said not to be registered.')
    return endpoints
  } catch (error) {
    if (!(error instanceof AmbitProblem)) throw error
    terminal.err(
      `The node at ${ambit.url} could not be asked what is registered: ${shown(error.title)}. ` +
        'Sign in with `ambit login` to see that too.',
    )
    return undefined
  }
}

/** Each once, however many clients use it; what is switched off too is left to the person. */
function unregisteredIn(
  found: readonly Found[],
): readonly (ConfiguredServer & { readonly client: string })[] {
  const each: (ConfiguredServer & { readonly client: string })[] = []
  for (const { client, servers } of found) {
    for (const server of servers) {
      if (server.off || server.standing?.state !== 'unregistered') continue
      if (!each.some((other) => isTheSame(other, server))) each.push({ ...server, client })
    }
  }
  return each
}

function isTheSame(one: ConfiguredServer, other: ConfiguredServer): boolean {
  if (one.command !== undefined || other.command !== undefined)
    return one.command !== undefined && other.command !== undefined && isSame(one.command, other.command)
  const [a, b] = [addressOf(one.url ?? ''), addressOf(other.url ?? '')]
  return a !== undefined && a.host === b?.host && a.path === b.path
}

async function registerAll(
  { terminal }: Context,
  ambit: Ambit,
  missing: readonly (ConfiguredServer & { readonly client: string })[],
  { yes }: ScanOptions,
): Promise<Imported> {
  const isHere = addressOf(ambit.url)?.host.startsWith('127.') === true
  // A command would be started where the node is, which is not where it runs now.
  const near = missing.filter(({ command }) => isHere || command === undefined)
  if (near.length < missing.length)
    terminal.err('Commands are left out: they run on this machine, and the node is on another one.')
  const wanted = near.filter((server) => !holdsSecret(server))
  const open = near.filter((server) => holdsSecret(server)).map(({ name }) => cell(name))
  if (open.length > 0)
    terminal.err(
      `Left out: ${open.join(', ')}. What looks like a key stands in its address or arguments, which would be public in ` +
        'a record; put it into a header or a variable first, or register it yourself.',
    )
  if (wanted.length === 0) return { results: [] }
  const names = wanted.map(({ name }) => cell(name)).join(', ')
  const secrets = wanted.some(({ env, headers }) => Object.keys({ ...env, ...headers }).length > 0)
  const what =
    `Make a draft at ${ambit.url} of ${names}?` +
    (secrets ? ' The values of their headers and variables go to its vault.' : '') +
    (wanted.some(({ command }) => command !== undefined) ? ' Commands are started there to be read.' : '')
  if (yes !== true) {
    const answer = await terminal.ask(`${what} [y/N] `)
    if (answer === undefined)
      throw new Refusal('nobody sits at the terminal to be asked', 'Add --yes to register without asking.')
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new Refusal('nothing was registered', 'Answer `y` to register.')
  }
  return await ambit.records.import({ mcpServers: entriesOf(wanted) })
}

/** In the form that the node imports. Two of one name are told apart by their client. */
function entriesOf(servers: readonly (ConfiguredServer & { readonly client: string })[]) {
  const named = new Map<string, unknown>()
  for (const { name, client, url, command, env, headers } of servers) {
    const base = name === '' ? client : name
    let free = named.has(base) ? `${base}-${client}` : base
    while (named.has(free)) free = `${free}-2`
    named.set(
      free,
      command === undefined ? { url, headers } : { command: command.program, args: command.args, env },
    )
  }
  return Object.fromEntries(named)
}

const stateWords = {
  through: 'through the node',
  registered: 'past its record',
  unregistered: 'not registered',
}

function standingWords(server: Found['servers'][number]): string {
  if (server.problem !== undefined) return server.problem
  const { standing, off } = server
  const words =
    standing === undefined
      ? ''
      : standing.state === 'registered'
        ? `${stateWords.registered} ${cell(standing.slug)}`
        : stateWords[standing.state]
  return [words, off ? 'switched off' : ''].filter((part) => part !== '').join(', ')
}

function textOf(found: readonly Found[]): string {
  return found
    .map(({ client, path, problem, servers }) => {
      const head = `${client}  ${shown(path)}`
      if (problem !== undefined) return `${head}\n  not read: ${shown(problem)}`
      if (servers.length === 0) return `${head}\n  no servers`
      const rows = servers.map((server) => [
        `  ${cell(server.name)}`,
        standingWords(server),
        cell(placeOf(server)),
        cell(secretNames(server).join(' ')),
      ])
      return `${head}\n${table(['  server', 'standing', 'what', 'credentials'], rows)}`
    })
    .join('\n\n')
}

function summary(found: readonly Found[], missing: number, isKnown: boolean): string {
  const servers = found.flatMap((file) => file.servers)
  if (servers.length === 0) return found.length === 0 ? 'No file of an MCP client was found.' : ''
  if (!isKnown) return `Servers: ${servers.length}.`
  const past = servers.filter(({ standing }) => standing?.state === 'registered').length
  const advice = missing > 0 ? ' Make drafts of them with `ambit scan --register`.' : ''
  return `Servers: ${servers.length}; not registered: ${missing}; called past their record: ${past}.${advice}`
}

function resultsText(registered: Imported | undefined): string {
  if (registered === undefined) return ''
  if (registered.results.length === 0) return 'Nothing to register.'
  const rows = registered.results.map(({ name, ok, slug, problem }) => [
    cell(name),
    ok ? 'draft' : 'refused',
    cell(slug ?? ''),
    cell([problem?.detail, problem?.remedy].filter((part) => part !== undefined).join(' ')),
  ])
  return table(['server', 'result', 'record', 'why'], rows)
}

/** Never a value of a header, a variable or an argument. */
function fileJson({ client, path, problem, servers }: Found) {
  return {
    client,
    path,
    ...(problem === undefined ? {} : { problem }),
    servers: servers.map((server) => ({
      name: server.name,
      what: placeOf(server),
      env: Object.keys(server.env),
      headers: Object.keys(server.headers),
      off: server.off,
      ...server.standing,
      ...(server.problem === undefined ? {} : { problem: server.problem }),
    })),
  }
}

function placeOf({ url, command }: ConfiguredServer): string {
  if (command !== undefined) return commandShown(command.program, command.args)
  return url === undefined ? '' : addressShown(url)
}

function secretNames({ env, headers }: ConfiguredServer): readonly string[] {
  return [...Object.keys(env), ...Object.keys(headers)]
}
