import { RowIndex } from '../kernel/row-index.ts'
import { textHash } from '../kernel/text-hash.ts'
import { skeletons } from './confusable.ts'
import type { RosterRows } from './roster-rows.ts'
import type { Held } from './roster.ts'

/** What several records may have in common. */
export type Words = 'looks' | 'supplies' | 'hosts'

/** The rows by every name that leads to them. */
export function createNames(rows: RosterRows, seed: number) {
  const hashOf = (text: string) => textHash(text, seed)
  const ids = new RowIndex()
  const slugs = new RowIndex()
  const versions = new RowIndex()
  const words = { looks: new RowIndex(), supplies: new RowIndex(), hosts: new RowIndex() }

  function each(row: number, held: Held, change: (index: RowIndex, hash: number, row: number) => void): void {
    change(ids, hashOf(held.id), row)
    for (const digest of digestsOf(held)) change(versions, digestHash(digest), row)
    if (!held.isLive) return
    change(slugs, hashOf(nameOf(held.organization, held.slug)), row)
    for (const what of ['looks', 'supplies', 'hosts'] as const)
      for (const hash of new Set(wordsOf[what](held).map(hashOf))) change(words[what], hash, row)
  }
  return {
    add: (row: number, held: Held) => each(row, held, (index, hash) => index.add(hash, row)),
    remove: (row: number, held: Held) => each(row, held, (index, hash) => index.remove(hash, row)),
    rowOf: (id: string) => ids.find(hashOf(id), (row) => rows.id(row) === id),
    /** Of live records. */
    rowNamed: (organization: string, slug: string) =>
      slugs.find(
        hashOf(nameOf(organization, slug)),
        (row) => rows.slug(row) === slug && rows.organization(row) === organization,
      ),
    rowOfVersion: (digest: string, read: (row: number) => Held | undefined) =>
      versions.find(
        digestHash(digest),
        (row) => rows.digest(row) === digest || digestsOf(read(row)!).includes(digest),
      ),
    /** Those of one of these words, and seldom others of the same hash. */
    rowsOf: (what: Words, wanted: readonly string[]) =>
      new Set(wanted.flatMap((word) => words[what].all(hashOf(word)))),
  }
}

export type RosterNames = ReturnType<typeof createNames>

export const wordsOf: Readonly<Record<Words, (held: Held) => readonly string[]>> = {
  looks: ({ slug, names }) => [slug, ...names].flatMap(skeletons),
  supplies: ({ supplies }) => supplies,
  hosts: ({ target }) => target.interfaces.flatMap(({ url }) => hostOf(url)),
}

/** Most addresses are plain enough to see their host without reading them whole. */
const plainAddress = /^https?:\/\/([a-z0-9.-]+)(?::[0-9]+)?(?:[/?#]|$)/

/** Without port; none for a program. */
function hostOf(url: string): readonly string[] {
  const host = plainAddress.exec(url)?.[1] ?? URL.parse(url)?.hostname ?? ''
  return host === '' ? [] : [host]
}

function digestsOf({ target, versions }: Held): readonly string[] {
  return [...new Set([target.digest, ...versions.map(({ digest }) => digest)])]
}

/** Whether the same names lead to both. */
export function isNamedAlike(left: Held, right: Held): boolean {
  return JSON.stringify(naming(left)) === JSON.stringify(naming(right))
}

function naming(held: Held) {
  const { isLive, organization, slug, names, supplies, target } = held
  return [
    isLive,
    organization,
    slug,
    names,
    supplies,
    digestsOf(held),
    target.interfaces.map(({ url }) => url),
  ]
}

function nameOf(organization: string, slug: string): string {
  return `${organization}/${slug}`
}

function digestHash(digest: string): number {
  return Number.parseInt(digest.slice('sha256:'.length, 'sha256:'.length + 8), 16) >>> 0
}
