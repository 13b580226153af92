import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import type { SignedMandate } from '@ambit/core/mandate'
import { leafIdPrefix } from '@ambit/core/mandate-chain'
import type { ChainProblem } from '@ambit/core/mandate-chain'
import type { ChainCheck, CheckedChain } from './chain-check.ts'
import { delegatedIn } from './delegated-id.ts'
import { accept } from './grants.ts'
import type { GrantParts } from './grants.ts'
import type { BookEntry } from './mandate-book.ts'
import { leafMsMax, verifyLineage } from './mint.ts'
import { refuseBorrowedName } from './named-agent.ts'
import { presentedClient } from './tokens.ts'
import type { Tokens } from './tokens.ts'
import type { TokenReader } from './token-store.ts'

/** Tokens that one mandate has at once: one for each process of its holder, and some that are being replaced. */
const tokensMax = 20
/** Clocks of those who sign and those who check differ by so much; more is a mistake. */
const skewMs = 60_000

export interface PresentParts extends GrantParts {
  readonly chains: ChainCheck
  readonly tokens: Pick<Tokens, 'create'>
  readonly tokenStore: Pick<TokenReader, 'tokenCounts'>
}

export interface Presented {
  /** `ambm_…` */
  readonly token: string
  /** In ms. */
  readonly expiresAt: number
  /** Id of the last link. */
  readonly mandate: string
}

/** What an outside holder does with a chain it was handed: it shows it, proves its key, and acts under it. */
export interface Presenting {
  /**
   * Gives a token of at most fifteen minutes for a chain of signed links, root first. The root must be a mandate given
   * here; links below it that are not known yet are taken in, so that budgets and revocation work from now on.
   * `provenKey`: did:key whose possession the caller of this has just proven, anew for each call. `boundTo`: thumbprint
   * of that key or of a certificate over it; the token counts only with a proof of that. Throws a Fault with a code of
   * its own for each flaw (`chain.…`), `mandate.ended`, `mandate.too-many`; nothing has happened then.
   */
  present(chain: unknown, provenKey: string, boundTo: string, now?: number): Promise<Presented>
  /** The last link's entry, once all links are taken in. */
  takeIn(chain: CheckedChain, now: number): Promise<BookEntry>
}

export function createPresenting(parts: PresentParts): Presenting {
  // Two requests may show the same new link at once: it is taken in once.
  const underWay = new Map<string, Promise<BookEntry>>()

  async function takeLink(parent: BookEntry, link: SignedMandate): Promise<BookEntry> {
    const { id } = link.body
    const begun = underWay.get(id)
    if (begun !== undefined) return sameLink(await begun, link)
    const taking = enterLink(parts, parent, link)
    underWay.set(id, taking)
    try {
      return await taking
    } finally {
      underWay.delete(id)
    }
  }

  async function takeIn(chain: CheckedChain, now: number): Promise<BookEntry> {
    const known = knownLinks(parts, chain)
    refuseTimes(chain, now)
    const unknown = chain.links.slice(known.length)
    for (const link of unknown) await refuseTaken(parts, link)
    for (const [at, { body }] of unknown.entries())
      await refuseBorrowedName(parts, chain.links[known.length + at - 1]!.body, body)
    await verifyLineage(parts, known[0]!)
    let entry = known.at(-1)!
    for (const link of unknown) entry = await takeLink(entry, link)
    return entry
  }

  return {
    takeIn,
    async present(raw, provenKey, boundTo, now = parts.clock.now()) {
      const chain = await parts.chains.checkAll(raw)
      if (!chain.ok) throw chainFault(chain)
      const { body } = chain.links.at(-1)!
      if (body.holder !== provenKey) {
        throw new Fault('chain.holder', {
          detail: 'the proof is not of the key that holds the last link',
          where: body.id,
        })
      }
      const entry = await takeIn(chain, now)
      const counts = await parts.tokenStore.tokenCounts([body.id], now)
      if ((counts.get(body.id) ?? 0) >= tokensMax) {
        throw new Fault('mandate.too-many', { detail: `a chain has ${tokensMax} tokens at once at most` })
      }
      const expiresAt = Math.min(now + leafMsMax, entry.expiresAt)
      const { token } = await parts.tokens.create(entry, {
        client: presentedClient,
        expiresAt,
        by: body.subject,
        key: boundTo,
      })
      return { token, expiresAt, mandate: body.id }
    },
  }
}

/** The first links of the chain that are in the book, as they stand there; at least the root. */
function knownLinks({ book }: PresentParts, { links }: CheckedChain): BookEntry[] {
  const known: BookEntry[] = []
  for (const link of links) {
    const entry = book.get(link.body.id)
    if (entry === undefined) break
    known.push(sameLink(entry, link))
    if (entry.revoked) throw new Fault('mandate.ended', { detail: 'a link was revoked', where: link.body.id })
  }
  if (known.length > 0) return known
  const where = links[0]!.body.id
  throw new Fault('chain.root', { detail: 'the first link is no mandate that this node has', where })
}

function sameLink(entry: BookEntry, link: SignedMandate): BookEntry {
  if (isSameLink(entry, link)) return entry
  const where = link.body.id
  if (entry.parent === undefined) {
    throw new Fault('chain.root', { detail: 'the first link is not the mandate as it was given here', where })
  }
  throw new Fault('chain.taken', { detail: 'another mandate of this node has that id', where })
}

/** Links of checked chains that were found to be what stands in the book: neither is ever changed. */
const sameLinks = new WeakMap<SignedMandate, SignedMandate>()

export function isSameLink({ signed }: BookEntry, link: SignedMandate): boolean {
  if (signed === link || sameLinks.get(link) === signed) return true
  if (canonicalJson(signed) !== canonicalJson(link)) return false
  sameLinks.set(link, signed)
  return true
}

/** Expiry is never stretched, and what has not begun waits. */
function refuseTimes({ links, notBefore, expiresAt }: CheckedChain, now: number): void {
  const where = links.at(-1)!.body.id
  if (now >= expiresAt) throw new Fault('mandate.ended', { detail: 'the chain is over', where })
  if (now >= notBefore) return
  const waitS = Math.ceil((notBefore - now) / 1000)
  const why = notBefore - now <= skewMs ? ': the clocks may differ' : ''
  throw new Fault('chain.not-yet', {
    detail: `it begins in ${waitS} s${why}`,
    where,
    extra: { retryAfterMs: waitS * 1000 },
  })
}

/** Before anything is taken in, so that a chain is taken in whole or not at all. */
async function refuseTaken(parts: PresentParts, { body }: SignedMandate): Promise<void> {
  if (body.id.startsWith(leafIdPrefix) || delegatedIn(body.id) !== undefined) {
    throw new Fault('chain.taken', { detail: 'ids of that form are given by the node', where: body.id })
  }
  const above = body.parent === undefined ? undefined : parts.book.get(body.parent)
  if (above !== undefined && body.task !== above.body.task) {
    throw new Fault('chain.task', { detail: 'the words of a task come from the person only', where: body.id })
  }
  const row = await parts.store.find(body.id)
  if (row !== undefined && row.revoked !== null) {
    throw new Fault('mandate.ended', { detail: 'a link was revoked', where: body.id })
  }
}

async function enterLink(parts: PresentParts, parent: BookEntry, link: SignedMandate): Promise<BookEntry> {
  const { id, subject } = link.body
  try {
    // Another replica may have taken it in; then it is only read.
    const row = await parts.store.find(id)
    if (row === undefined) return await accept(parts, parent, link, subject)
  } catch (error) {
    if ((await parts.store.find(id)) === undefined) throw error
  }
  const row = await parts.store.find(id)
  const entry = row?.revoked === null ? parts.book.add(row.signed) : undefined
  if (entry === undefined) throw new Fault('mandate.ended', { detail: 'a link was revoked', where: id })
  return sameLink(entry, link)
}

function chainFault({ code, where, what }: ChainProblem): Fault {
  return new Fault(code, {
    detail: what,
    where: `link ${where.link}${where.member === '' ? '' : ` ${where.member}`}`,
  })
}
