import { assetGroups } from './asset-register.ts'
import type { AssetRow } from './asset-register.ts'

const unknownWord = '未知 (unknown)'

/** The register as JSON: a list of agents, each with its eight groups of named fields; null says unknown. */
export function assetJson(rows: readonly AssetRow[]) {
  return {
    register: 'TC260-PG-20266A',
    groups: assetGroups.map(([key, en, zh]) => ({ key, en, zh })),
    agents: rows.map((row) =>
      Object.fromEntries(
        assetGroups.map(([key]) => [
          key,
          row[key].map(({ en, zh, value }) => ({ en, zh, value: value ?? null })),
        ]),
      ),
    ),
  }
}

/** The register as a table for spreadsheets (RFC 4180, UTF-8 with the mark that spreadsheets look for). */
export function assetCsv(rows: readonly AssetRow[]): string {
  const heading = assetGroups.map(([, en, zh]) => `${zh} ${en}`)
  const lines = rows.map((row) =>
    assetGroups.map(([key]) =>
      row[key].map(({ en, zh, value }) => `${zh} ${en}: ${value ?? unknownWord}`).join('\n'),
    ),
  )
  return `\uFEFF${[heading, ...lines].map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`
}

/**
 * A spreadsheet computes a cell that begins like a formula: an apostrophe makes it text. Lines within a cell are
 * defused as well, because some programs cut cells at them.
 */
export function cell(text: string): string {
  const plain = text
    .split(/\r\n|\r|\n/)
    .map((line) => (/^[\s\p{Cf}]*[=+\-@\t＝＋－＠]/u.test(line) ? `'${line}` : line))
    .join('\n')
  return `"${plain.replaceAll('"', '""')}"`
}
