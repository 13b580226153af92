/* `npx node scripts/reference.ts`: writes the reference pages that are made from tables in the code. */
import { writeFileSync } from 'node:fs'
import { faultTables } from '@ambit/core/faults/table'
import { settings } from '@ambit/node/settings'
import { createContext } from '../packages/cli/src/context.ts'
import { createProgram } from '../packages/cli/src/program.ts'
import { processTerminal } from '../packages/cli/src/terminal.ts'

type CommandOf = Awaited<ReturnType<typeof createProgram>>

/** Each generated page by its path from the root; `tests/reference.test.ts` compares them with what is there. */
export const pages: Readonly<Record<string, string>> = {
  'docs/reference/faults.md': faultsPage(),
  'docs/reference/settings.md': settingsPage(),
  'docs/reference/commands.md': await commandsPage(),
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(pages))
    writeFileSync(new URL(`../${path}`, import.meta.url), text)
}

function faultsPage(): string {
  const domains = Object.entries(faultTables).map(([domain, rows]) => {
    const table = Object.entries(rows).map(([code, { status, retryable, title, remedy }]) => [
      `\`${code}\``,
      String(status),
      retryable ? 'yes' : 'no',
      title,
      remedy,
    ])
    return `## ${domain}\n\n${markdownTable(['code', 'HTTP', 'retry', 'what it means', 'what to do'], table)}`
  })
  return page(
    'Faults',
    'Every refusal of a node carries one of these codes, as RFC 9457 problem details over HTTP and in the own form of ' +
      'each protocol. `retry` says whether the same request may succeed later without a change.',
    'the tables in `packages/core/src/faults/`',
    domains,
  )
}

function settingsPage(): string {
  const table = settings.map(({ name, default: value, limit, sentence }) => [
    `\`${name}\``,
    value === '' ? '' : `\`${value}\``,
    limit,
    sentence,
  ])
  return page(
    'Settings',
    'A node reads these from its environment, and nothing else.',
    '`packages/node/src/settings.ts`',
    [markdownTable(['name', 'default', 'takes', 'what it does'], table)],
  )
}

async function commandsPage(): Promise<string> {
  const silent = { reply: () => undefined, tell: () => undefined }
  const program = await createProgram(createContext(processTerminal(), silent), ['log'])
  const about =
    'What `ambit` takes. Every command has `--help`, and every one that answers has `--json`. Exit codes: 0 done, ' +
    '1 refused or a check failed, 2 could not be tried.'
  const parts = program.commands.flatMap((command) => commandParts(command, ['ambit'], 2))
  return page('Commands', about, '`packages/cli/src/commands/`', parts)
}

/** A command and, one heading lower, those below it. */
function commandParts(command: CommandOf, above: readonly string[], level: number): string[] {
  const names = [...above, command.name()]
  const takes = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}…` : argument.name()
    return argument.required ? `<${name}>` : `[${name}]`
  })
  const options = command.options.filter(({ long }) => long !== '--json')
  const rows = options.map(({ flags, description }) => [`\`${flags}\``, description])
  const [words, example] = [command.description(), exampleOf(command)]
  return [
    `${'#'.repeat(level)} \`${[...names, ...takes].join(' ')}\``,
    `${words.charAt(0).toUpperCase()}${words.slice(1)}.`,
    ...(rows.length === 0 ? [] : [markdownTable(['option', 'what it does'], rows)]),
    ...(example === undefined ? [] : [`\`\`\`sh\n${example}\n\`\`\``]),
    ...command.commands.flatMap((each) => commandParts(each, names, level + 1)),
  ]
}

/** The example that stands under the help of a command. */
function exampleOf(command: CommandOf): string | undefined {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) })
  command.outputHelp()
  return /\$ (ambit .*)/.exec(help)?.[1]
}

function page(title: string, about: string, source: string, parts: readonly string[]): string {
  const made = `Made from ${source} by \`npx node scripts/reference.ts\`; do not edit it here.`
  return `${[`# ${title}`, about, made, ...parts].join('\n\n')}\n`
}

/** Columns padded as the formatter wants them, so that a generated page is also a formatted one. */
function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows].map((row) => row.map((text) => text.replaceAll('|', '\\|')))
  const widths = header.map((_, at) => Math.max(3, ...all.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, at) => (row[at] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...body] = all
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join(
    '\n',
  )
}
