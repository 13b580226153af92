import { base64url, utf8 } from '@ambit/core/bytes'
import type { Reason } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { SignedMandate } from '@ambit/core/mandate'
import { childProblem, leafIdPrefix } from '@ambit/core/mandate-chain'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import type { Target } from '../registry/target.ts'
import { childBody } from './child-body.ts'
import type { ChildWish } from './child-body.ts'
import type { CheckedChain } from './chain-check.ts'
import { delegatedId } from './delegated-id.ts'
import { narrow } from './grants.ts'
import type { LiveChain } from './live-chain.ts'
import { lineage } from './mandate-book.ts'
import type { BookEntry } from './mandate-book.ts'
import { isSameLink } from './presented.ts'
import type { PresentParts, Presenting } from './presented.ts'
import { reason, reasonTexts } from './reasons.ts'
import type { ReasonCode } from './reasons.ts'
import { delegatedClient } from './tokens.ts'

/** What is handed on without a time lasts as long as a call may take with all that it sets off. */
const lifeMsDefault = 60 * 60_000
/** What a link handed on by the node needs below the caller's: itself, and the leaf that the agent acts under. */
const linksNeeded = 2
/** Servers take 8 to 16 KiB of headers; the rest is for the others. */
const headerCharactersMax = 6000

/** What a caller hands to the agent it calls. */
export interface Delegating {
  /** Why this may not be handed on in a call to that target; undefined: it may. Pure and in memory. */
  refusal(chain: LiveChain, target: Target, wish: DelegationWish, now: number): Reason | undefined
  /**
   * Hands it on in that act: the value of the header for the agent. Asking again for one act hands on the same
   * mandate. Throws a Fault; nothing was handed on then.
   */
  handOn(chain: LiveChain, target: Target, wish: DelegationWish, act: string, now: number): Promise<string>
}

export function createDelegating(parts: PresentParts, presenting: Pick<Presenting, 'takeIn'>): Delegating {
  return {
    refusal(chain, target, wish, now) {
      const { id } = chain.entry.body
      if (!isAgent(target)) return reason('chain.callee', id, target.slug)
      return 'chain' in wish
        ? chainRefusal(parts, chain, target, wish.chain, now)
        : wishRefusal(parts, chain, target, wish, now)
    },
    async handOn(chain, target, wish, act, now) {
      const { entry } = chain
      if ('chain' in wish) {
        const checked = parts.chains.check(wish.chain)
        if (!checked.ok) throw new Fault(checked.code, { detail: checked.what })
        await presenting.takeIn(checked, now)
        return chainText(checked.links)
      }
      const id = delegatedId(act)
      const child =
        parts.book.get(id) ??
        (await narrow(parts, entry, {
          ...childWish(wish, now),
          id,
          person: entry.body.subject,
          agent: target.id,
        }))
      const isKept = (await parts.identity.holderSigner(child.body.holder)) !== undefined
      if (!isKept) return chainText(lineage(child).map((link) => link.signed))
      const { token } = await parts.tokens.create(child, {
        client: delegatedClient,
        expiresAt: child.expiresAt,
        by: entry.body.subject,
      })
      return token
    },
  }
}

/** An agent at an address. A program that this node runs has no request that a header could go with. */
function isAgent(target: Target): boolean {
  return target.kind === 'agent' && target.interfaces.every((offered) => offered.command === undefined)
}

type NodeWish = Exclude<DelegationWish, { chain: unknown[] }>

function childWish({ expiresInMs = lifeMsDefault, ...wish }: NodeWish, now: number): ChildWish {
  return { ...wish, expiresAt: now + expiresInMs }
}

/** The child as it would be signed, held against the caller's own mandate. */
function wishRefusal(
  parts: Pick<PresentParts, 'agentKeys'>,
  chain: LiveChain,
  target: Target,
  wish: NodeWish,
  now: number,
): Reason | undefined {
  const { entry } = chain
  const { id } = entry.body
  // Without a leaf of the node's the caller keeps its own key.
  if (!chain.links.at(-1)!.startsWith(leafIdPrefix)) return reason('chain.holder', id)
  if (entry.body.delegate.depthMax < linksNeeded) return reason('chain.depth', id, 'delegate.depthMax')
  const holder = parts.agentKeys(target)[0]
  if (holder === undefined) return reason('chain.callee', id, target.slug)
  const facts = { id: delegatedId(''), holder, agent: target.id, now, nonce: '' }
  const problem = childProblem(childBody(entry, childWish(wish, now), facts), entry.body)
  if (problem === undefined) return undefined
  const isWider = problem.code === 'chain.widened' || problem.code === 'chain.window'
  return reason(isWider ? 'mandate.widened' : codeOf(problem.code), id, problem.where.member)
}

function chainRefusal(
  parts: Pick<PresentParts, 'chains' | 'book' | 'agentKeys'>,
  chain: LiveChain,
  target: Target,
  raw: unknown,
  now: number,
): Reason | undefined {
  const { entry } = chain
  const { id } = entry.body
  const checked = parts.chains.check(raw)
  if (!checked.ok) {
    return reason(codeOf(checked.code), id, `link ${checked.where.link} ${checked.where.member}`.trim())
  }
  const { links } = checked
  const own = lineage(entry)
  const goesOn = links.length > own.length && own.every((above, at) => isSameLink(above, links[at]!))
  if (!goesOn) return reason('chain.parent', id)
  if (!parts.agentKeys(target).includes(links.at(-1)!.body.holder))
    return reason('chain.callee', id, target.slug)
  if (now >= checked.expiresAt) return reason('mandate.expired', links.at(-1)!.body.id)
  if (now < checked.notBefore) return reason('mandate.not-yet', links.at(-1)!.body.id)
  if (chainText(links).length > headerCharactersMax) return reason('chain.length', id)
  return newLinksRefusal(parts, checked, entry)
}

function newLinksRefusal(
  { book }: Pick<PresentParts, 'book'>,
  { links }: CheckedChain,
  own: BookEntry,
): Reason | undefined {
  for (const link of links.slice(lineage(own).length)) {
    if (link.body.task !== own.body.task) return reason('chain.task', link.body.id)
    const known = book.get(link.body.id)
    if (known === undefined) continue
    if (!isSameLink(known, link)) return reason('chain.taken', link.body.id)
    if (known.revoked) return reason('mandate.revoked', link.body.id)
  }
  return undefined
}

/** Every flaw of a chain has a text of its own; one added to core later is told as a matter of form. */
function codeOf(code: string): ReasonCode {
  return Object.hasOwn(reasonTexts, code) ? (code as ReasonCode) : 'chain.form'
}

/** For a header or an OAuth `subject_token`: base64url of the JSON array of signed links, root first. */
function chainText(links: readonly SignedMandate[]): string {
  return base64url(utf8(JSON.stringify(links)))
}
