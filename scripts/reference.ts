/* `npx node scripts/reference.ts`: writes the reference pages that are made from tables in the code. */
import { writeFileSync } from 'node:fs'
import { faultTables } from '@ambit/core/faults/table'
import { settings } from '@ambit/node/settings'

/** Each generated page by its path from the root; `tests/reference.test.ts` compares them with what is there. */
export const pages: Readonly<Record<string, string>> = {
  'docs/reference/faults.md': faultsPage(),
  'docs/reference/settings.md': settingsPage(),
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
