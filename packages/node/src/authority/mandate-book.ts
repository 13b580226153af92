import type { Mandate, SignedMandate } from '@ambit/core/mandate'
import { createBudget } from './budgets.ts'
import type { Budget } from './budgets.ts'
import { compileMandate } from './compiled.ts'
import type { CompiledMandate } from './compiled.ts'
import { compileChain } from './decide.ts'
import type { CompiledChain } from './decide.ts'

/** A lasting mandate (standing or task) in memory. */
export interface BookEntry {
  readonly signed: SignedMandate
  readonly body: Mandate
  readonly parent: BookEntry | undefined
  readonly children: Set<BookEntry>
  /** Earliest end of it and all above, in ms. */
  readonly expiresAt: number
  readonly budget: Budget
  revoked: boolean
  /** Whether the signatures from the root down to here were checked. */
  verified: boolean
}

/** The lasting mandates that are not over: bounded by what is active. */
export interface MandateBook {
  get(id: string): BookEntry | undefined
  /** Undefined when its parent is not here: over, or revoked. Adding what is here changes nothing. */
  add(signed: SignedMandate): BookEntry | undefined
  /** Marks these and all below at once; gives the ids that were not marked before. */
  revoke(ids: readonly string[]): string[]
  /** Forgets what ended before; gives the entries forgotten. */
  prune(before: number): BookEntry[]
  entries(): Iterable<BookEntry>
}

/** `onAdd` hears of the budget of each that is added, before anything is spent from it. */
export function createMandateBook(onAdd: (budget: Budget) => void = () => undefined): MandateBook {
  const entries = new Map<string, BookEntry>()
  return {
    get: (id) => entries.get(id),
    entries: () => entries.values(),
    add(signed) {
      const { body } = signed
      const known = entries.get(body.id)
      if (known !== undefined) return known
      const parent = body.parent === undefined ? undefined : entries.get(body.parent)
      if (body.parent !== undefined && parent === undefined) return undefined
      const entry: BookEntry = {
        signed,
        body,
        parent,
        children: new Set(),
        expiresAt: Math.min(Date.parse(body.expires), parent?.expiresAt ?? Infinity),
        budget: createBudget(body),
        revoked: parent?.revoked ?? false,
        verified: false,
      }
      parent?.children.add(entry)
      entries.set(body.id, entry)
      onAdd(entry.budget)
      return entry
    },
    revoke(ids) {
      const marked: string[] = []
      const queue = ids.map((id) => entries.get(id)).filter((entry) => entry !== undefined)
      // Grows while it is read: each entry is reached once, since a mandate has one parent.
      for (const entry of queue) {
        if (entry.revoked) continue
        marked.push(entry.body.id)
        entry.revoked = true
        queue.push(...entry.children)
      }
      return marked
    },
    prune(before) {
      const gone: BookEntry[] = []
      for (const [id, entry] of entries) {
        if (entry.expiresAt >= before) continue
        entries.delete(id)
        entry.parent?.children.delete(entry)
        gone.push(entry)
      }
      return gone
    },
  }
}

/** The entry and all above it, root first. */
export function lineage(entry: BookEntry): BookEntry[] {
  const above = entry.parent === undefined ? [] : lineage(entry.parent)
  return [...above, entry]
}

const compiled = new WeakMap<BookEntry, CompiledMandate>()
const compiledChains = new WeakMap<BookEntry, CompiledChain>()

/** The compiled links down to the entry, made when first needed and kept while the entry is. */
export function compiledChainOf(entry: BookEntry): CompiledChain {
  let chain = compiledChains.get(entry)
  if (chain === undefined) {
    chain = compileChain(lineage(entry).map(compiledOf))
    compiledChains.set(entry, chain)
  }
  return chain
}

function compiledOf(entry: BookEntry): CompiledMandate {
  let links = compiled.get(entry)
  if (links === undefined) {
    links = compileMandate(entry.body)
    compiled.set(entry, links)
  }
  return links
}
