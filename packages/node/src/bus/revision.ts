import type { Log } from '../kernel/log.ts'
import type { RevisionStore } from './revision-store.ts'

/**
 * Whether others changed anything, for a replica that cannot hear them: a number in the store that every publication
 * raises. It is raised behind the publication and many at once, so that nobody waits for it.
 */
export class Revision {
  readonly #store: RevisionStore
  readonly #log: Log
  #known: number
  #raising = false
  #more = false

  constructor(store: RevisionStore, log: Log, known: number) {
    this.#store = store
    this.#log = log
    this.#known = known
  }

  /** Something was published here. */
  raise(): void {
    if (this.#raising) {
      this.#more = true
      return
    }
    this.#raising = true
    this.#raise()
      .catch((error: unknown) => this.#log.warn('bus.revision-not-raised', { error: String(error) }))
      .finally(() => {
        this.#raising = false
      })
  }

  /** Whether others published since the last `remember`. */
  async changed(): Promise<boolean> {
    return (await this.#store.read()) !== this.#known
  }

  /** What others published until now is about to be read. */
  async remember(): Promise<void> {
    this.#known = await this.#store.read()
  }

  async #raise(): Promise<void> {
    do {
      this.#more = false
      const raised = await this.#store.raise()
      // Any other number means that others raised it too, and that is still to be looked at.
      if (raised === this.#known + 1) this.#known = raised
    } while (this.#more)
  }
}
