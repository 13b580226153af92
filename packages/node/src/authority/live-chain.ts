import type { Digest } from '@ambit/core/digest'
import type { Mandate, SignedMandate } from '@ambit/core/mandate'
import type { HeldChain } from './authority.ts'
import type { Budget } from './budgets.ts'
import type { CompiledChain } from './decide.ts'
import type { BookEntry } from './mandate-book.ts'

interface Parts {
  /** Root first, leaf last. */
  readonly signed: readonly SignedMandate[]
  readonly digest: Digest
  /** The lasting mandate that the leaf was minted from. */
  readonly entry: BookEntry
  readonly compiled: CompiledChain
  readonly budgets: readonly Budget[]
}

/** A chain in force. Acts keep the one they began under, so what ends it is read through to the mandate itself. */
export class LiveChain implements HeldChain {
  readonly signed: readonly SignedMandate[]
  readonly mandates: readonly Mandate[]
  readonly links: readonly string[]
  readonly digest: Digest
  readonly organization: string
  readonly expiresAt: number
  readonly notBefore: number
  /** Id of the link that ends first. */
  readonly endingLink: string
  /** AIC of every registered agent on the chain. */
  readonly agents: readonly string[]
  readonly compiled: CompiledChain
  readonly budgets: readonly Budget[]
  readonly #entry: BookEntry

  constructor(parts: Parts) {
    this.signed = parts.signed
    this.mandates = parts.signed.map((link) => link.body)
    this.links = this.mandates.map((link) => link.id)
    this.digest = parts.digest
    this.organization = parts.entry.body.organization
    const ends = this.mandates.map((link) => Date.parse(link.expires))
    this.expiresAt = Math.min(...ends)
    this.endingLink = this.links[ends.indexOf(this.expiresAt)]!
    this.notBefore = Math.max(...this.mandates.map((link) => Date.parse(link.notBefore)))
    this.agents = [...new Set(this.mandates.flatMap((link) => link.agent ?? []))]
    this.compiled = parts.compiled
    this.budgets = parts.budgets
    this.#entry = parts.entry
  }

  /** True from the moment any link is revoked: revoking marks everything below. */
  get revoked(): boolean {
    return this.#entry.revoked
  }
}
