import type { Digest } from '@ambit/core/digest'
import type { Mandate, SignedMandate } from '@ambit/core/mandate'
import { wordsOf } from '@ambit/core/mandate/words'
import type { Words } from '@ambit/core/mandate/words'
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
  /** A link limits money or bytes: then the cost of an act is read from its arguments. */
  readonly weighed: boolean
  /** A link limits what may be done in its life. */
  readonly bounded: boolean
  /** A link limits anything. */
  readonly limited: boolean
  /** The user's own words, where a link has them: the same on all below it. */
  readonly words: Words | undefined
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
    this.weighed = parts.budgets.some(({ bytes, money }) => bytes !== undefined || money !== undefined)
    this.bounded = this.weighed || parts.budgets.some(({ calls }) => calls.max < Infinity)
    this.limited = this.bounded || parts.budgets.some(({ rate }) => rate !== undefined)
    const task = this.mandates.findLast((link) => link.task !== undefined)?.task
    this.words = task === undefined ? undefined : wordsOf(task)
    this.#entry = parts.entry
  }

  /** The lasting mandate that its holder hands on and its leaves are minted from. */
  get entry(): BookEntry {
    return this.#entry
  }

  /** True from the moment any link is revoked: revoking marks everything below. */
  get revoked(): boolean {
    return this.#entry.revoked
  }
}
