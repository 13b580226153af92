import { lastingLinks } from '@ambit/core/mandate-chain'
import type { Identity, SubjectKeys } from '../identity/identity.ts'
import type { Log } from '../kernel/log.ts'
import type { Holder } from './authority.ts'
import type { LiveChain } from './live-chain.ts'
import { lineage } from './mandate-book.ts'
import type { BookEntry } from './mandate-book.ts'
import { mintLeaf } from './mint.ts'
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
  /** Tokens in use; without any, nothing is minted. */
  tokens: number
  renewing: boolean
}

/** The mandates that tokens are bound to, each with its holder and the leaf in force. */
export interface Holders {
  /** Mints the first leaf when nobody holds the mandate yet; counts the token. */
  hold(entry: BookEntry): Promise<HeldMandate>
  letGo(held: HeldMandate): void
  find(key: string, links: readonly string[]): LiveHolder | undefined
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

  async function open(entry: BookEntry): Promise<HeldMandate> {
    const chain = await mintLeaf(parts, entry)
    const { holder: key, subject, organization, agent } = entry.body
    const subjectKeys = await parts.identity.subjectKeys(subject)
    const holder: LiveHolder = {
      key,
      subject,
      organization,
      agent,
      callers: callersOf(entry),
      chain,
      subjectKeys,
    }
    const opened: HeldMandate = { entry, holder, tokens: 0, renewing: false }
    ready.set(entry.body.id, opened)
    // Destroyed while the holder was opened: whoever gave new ones did not see this one yet.
    if (subjectKeys.gone) await takeKeys(opened)
    return opened
  }

  async function renew(one: HeldMandate): Promise<void> {
    if (one.renewing || one.entry.revoked) return
    one.renewing = true
    try {
      one.holder.chain = await mintLeaf(parts, one.entry)
    } catch (error) {
      parts.log.error('mandate.leaf-not-renewed', { mandate: one.entry.body.id, error: String(error) })
    } finally {
      one.renewing = false
    }
  }

  async function takeKeys(one: HeldMandate): Promise<void> {
    one.holder.subjectKeys = await parts.identity.subjectKeys(one.holder.subject)
  }

  return {
    async hold(entry) {
      const { id } = entry.body
      const opening = held.get(id) ?? open(entry)
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
      if (one.tokens > 0) return
      held.delete(one.entry.body.id)
      ready.delete(one.entry.body.id)
    },
    find(key, links) {
      const last = lastingLinks(links).at(-1)
      const one = last === undefined ? undefined : ready.get(last)
      if (one === undefined || one.entry.revoked || one.holder.key !== key) return undefined
      const own = lineage(one.entry).map((link) => link.body.id)
      return own.join() === lastingLinks(links).join() ? one.holder : undefined
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

/** Who acts, then each caller before, each named once in a row; at last the person. */
function callersOf(entry: BookEntry): string[] {
  const callers: string[] = []
  for (const { body } of lineage(entry).toReversed()) {
    const name = body.agent ?? body.holder
    if (callers.at(-1) !== name) callers.push(name)
  }
  return [...callers, entry.body.subject]
}
