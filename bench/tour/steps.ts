export interface Step {
  readonly name: string
  readonly ok: boolean
  readonly ms: number
}

/** Runs the steps of the tour one after the other and says of each what it showed. A step that throws ends the tour. */
export class Steps {
  readonly done: Step[] = []
  readonly #say: (line: string) => void

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  get ok(): boolean {
    return this.done.every((step) => step.ok)
  }

  /** `run` returns one line about what was seen. */
  async step(name: string, run: () => Promise<string>): Promise<void> {
    const start = performance.now()
    try {
      const seen = await run()
      this.#note(name, true, start, seen)
    } catch (error) {
      this.#note(name, false, start, String(error))
      throw error
    }
  }

  #note(name: string, ok: boolean, start: number, seen: string): void {
    const ms = Math.round(performance.now() - start)
    this.done.push({ name, ok, ms })
    this.#say(`${ok ? '✓' : '✗'} ${name.padEnd(12)} ${String(ms).padStart(6)} ms  ${seen}`)
  }
}

/** Throws with words when something is not as it must be. */
export function must(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise)
}
