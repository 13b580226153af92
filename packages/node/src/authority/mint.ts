import { Fault } from '@ambit/core/fault'
import { chainDigest } from '@ambit/core/mandate'
import type { Mandate, SignedMandate } from '@ambit/core/mandate'
import { childProblem, leafIdPrefix, verifyChain } from '@ambit/core/mandate-chain'
import { sign } from '@ambit/core/signature'
import type { Identity } from '../identity/identity.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import { LiveChain } from './live-chain.ts'
import { compiledChainOf, lineage } from './mandate-book.ts'
import type { BookEntry } from './mandate-book.ts'

/** A leaf lives no longer: what a stolen chain is worth, and how long other nodes may rely on it. */
export const leafMsMax = 15 * 60_000
/** A leaf begins a little earlier than it is minted, for clocks that are set back. */
const leafSkewMs = 60_000
const nonceBytes = 16

export interface MintParts {
  readonly identity: Pick<Identity, 'holderSigner' | 'personSigner'>
  readonly clock: Clock
  readonly ids: Ids
}

/**
 * Mints a leaf under a lasting mandate with the holder's kept key. Leaves are not written to the log one by one: they
 * allow exactly what their mandate allows, which is in the log, and the intent of each act names the leaf it ran under.
 */
export async function mintLeaf(parts: MintParts, entry: BookEntry): Promise<LiveChain> {
  await verifyLineage(parts, entry)
  const signer = await parts.identity.holderSigner(entry.body.holder)
  if (signer === undefined) throw keyElsewhere(entry)
  const leaf = leafBody(parts, entry.body)
  const problem = childProblem(leaf, entry.body)
  if (problem !== undefined) {
    throw new Fault('mandate.invalid', {
      detail: `no act can be made under this mandate: ${problem.what}`,
      where: problem.where.member,
    })
  }
  const signed: SignedMandate[] = [...lineage(entry).map((link) => link.signed), await sign(leaf, signer)]
  return new LiveChain({
    signed,
    digest: await chainDigest(signed),
    entry,
    // The leaf's entries and limits are those of its mandate, so it adds nothing to decide or to count.
    compiled: compiledChainOf(entry),
    budgets: lineage(entry).map((link) => link.budget),
  })
}

export function keyElsewhere(entry: BookEntry): Fault {
  return new Fault('mandate.key-elsewhere', {
    detail: 'this node cannot mint under a mandate whose key its holder keeps',
    where: entry.body.id,
  })
}

function leafBody(parts: MintParts, parent: Mandate): Mandate {
  const { v, type, subject, organization, purpose, allow, limits, holder, agent } = parent
  const begins = Math.max(Date.parse(parent.notBefore), parts.clock.now() - leafSkewMs)
  const ends = Math.min(Date.parse(parent.expires), begins + leafMsMax)
  return {
    v,
    type,
    subject,
    organization,
    purpose,
    allow,
    limits,
    holder,
    ...(agent === undefined ? {} : { agent }),
    id: `${leafIdPrefix}${parts.ids.next()}`,
    issuer: holder,
    parent: parent.id,
    delegate: { depthMax: 0, to: parent.delegate.to ?? [] },
    notBefore: timeText(begins),
    expires: timeText(ends),
    nonce: parts.clock.random(nonceBytes).toString('hex'),
  }
}

/** The chain of a mandate whose holder keeps its own key: the links themselves, as they were shown. */
export async function presentedChain(parts: MintParts, entry: BookEntry): Promise<LiveChain> {
  await verifyLineage(parts, entry)
  const signed = lineage(entry).map((link) => link.signed)
  return new LiveChain({
    signed,
    digest: await chainDigest(signed),
    entry,
    compiled: compiledChainOf(entry),
    budgets: lineage(entry).map((link) => link.budget),
  })
}

/** Checks the signatures down to the entry, once: what the store gives back must be what was signed. */
export async function verifyLineage(parts: Pick<MintParts, 'identity'>, entry: BookEntry): Promise<void> {
  if (entry.verified) return
  const links = lineage(entry)
  const verdict = await verifyChain(links.map((link) => link.signed))
  if (!verdict.ok) {
    throw new Fault('mandate.invalid', {
      detail: `a stored mandate does not verify: ${verdict.what}`,
      where: `${links[verdict.where.link]?.body.id ?? ''} ${verdict.where.member}`,
    })
  }
  const root = links[0]!.body
  if ((await parts.identity.personSigner(root.subject)).key !== root.issuer) {
    throw new Fault('mandate.invalid', {
      detail: 'a stored mandate is not signed by the person it speaks for',
      where: root.id,
    })
  }
  for (const link of links) link.verified = true
}
