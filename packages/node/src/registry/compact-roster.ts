import { isDigest } from '@ambit/core/digest'
import { RowIndex } from '../kernel/row-index.ts'
import type { SpillFile } from '../kernel/spill-file.ts'
import { textHash } from '../kernel/text-hash.ts'
import type { Rulings } from '../ruling/ruling.ts'
import { skeletons } from './confusable.ts'
import { packed, unpacked } from './packed.ts'
import { RosterRows } from './roster-rows.ts'
import { stateOf } from './roster.ts'
import type { Held, Roster } from './roster.ts'
import { WarmRecords } from './warm-records.ts'

/**
 * Some 400 bytes of memory a record, however much it declares: numbered rows (`roster-rows.ts`), the numbers by every name
 * that leads to them, and the records that were asked for last. A record that is read again is as rulings have it then.
 */
export function createRoster(rulings: Rulings, spill: SpillFile): Roster {
  const rows = new RosterRows()
  const warm = new WarmRecords()
  const names = createNames(rows)
  /** Rows of an organisation in the order of their slugs, until one comes or goes. */
  const orders = new Map<string, Int32Array>()

  function read(row: number): Held {
    return unpacked(spill.get(rows.place(row), rows.length(row)), rulings)
  }
  function glance(row: number): Held | undefined {
    return row < 0 ? undefined : (warm.get(rows.id(row)) ?? read(row))
  }
  function take(row: number): Held | undefined {
    if (row < 0) return undefined
    const id = rows.id(row)
    const known = warm.get(id)
    if (known !== undefined) return known
    const held = read(row)
    warm.set(id, held, rows.length(row))
    return held
  }
  function put(held: Held): void {
    const known = names.rowOf(held.id)
    const before = known < 0 ? undefined : glance(known)
    if (before !== undefined) spill.free(rows.place(known), rows.length(known))
    const row = rows.set({ ...factsOf(held), ...spill.put(packed(held)) }, known)
    warm.delete(held.id)
    if (before !== undefined && isNamedAlike(before, held)) return
    if (before !== undefined) names.remove(row, before)
    names.add(row, held)
    if (before !== undefined) orders.delete(before.organization)
    orders.delete(held.organization)
  }
  function remove(id: string): void {
    const row = names.rowOf(id)
    const held = glance(row)
    if (held === undefined) return
    names.remove(row, held)
    spill.free(rows.place(row), rows.length(row))
    warm.delete(id)
    orders.delete(held.organization)
    rows.clear(row)
  }
  function orderOf(organization: string): Int32Array {
    let order = orders.get(organization)
    if (order === undefined) {
      const own = [...rows.rows()].filter(
        (row) => rows.isLive(row) && rows.organization(row) === organization,
      )
      order = Int32Array.from(own.sort((left, right) => (rows.slug(left) < rows.slug(right) ? -1 : 1)))
      orders.set(organization, order)
    }
    return order
  }
  /** Other words may have the same hash. */
  function* those(found: Iterable<number>, isOne: (held: Held) => boolean): Iterable<Held> {
    for (const row of found) {
      const held = glance(row)!
      if (isOne(held)) yield held
    }
  }
  return {
    put,
    remove,
    // The warm ones first: no name is looked for then.
    byId: (id) => warm.get(id) ?? take(names.rowOf(id)),
    glance: (id) => glance(names.rowOf(id)),
    find(slugOrId, organization) {
      const named = names.rowNamed(organization, slugOrId)
      if (named >= 0) return take(named)
      const held = take(names.rowOf(slugOrId))
      return held?.organization === organization ? held : undefined
    },
    byDigest: (digest) => (isDigest(digest) ? take(names.rowOfVersion(digest, glance)) : undefined),
    *ids() {
      for (const row of rows.rows()) yield rows.id(row)
    },
    *heads(organization) {
      if (organization !== undefined) for (const row of orderOf(organization)) yield rows.head(row)
      else for (const row of rows.rows()) if (rows.isLive(row)) yield rows.head(row)
    },
    marks(id) {
      const row = names.rowOf(id)
      if (row < 0) return undefined
      const [isLive, hasDraft, updated] = [rows.isLive(row), rows.hasDraft(row), rows.updated(row)]
      return { isLive, hasDraft, updated, versions: rows.versions(row), changes: rows.changes(row) }
    },
    looksLike: (looks) =>
      those(names.rowsOf('looks', looks), (held) => wordsOf.looks(held).some((look) => looks.includes(look))),
    madeOf: (digests) =>
      those(names.rowsOf('supplies', digests), ({ supplies }) =>
        supplies.some((digest) => digests.includes(digest)),
      ),
    at: (host) => those(names.rowsOf('hosts', [host]), (held) => wordsOf.hosts(held).includes(host)),
    applyRuling(id) {
      const row = names.rowOf(id)
      if (row < 0) return
      rows.setState(row, stateOf(rows.digest(row), rulings).state)
      warm.delete(id)
    },
    [Symbol.dispose]: () => spill[Symbol.dispose](),
  }
}

function factsOf({ target, ...held }: Held) {
  return {
    ...held,
    title: target.title,
    kind: target.kind,
    digest: target.digest,
    state: target.state,
    protocols: target.interfaces.map(({ protocol }) => protocol),
    versions: held.versions.length,
  }
}

type Words = 'looks' | 'supplies' | 'hosts'

/** The rows by every name that leads to them. */
function createNames(rows: RosterRows) {
  const ids = new RowIndex()
  const slugs = new RowIndex()
  const versions = new RowIndex()
  const words = { looks: new RowIndex(), supplies: new RowIndex(), hosts: new RowIndex() }

  function each(row: number, held: Held, change: (index: RowIndex, hash: number, row: number) => void): void {
    change(ids, textHash(held.id), row)
    for (const digest of digestsOf(held)) change(versions, digestHash(digest), row)
    if (!held.isLive) return
    change(slugs, textHash(nameOf(held.organization, held.slug)), row)
    for (const what of ['looks', 'supplies', 'hosts'] as const)
      for (const hash of new Set(wordsOf[what](held).map(textHash))) change(words[what], hash, row)
  }
  return {
    add: (row: number, held: Held) => each(row, held, (index, hash) => index.add(hash, row)),
    remove: (row: number, held: Held) => each(row, held, (index, hash) => index.remove(hash, row)),
    rowOf: (id: string) => ids.find(textHash(id), (row) => rows.id(row) === id),
    /** Of live records. */
    rowNamed: (organization: string, slug: string) =>
      slugs.find(
        textHash(nameOf(organization, slug)),
        (row) => rows.slug(row) === slug && rows.organization(row) === organization,
      ),
    rowOfVersion: (digest: string, read: (row: number) => Held | undefined) =>
      versions.find(
        digestHash(digest),
        (row) => rows.digest(row) === digest || digestsOf(read(row)!).includes(digest),
      ),
    /** Those of one of these words, and seldom others of the same hash. */
    rowsOf: (what: Words, wanted: readonly string[]) =>
      new Set(wanted.flatMap((word) => words[what].all(textHash(word)))),
  }
}

const wordsOf: Readonly<Record<Words, (held: Held) => readonly string[]>> = {
  looks: ({ slug, names }) => [slug, ...names].flatMap(skeletons),
  supplies: ({ supplies }) => supplies,
  hosts: ({ target }) => target.interfaces.flatMap(({ url }) => hostOf(url)),
}

/** Most addresses are plain enough to see their host without reading them whole. */
const plainAddress = /^https?:\/\/([a-z0-9.-]+)(?::[0-9]+)?(?:[/?#]|$)/

/** Without port; none for a program. */
export function hostOf(url: string): readonly string[] {
  const host = plainAddress.exec(url)?.[1] ?? URL.parse(url)?.hostname ?? ''
  return host === '' ? [] : [host]
}

function digestsOf({ target, versions }: Held): readonly string[] {
  return [...new Set([target.digest, ...versions.map(({ digest }) => digest)])]
}

/** Whether the same names lead to both. */
function isNamedAlike(left: Held, right: Held): boolean {
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
