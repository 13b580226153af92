import type { Done } from '../engine.ts'

/** Callers told in one turn: well about a millisecond of work, so that the end of the next write is seen soon. */
const sliceEntries = 1024

interface Durable {
  readonly dones: readonly Done[]
  readonly first: number
  told: number
}

/**
 * Tells callers in the order of the log that their entries are durable, a slice in each turn: between slices the
 * process sees that the disk is done, and the disk has the next batch while callers still run.
 */
export class Acknowledgements {
  #tell: (done: Done, index: number) => void
  #afterSlice: () => void
  #batches: Durable[] = []
  #waiting = 0
  #scheduled = false
  #nextTurn = (): void => {
    this.#scheduled = false
    this.tellSlice()
  }

  constructor(tell: (done: Done, index: number) => void, afterSlice: () => void) {
    this.#tell = tell
    this.#afterSlice = afterSlice
  }

  /** Durable entries whose callers were not told yet. */
  get waiting(): number {
    return this.#waiting
  }

  add(dones: readonly Done[], first: number): void {
    this.#batches.push({ dones, first, told: 0 })
    this.#waiting += dones.length
  }

  /** Tells the first slice now, unless slices before it still have their turn. */
  tellSlice(): void {
    if (this.#scheduled) return
    this.#tellUpTo(sliceEntries)
    if (this.#waiting > 0 && !this.#scheduled) {
      this.#scheduled = true
      setImmediate(this.#nextTurn)
    }
    this.#afterSlice()
  }

  /** Tells everyone at once: what follows must not overtake them. */
  tellAll(): void {
    this.#tellUpTo(Infinity)
  }

  #tellUpTo(count: number): void {
    for (let left = count; left > 0;) {
      const batch = this.#batches[0]
      if (batch === undefined) return
      const { dones, first } = batch
      while (left > 0 && batch.told < dones.length) {
        // A caller may make this run again, so the place moves on before it is called.
        const at = batch.told++
        this.#waiting--
        left--
        this.#tell(dones[at]!, first + at)
      }
      if (batch.told === dones.length && this.#batches[0] === batch) this.#batches.shift()
    }
  }
}
