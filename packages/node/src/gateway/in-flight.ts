import { Fault } from '@ambit/core/fault'
import { Roll } from '../kernel/roll.ts'
import type { Enrolled } from '../kernel/roll.ts'

/** An act under way, as whoever may have to stop it sees it. */
export interface InFlightAct extends Enrolled {
  readonly id: string
  readonly parent: string | undefined
  /** AIC and digest of the target. */
  readonly targetId: string
  readonly targetDigest: string
  readonly links: readonly string[]
  readonly holderKey: string
  /** AIC of the calling agent, where it is a registered one. */
  readonly callerAgent: string | undefined
  /** Its intent is in the log. */
  readonly intentDurable: boolean
  /** It is no longer under way: gives back the places it took. May come more than once. */
  left?(): void
  /** Ends it on both sides: by the protocol's own cancel, then by closing. */
  stop(code: string, detail: string): void
}

/** Acts under way at once on one node: beyond this, new ones are refused rather than queued without bound. */
const actsMax = 50_000

/**
 * The acts under way. A stop looks at all of them: 50,000 comparisons take about a millisecond, while an index by
 * target, link and holder would cost every act (ADR 0003).
 */
export class InFlight {
  readonly #acts = new Roll<InFlightAct>()
  /** Ended, but the outcome is not in the log yet. */
  readonly #ending = new Roll<InFlightAct>()
  #draining = false
  #held: Fault | undefined
  #idle: (() => void) | undefined

  get draining(): boolean {
    return this.#draining
  }

  get size(): number {
    return this.#acts.size
  }

  /** Lets no act begin until it is called with undefined: what is under way goes on and is written down. */
  hold(fault: Fault | undefined): void {
    this.#held = fault
  }

  /** Throws `act.busy`, `node.draining` or what acts are held for: nothing has happened yet then. */
  add(act: InFlightAct): void {
    if (this.#draining) throw new Fault('node.draining', { detail: 'no new acts are taken' })
    if (this.#held !== undefined) throw this.#held
    if (this.#acts.size >= actsMax) throw new Fault('act.busy', { detail: `${actsMax} acts are under way` })
    this.#acts.add(act)
  }

  remove(act: InFlightAct): void {
    this.#acts.remove(act)
    act.left?.()
    if (this.#acts.size === 0) this.#idle?.()
  }

  /** The outcome is on its way to the log. */
  ending(act: InFlightAct): void {
    this.#ending.add(act)
  }

  /** The outcome is in the log, or never will be. */
  ended(act: InFlightAct): void {
    this.#ending.remove(act)
  }

  /** Acts whose intent is in the log and whose outcome is not: what a restart must know of. */
  openActs(): string[] {
    const open: string[] = []
    for (const acts of [this.#acts, this.#ending]) {
      for (const act of acts) if (act.intentDurable) open.push(act.id)
    }
    return open
  }

  /** Stops every act that matches, and the children of those, as callee and as caller. Returns their ids. */
  stop(matches: (act: InFlightAct) => boolean, code: string, detail: string): string[] {
    const chosen = new Set<InFlightAct>()
    const ids = new Set<string>()
    for (const act of this.#acts) {
      if (!matches(act)) continue
      chosen.add(act)
      ids.add(act.id)
    }
    if (chosen.size > 0) this.#addChildren(chosen, ids)
    for (const act of chosen) act.stop(code, detail)
    return [...ids]
  }

  #addChildren(chosen: Set<InFlightAct>, ids: Set<string>): void {
    for (let grown = true; grown;) {
      grown = false
      for (const act of this.#acts) {
        if (act.parent === undefined || chosen.has(act) || !ids.has(act.parent)) continue
        chosen.add(act)
        ids.add(act.id)
        grown = true
      }
    }
  }

  /** Takes no new acts; resolves when none is left or the time is over, and then stops those that are. */
  async drain(after: (run: () => void) => () => void): Promise<void> {
    this.#draining = true
    if (this.#acts.size === 0) return
    await new Promise<void>((resolve) => {
      const cancel = after(resolve)
      this.#idle = () => {
        cancel()
        resolve()
      }
    })
    this.stop(() => true, 'node.draining', 'the node stops')
  }
}
