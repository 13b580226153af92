import { visible } from '@ambit/core/visible'

/** Where a text of a third party is cut in a line of a table or a list. */
const lineCharactersMax = 80
const keyCharactersMax = 4000

/**
 * A text of a third party on one line, every character visible, cut at a length. Names, descriptions and arguments
 * come from agents: written out as code points they can neither move the cursor nor hide.
 */
export function shown(text: string, charactersMax = 1000): string {
  const characters = Array.from(text)
  const cut = characters.length > charactersMax
  const kept = cut ? `${characters.slice(0, charactersMax - 1).join('')}…` : text
  return visible(kept.replaceAll(/[\n\t]/g, ' '))
}

/** The same, short enough for a cell. */
export function cell(text: string): string {
  return shown(text, lineCharactersMax)
}

/** A key of a log or a witness, whole: one that is cut is none. One of ML-DSA-44 has 1,751 characters and its name. */
export function keyText(vkey: string): string {
  return shown(vkey, keyCharactersMax)
}

/** Rows under a header, in aligned columns; a column where no row has anything is left out. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = header.map((_, at) => rows.some((row) => (row[at] ?? '') !== ''))
  const lines = [header, ...rows].map((row) =>
    header.map((_, at) => row[at] ?? '').filter((_, at) => used[at]),
  )
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => columns(line[at] ?? ''))))
  return lines
    .map((line) =>
      line
        .map((text, at) => text + ' '.repeat((widths[at] ?? 0) - columns(text)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Of a terminal as they were, and as many still are. */
const terminalColumns = 80

/** A text on lines that fit a terminal, each behind so many spaces; only a word longer than a line is broken. */
export function wrapped(text: string, indent = 0): string {
  const width = terminalColumns - indent
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    if (line === '') line = word
    else if (columns(line) + 1 + columns(word) <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each).join('\n')
}

/** A word in pieces that each fit a width: of Chinese a whole sentence is one word. */
function pieces(word: string, width: number): string[] {
  if (columns(word) <= width) return [word]
  const found: string[] = []
  let piece = ''
  for (const character of word) {
    if (columns(piece + character) > width) {
      found.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...found, piece]
}

/** One thing of a list that has more to say than a row has room for: its short facts on a line, then its words. */
export function entry(
  facts: readonly (string | undefined)[],
  ...words: readonly (string | undefined)[]
): string {
  const head = facts.filter((fact) => fact !== undefined && fact !== '').join('  ')
  const body = words.filter((each): each is string => (each ?? '') !== '').map((each) => wrapped(each, 2))
  return [head, ...body].join('\n')
}

/** Names and values, one pair a line; what has no value is left out. */
export function facts(pairs: readonly (readonly [string, string | undefined])[]): string {
  const present = pairs.filter((pair): pair is readonly [string, string] => (pair[1] ?? '') !== '')
  const width = Math.max(0, ...present.map(([name]) => name.length))
  return present.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** Columns that a text takes in a terminal: two for Chinese, Japanese and Korean characters, none for marks. */
function columns(text: string): number {
  let count = 0
  for (const character of text) count += wide.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1
  return count
}

/** `2026-11-20 12:50` in UTC; the text itself where it is no time. */
export function timeCell(text: string | undefined): string {
  if (text === undefined) return ''
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? text.slice(0, 16).replace('T', ' ') : cell(text)
}

/** What stands on one side only: removed lines with `-`, added lines with `+`. */
export function difference(before: unknown, after: unknown): string {
  const [old, now] = [lines(before), lines(after)]
  const removed = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`)
  const added = now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`)
  return [...removed, ...added].join('\n')
}

/** Each leaf of a value with its path, so that what moved without changing is no difference. */
function lines(value: unknown, path = ''): string[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [`${path === '' ? '' : `${shown(path)}: `}${shown(JSON.stringify(value))}`]
  }
  return Object.entries(value).flatMap(([name, member]) =>
    lines(member, path === '' ? name : `${path}.${name}`),
  )
}
