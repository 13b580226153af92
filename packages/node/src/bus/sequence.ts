import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Envelope } from './envelope.ts'

/** `new`: to be delivered. `gap`: to be delivered, and something before it was missed. `old`: said before. */
export type Place = 'new' | 'gap' | 'old'

/** Runs of replicas that are remembered. */
const speakersMax = 1000
/** A message of a speaker not heard before is believed if it stands no further behind than this in the stream. */
const windowMessages = 1000

/** Where messages stand: in the stream, and in what their speaker said. */
export class Sequence {
  #last: number | undefined
  readonly #speakers = new BoundedMap<string, number>(speakersMax)

  /** Number of the last message in the stream; 0 before the first. */
  get last(): number {
    return this.#last ?? 0
  }

  /** The stream is heard anew: whatever came until now may have been missed. */
  restart(): void {
    this.#last = undefined
  }

  /** A number of the stream, also of messages that are dropped; whether one before it is missing. */
  advance(number: number): boolean {
    const missing = this.#last !== undefined && number !== this.#last + 1
    this.#last = number
    return missing
  }

  /** Keeps the speaker's number. */
  place({ from, number, seen, said }: Envelope): Place {
    const known = this.#speakers.get(from)
    if (known === undefined && this.last - seen > windowMessages) return 'old'
    // Whoever only says that it is there does not count it.
    const expected = said === undefined ? (known ?? number) : (known ?? number - 1) + 1
    if (number < expected) return 'old'
    this.#speakers.set(from, number)
    return number === expected ? 'new' : 'gap'
  }
}
