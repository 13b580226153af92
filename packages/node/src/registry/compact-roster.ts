import { isDigest } from '@ambit/core/digest'
import type { SpillFile } from '../kernel/spill-file.ts'
import type { Rulings } from '../ruling/ruling.ts'
import { packed, unpacked } from './packed.ts'
import { createNames, isNamedAlike, wordsOf } from './roster-names.ts'
import type { RosterNames, Words } from './roster-names.ts'
import { RosterRows } from './roster-rows.ts'
import { stateOf } from './roster.ts'
import type { Held, Roster } from './roster.ts'
import { WarmRecords } from './warm-records.ts'

/**
 * Some 400 bytes of memory a record, however much it declares: numbered rows (`roster-rows.ts`), the numbers by every name
 * that leads to them, and the records that were asked for last. A record that is read again is as rulings have it then.
 */
export function createRoster(rulings: Rulings, spill: SpillFile, seed: number): Roster {
  const rows = new RosterRows()
  const warm = new WarmRecords()
  const names = createNames(rows, seed)
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
    ...searches(names, glance),
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

/** Live records that have something in common with what is asked for. */
function searches(
  names: RosterNames,
  glance: (row: number) => Held | undefined,
): Pick<Roster, 'looksLike' | 'madeOf' | 'at'> {
  /** Other words may have the same hash. */
  function* those(what: Words, wanted: readonly string[]): Iterable<Held> {
    for (const row of names.rowsOf(what, wanted)) {
      const held = glance(row)!
      if (wordsOf[what](held).some((word) => wanted.includes(word))) yield held
    }
  }
  return {
    looksLike: (looks) => those('looks', looks),
    madeOf: (digests) => those('supplies', digests),
    at: (host) => those('hosts', [host]),
  }
}
