import { Fault } from '@ambit/core/fault'
import type { Reservation, Reservations, StoppableAct } from '../authority/authority.ts'
import { Roll } from '../kernel/roll.ts'
import type { Enrolled } from '../kernel/roll.ts'

/** An act under way, as whoever may have to stop it sees it. */
export interface InFlightAct extends Enrolled, StoppableAct {
  readonly id: string
  readonly parent: string | undefined
  readonly targetDigest: string
  readonly holderKey: string
  /** AIC of the calling agent, where it is a registered one. */
  readonly callerAgent: string | undefined
  /** Its intent is in the log. */
  readonly intentDurable: boolean
  /** It may have left this node. */
  readonly sent?: boolean
  /** What it took from the budgets; undefined: nothing. */
  readonly reservation?: Reservation | undefined
  /** It is no longer under way: gives back the places it took. May come more than once. */
  left?(): void
  /** Ends it on both sides: by the protocol's own cancel, then by closing. */
  stop(code: string, detail: string): void
}

/** An act that ended and whose intent is in the log, while its outcome is on its way there. */
export interface Ending extends Enrolled {
  readonly id: string
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
  readonly #ending = new Roll<Ending>()
  /** Never sent: what they took is given back once the log says so. */
  readonly #givingBack = new Set<Reservation>()
  #acknowledged = 0
  #draining = false
  readonly #holds = new Map<string, Fault>()
  #held: Fault | undefined
  #idle: (() => void) | undefined

  get draining(): boolean {
    return this.#draining
  }

  get size(): number {
    return this.#acts.size
  }

  countOf(organization: string): number {
    let count = 0
    for (const act of this.#acts) if (act.organization === organization) count += 1
    return count
  }

  /**
   * Lets no act begin until the same one calls it with undefined: what is under way goes on and is written down. Of
   * several that hold, the first is what callers are told.
   */
  hold(by: 'disk' | 'log', fault: Fault | undefined): void {
    if (fault === undefined) this.#holds.delete(by)
    else this.#holds.set(by, fault)
    this.#held = this.#holds.values().next().value
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
  ending(act: Ending): void {
    this.#ending.add(act)
  }

  /** The outcome is in the log, or never will be. */
  ended(act: Ending): void {
    this.#ending.remove(act)
  }

  /** The log says that it has what was appended here, up to that position. */
  acknowledge(index: number): void {
    this.#acknowledged = index + 1
  }

  /**
   * Up to where the log tells of exactly what is known here: a log that has grown says so a little later, entry by
   * entry. `size`: of the log now.
   */
  position(size: number): number {
    if (this.#ending.size > 0) return this.#acknowledged
    for (const act of this.#acts) if (!act.intentDurable) return this.#acknowledged
    return size
  }

  /** An act ended without having been sent; its outcome is on its way to the log. */
  givingBack(reservation: Reservation): void {
    this.#givingBack.add(reservation)
  }

  gaveBack(reservation: Reservation): void {
    this.#givingBack.delete(reservation)
  }

  /** What acts took from the budgets without the log having the last word on it. */
  reservations(): Reservations {
    const unlogged: Reservation[] = []
    const unsent = [...this.#givingBack]
    for (const { reservation, intentDurable, sent } of this.#acts) {
      if (reservation === undefined) continue
      if (!intentDurable) unlogged.push(reservation)
      else if (sent === false) unsent.push(reservation)
    }
    return { unlogged, unsent }
  }

  /** Acts whose intent is in the log and whose outcome is not: what a restart must know of. */
  openActs(): string[] {
    const open: string[] = []
    for (const act of this.#acts) if (act.intentDurable) open.push(act.id)
    for (const { id } of this.#ending) open.push(id)
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
