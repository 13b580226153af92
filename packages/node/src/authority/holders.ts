import { lastingLinks } from '@ambit/core/mandate-chain'
import type { Identity, SubjectKeys } from '../identity/identity.ts'
import type { Log } from '../kernel/log.ts'
import type { Holder } from './authority.ts'
import { delegatedIn } from './delegated-id.ts'
import type { LiveChain } from './live-chain.ts'
import { lineage } from './mandate-book.ts'
import type { BookEntry } from './mandate-book.ts'
import { keyElsewhere, mintLeaf, presentedChain } from './mint.ts'
import type { MintParts } from './mint.ts'

/** A leaf is renewed when it has less than this left: five sweeps, should some of them fail. */
const renewBeforeMs = 5 * 60_000

/** A holder whose chain is replaced in place at each renewal, and whose keys when their period turns. */
export interface LiveHolder extends Holder {
  chain: LiveChain
  subjectKeys: SubjectKeys
}

export interface HeldMandate {
  readonly entry: BookEntry
  readonly holder: LiveHolder
  /** The node keeps the holder's key, so that it mints leaves. */
  readonly isKept: boolean
  /** Tokens in use; without any, nothing is minted. */
  tokens: number
  /** Until its next leaf is minted. */
  renewing: Promise<void> | undefined
}

/** The mandates that tokens are bound to, each with its holder and the leaf in force. */
export interface Holders {
  /**
   * Mints the first leaf when nobody holds the mandate yet; counts the token. `presented`: its holder keeps its own key
   * and showed the chain, so that no leaf is minted.
   */
  hold(entry: BookEntry, presented: boolean): Promise<HeldMandate>
  letGo(held: HeldMandate): void
  find(key: string, links: readonly string[]): LiveHolder | undefined
  /**
   * The same of a mandate in force that no token is left of: what waited for a person outlives the token it came by.
   * Its leaf is not renewed.
   */
  wake(entry: BookEntry, key: string, links: readonly string[]): Promise<LiveHolder | undefined>
  /** Renews in the background; the old leaf stays in force until then. */
  renew(held: HeldMandate): Promise<void>
  /** Renews all that end soon, one after the other. */
  sweep(): Promise<void>
  /** Gives all holders of a person the keys of now: those they had were destroyed. */
  rekey(person: string): Promise<void>
  prune(entry: BookEntry): void
}

export interface HolderParts extends MintParts {
  readonly identity: Pick<Identity, 'holderSigner' | 'personSigner' | 'subjectKeys'>
  readonly log: Log
}

export function createHolders(parts: HolderParts): Holders {
  const held = new Map<string, Promise<HeldMandate>>()
  const ready = new Map<string, HeldMandate>()

  async function make(entry: BookEntry, isKept: boolean): Promise<HeldMandate> {
    const chain = isKept ? await mintLeaf(parts, entry) : await presentedChain(parts, entry)
    const { holder: key, subject, organization, agent } = entry.body
    const subjectKeys = await parts.identity.subjectKeys(subject)
    const holder: LiveHolder = {
      key,
      subject,
      organization,
      agent,
      callers: callersOf(entry),
      ...parentOf(entry),
      chain,
      subjectKeys,
    }
    return { entry, holder, isKept, tokens: 0, renewing: undefined }
  }

  async function open(entry: BookEntry, isKept: boolean): Promise<HeldMandate> {
    const opened = await make(entry, isKept)
    ready.set(entry.body.id, opened)
    // Destroyed while the holder was opened: whoever gave new ones did not see this one yet.
    if (opened.holder.subjectKeys.gone) await takeKeys(opened)
    return opened
  }

  async function renew(one: HeldMandate): Promise<void> {
    if (one.entry.revoked) return
    one.renewing ??= mintNext(parts, one)
    await one.renewing
  }

  async function takeKeys(one: HeldMandate): Promise<void> {
    one.holder.subjectKeys = await parts.identity.subjectKeys(one.holder.subject)
  }

  return {
    async hold(entry, presented) {
      const { id } = entry.body
      const isKept = (await parts.identity.holderSigner(entry.body.holder)) !== undefined
      // Whoever keeps its own key proves it anew every few minutes: it never gets a token that lasts.
      if (!isKept && !presented) throw keyElsewhere(entry)
      const opening = held.get(id) ?? open(entry, isKept)
      held.set(id, opening)
      try {
        const one = await opening
        one.tokens++
        return one
      } catch (error) {
        held.delete(id)
        throw error
      }
    },
    letGo(one) {
      one.tokens--
      // What waits for a person outlives the few minutes of a token that was given for a chain.
      if (one.tokens > 0 || !one.isKept) return
      held.delete(one.entry.body.id)
      ready.delete(one.entry.body.id)
    },
    find(key, links) {
      const last = lastingLinks(links).at(-1)
      const one = last === undefined ? undefined : ready.get(last)
      return one !== undefined && isHeldBy(one.entry, key, links) ? one.holder : undefined
    },
    async wake(entry, key, links) {
      if (!isHeldBy(entry, key, links) || entry.expiresAt <= parts.clock.now()) return undefined
      const isKept = (await parts.identity.holderSigner(key)) !== undefined
      return (await make(entry, isKept)).holder
    },
    renew,
    async sweep() {
      const now = parts.clock.now()
      for (const one of ready.values()) {
        if (now >= one.holder.subjectKeys.until) await takeKeys(one)
        const { expiresAt } = one.holder.chain
        if (expiresAt - now < renewBeforeMs && expiresAt < one.entry.expiresAt) await renew(one)
      }
    },
    async rekey(person) {
      for (const one of ready.values()) if (one.holder.subject === person) await takeKeys(one)
    },
    prune(entry) {
      held.delete(entry.body.id)
      ready.delete(entry.body.id)
    },
  }
}

/** The old leaf stays in force where none can be minted. */
async function mintNext(parts: HolderParts, one: HeldMandate): Promise<void> {
  try {
    one.holder.chain = await mintLeaf(parts, one.entry)
  } catch (error) {
    parts.log.error('mandate.leaf-not-renewed', { mandate: one.entry.body.id, error: String(error) })
  } finally {
    one.renewing = undefined
  }
}

/** The act in which it was handed on, or one above it was. */
function parentOf(entry: BookEntry): Pick<Holder, 'parent'> {
  for (const { body } of lineage(entry).toReversed()) {
    const parent = delegatedIn(body.id)
    if (parent !== undefined) return { parent }
  }
  return {}
}

/** Whether that key holds the mandate, and those are it and all above it. */
function isHeldBy(entry: BookEntry, key: string, links: readonly string[]): boolean {
  if (entry.revoked || entry.body.holder !== key) return false
  const own = lineage(entry).map((link) => link.body.id)
  return own.join() === lastingLinks(links).join()
}

/** Who acts, then each caller before, each named once in a row; at last the person. */
function callersOf(entry: BookEntry): string[] {
  const callers: string[] = []
  for (const { body } of lineage(entry).toReversed()) {
    const name = body.agent ?? body.holder
    if (callers.at(-1) !== name) callers.push(name)
  }
  return [...callers, entry.body.subject]
}
