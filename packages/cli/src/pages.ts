import type { Terminal } from './terminal.ts'

/** Pages that one listing asks for at most; a node has up to 200 rows a page. */
const pagesMax = 50

interface Part<Row> {
  readonly rows: readonly Row[]
  readonly next: string | undefined
}

/** Every row of a list that comes in pages; says so when it stops before the end. */
export async function allPages<Row>(
  terminal: Pick<Terminal, 'err'>,
  ask: (page: { readonly cursor?: string }) => Promise<Part<Row>>,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  let cursor: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const part = await ask(cursor === undefined ? {} : { cursor })
    rows.push(...part.rows)
    cursor = part.next
    if (cursor === undefined) return rows
  }
  terminal.err(`Only the first ${rows.length} are shown.`)
  return rows
}
