import { canonicalJson } from './canonical.ts'
import { chainLinksMax, signedMandateSchema } from './mandate.ts'
import type { Mandate, SignedMandate } from './mandate.ts'
import { widenedAllow, widenedLimit } from './mandate/narrowing.ts'
import { signatureHolds } from './signature.ts'

export type ChainProblemCode =
  | 'chain.length'
  | 'chain.form'
  | 'chain.signature'
  | 'chain.issuer'
  | 'chain.truncated'
  | 'chain.cycle'
  | 'chain.parent'
  | 'chain.subject'
  | 'chain.window'
  | 'chain.depth'
  | 'chain.delegate'
  | 'chain.task'
  | 'chain.widened'

export interface ChainProblem {
  readonly ok: false
  readonly code: ChainProblemCode
  readonly where: {
    /** Index from the root. */
    readonly link: number
    readonly member: string
  }
  readonly what: string
}

export type ChainVerdict = { readonly ok: true; readonly links: readonly SignedMandate[] } | ChainProblem

/**
 * Checks a chain, root first, by itself: every signature holds, each link is issued by the holder of the one above and
 * allows no more than it, in scope, limits, time and depth. Whether the root's issuer may speak for the subject, and
 * whether a link was revoked or is over, is for the reader to ask. Any input is safe; never throws.
 */
export async function verifyChain(chain: readonly unknown[]): Promise<ChainVerdict> {
  const rules = chainRules(chain)
  let step = rules.next()
  while (step.done !== true) step = rules.next(await signatureHolds(step.value.link))
  return step.value
}

/** A link whose signature is to be looked at, and what it is over: the canonical text of its body. */
export interface UncheckedLink {
  readonly link: SignedMandate
  readonly bodyText: string
}

/**
 * The rules of a chain, one body for all who check: yields each link whose signature is to be looked at, and goes on
 * with whether it holds.
 */
export function* chainRules(chain: readonly unknown[]): Generator<UncheckedLink, ChainVerdict, boolean> {
  if (chain.length === 0 || chain.length > chainLinksMax) {
    return problem('chain.length', 0, 'links', `a chain has 1 to ${chainLinksMax} links`)
  }
  const links: SignedMandate[] = []
  const ids = new Set<string>()
  for (const [at, raw] of chain.entries()) {
    const parsed = signedMandateSchema.safeParse(raw)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return problem('chain.form', at, issue?.path.join('.') ?? '', issue?.message ?? 'not a mandate')
    }
    const { body, signature } = parsed.data
    if (ids.has(body.id)) return problem('chain.cycle', at, 'id', 'two links have one id')
    ids.add(body.id)
    if (signature.key !== body.issuer)
      return problem('chain.issuer', at, 'signature', 'the link is signed by another key than its issuer')
    const bodyText = canonicalText(body)
    if (bodyText === undefined || !(yield { link: parsed.data, bodyText }))
      return problem('chain.signature', at, 'signature', 'the signature does not hold')
    const unsound = linkProblem(body, links.at(-1)?.body, at)
    if (unsound !== undefined) return unsound
    links.push(parsed.data)
  }
  return { ok: true, links }
}

function linkProblem(body: Mandate, parent: Mandate | undefined, at: number): ChainProblem | undefined {
  if (!(Date.parse(body.notBefore) < Date.parse(body.expires)))
    return problem('chain.window', at, 'expires', 'it ends before it begins')
  if (parent !== undefined) return childProblem(body, parent, at)
  if (body.parent === undefined) return undefined
  return problem('chain.truncated', at, 'parent', 'the first link has a parent that is not in the chain')
}

/** Whether a child keeps to its parent; the signatures are not looked at. `link` only names the place in the answer. */
export function childProblem(child: Mandate, parent: Mandate, link = 1): ChainProblem | undefined {
  if (child.parent !== parent.id)
    return problem('chain.parent', link, 'parent', 'the link names another parent than the one above it')
  if (child.issuer !== parent.holder)
    return problem('chain.issuer', link, 'issuer', 'only the holder of the link above may hand it on')
  for (const member of ['subject', 'organization'] as const) {
    if (child[member] !== parent[member])
      return problem('chain.subject', link, member, 'it must be the same on the whole chain')
  }
  if (child.task !== undefined && parent.task !== undefined && child.task !== parent.task)
    return problem('chain.task', link, 'task', 'the words of the user above may not be changed')
  return (
    windowProblem(child, parent, link) ??
    handedProblem(child, parent, link) ??
    scopeProblem(child, parent, link)
  )
}

/** Text with a lone surrogate has no canonical form, so nobody can have signed it. */
function canonicalText(body: Mandate): string | undefined {
  try {
    return canonicalJson(body)
  } catch {
    return undefined
  }
}

function windowProblem(child: Mandate, parent: Mandate, link: number): ChainProblem | undefined {
  if (!(Date.parse(child.notBefore) >= Date.parse(parent.notBefore)))
    return problem('chain.window', link, 'notBefore', 'it begins before the link above')
  if (!(Date.parse(child.expires) <= Date.parse(parent.expires)))
    return problem('chain.window', link, 'expires', 'it ends after the link above')
  return undefined
}

function handedProblem(child: Mandate, parent: Mandate, link: number): ChainProblem | undefined {
  if (!(child.delegate.depthMax < parent.delegate.depthMax))
    return problem(
      'chain.depth',
      link,
      'delegate.depthMax',
      'it may be handed on fewer times than the link above',
    )
  const to = parent.delegate.to
  if (to === undefined) return undefined
  // A holder that narrows to itself hands nothing on.
  if (child.holder !== parent.holder && !to.includes(child.holder))
    return problem('chain.delegate', link, 'holder', 'the link above may not be handed to this key')
  if (child.delegate.to?.every((key) => to.includes(key)) !== true)
    return problem('chain.delegate', link, 'delegate.to', 'it may go only to keys that the link above names')
  return undefined
}

function scopeProblem(child: Mandate, parent: Mandate, link: number): ChainProblem | undefined {
  const wider = widenedAllow(child.allow, parent.allow)
  if (wider !== undefined) {
    const member = `allow.${wider.entry}.${wider.member}`
    return problem('chain.widened', link, member, 'the entry allows more than any entry of the link above')
  }
  const limit = widenedLimit(child.limits, parent.limits)
  if (limit === undefined) return undefined
  return problem('chain.widened', link, `limits.${limit}`, 'the limit is looser than that of the link above')
}

function problem(code: ChainProblemCode, link: number, member: string, what: string): ChainProblem {
  return { ok: false, code, where: { link, member }, what }
}

/** Ids of the short leaves that a node mints for its own clients begin so; they are not kept once they are over. */
export const leafIdPrefix = 'leaf_'

/** The links that outlive a leaf: what an approval or a budget belongs to. */
export function lastingLinks(links: readonly string[]): readonly string[] {
  return links.filter((id) => !id.startsWith(leafIdPrefix))
}
