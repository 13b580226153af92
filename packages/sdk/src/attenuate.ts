import { hex } from '@ambit/core/bytes'
import { Fault } from '@ambit/core/fault'
import { chainLinksMax } from '@ambit/core/mandate'
import type { Allow, Chain, Limits, Mandate, SignedMandate } from '@ambit/core/mandate'
import { childProblem } from '@ambit/core/mandate-chain'
import { inheritBounds, inheritLimits } from '@ambit/core/mandate/narrowing'
import { sign } from '@ambit/core/signature'
import type { Signer } from '@ambit/core/signature'

/** What the next holder gets: everything left out is that of the link above, and nothing may be wider. */
export interface Attenuation {
  /** did:key of whoever gets it. */
  readonly holder: string
  /** AIC of the registered agent that it is, where it is one. */
  readonly agent?: string
  readonly purpose?: string
  readonly allow?: readonly Allow[]
  readonly limits?: Limits
  /** How often it may still be handed on; left out: as often as the link above lets it. */
  readonly depthMax?: number
  /** Keys that it may be handed to; left out: those of the link above. */
  readonly to?: readonly string[]
  /** Milliseconds since 1970; left out: now. */
  readonly notBefore?: number
  /** Milliseconds since 1970; left out: when the link above ends. */
  readonly expires?: number
}

const nonceBytes = 16

/**
 * Hands a mandate on, offline: the chain with one more link, which the holder of its last link signs. Throws a Fault
 * with the code of what is wider or not in order (`chain.…`); nothing is signed then. Words of the user (`task`) are
 * kept and cannot be added: those come from the user only.
 *
 * @example
 * ```ts
 * const handed = await attenuate(chain, signer, {
 *   holder: 'did:key:z6Mk…',
 *   allow: [{ target: 'crm', capability: 'read*' }],
 *   expires: Date.now() + 15 * 60_000,
 * })
 * ```
 */
export async function attenuate(chain: Chain, signer: Signer, wish: Attenuation): Promise<SignedMandate[]> {
  const above = chain.at(-1)?.body
  if (above === undefined || chain.length >= chainLinksMax) {
    throw new Fault('chain.length', { detail: `a chain has 1 to ${chainLinksMax} links` })
  }
  if (signer.key !== above.holder) {
    throw new Fault('chain.issuer', {
      detail: 'only the holder of the last link may hand it on',
      where: above.id,
    })
  }
  if (above.delegate.depthMax < 1) {
    throw new Fault('chain.depth', { detail: 'the last link may not be handed on', where: above.id })
  }
  const body = bodyOf(above, wish)
  const problem = childProblem(body, above, chain.length)
  if (problem !== undefined) {
    throw new Fault(problem.code, { detail: problem.what, where: problem.where.member })
  }
  return [...chain, await sign(body, signer)]
}

function bodyOf(above: Mandate, wish: Attenuation): Mandate {
  const now = Date.now()
  const notBefore = Math.max(wish.notBefore ?? now, Date.parse(above.notBefore))
  const to = wish.to ?? above.delegate.to
  return {
    v: 1,
    type: 'mandate',
    id: newId(now),
    issuer: above.holder,
    holder: wish.holder,
    ...(wish.agent === undefined ? {} : { agent: wish.agent }),
    subject: above.subject,
    organization: above.organization,
    parent: above.id,
    purpose: wish.purpose ?? above.purpose,
    allow: wish.allow?.map((entry) => inheritBounds(entry, above.allow)) ?? above.allow,
    limits: inheritLimits(wish.limits ?? {}, above.limits),
    delegate: {
      depthMax: wish.depthMax ?? above.delegate.depthMax - 1,
      ...(to === undefined ? {} : { to: [...to] }),
    },
    ...(above.task === undefined ? {} : { task: above.task }),
    notBefore: new Date(notBefore).toISOString(),
    expires: wish.expires === undefined ? above.expires : new Date(wish.expires).toISOString(),
    nonce: random(nonceBytes),
  }
}

/** Sorts by time, as the ids that a node gives do: 48 bits of it, and 80 of chance. */
function newId(now: number): string {
  return `m_${now.toString(16).padStart(12, '0')}${random(10)}`
}

function random(bytes: number): string {
  return hex(crypto.getRandomValues(new Uint8Array(bytes)))
}
