import type { Dial, Receive } from './line.ts'

/** A broker in memory: numbers what it is given and passes it to everybody who listens. */
export class Broker {
  readonly payloads: Uint8Array[] = []
  #lines = new Map<Receive, () => void>()
  #number = 0
  /** Refuses to be dialled, and cuts who is there. */
  #away = false
  /** Takes this many messages and passes them to nobody, though it numbers them. */
  swallow = 0
  /** Fails this many sends. */
  fail = 0

  get lines(): number {
    return this.#lines.size
  }

  readonly dial: Dial = async (receive) => {
    if (this.#away) throw new Error('the broker is away')
    const lost = Promise.withResolvers<void>()
    this.#lines.set(receive, lost.resolve)
    const end = (): void => {
      this.#lines.delete(receive)
      lost.resolve()
    }
    return {
      lost: lost.promise,
      send: async (payload) => {
        if (this.fail > 0) {
          this.fail--
          throw new Error('the broker does not answer')
        }
        this.put(payload)
      },
      [Symbol.asyncDispose]: async () => end(),
    }
  }

  put(payload: Uint8Array): void {
    this.#number++
    this.payloads.push(payload)
    if (this.swallow > 0) {
      this.swallow--
      return
    }
    for (const receive of this.#lines.keys()) receive(payload, this.#number)
  }

  /** As after a stream was deleted and made again. */
  recreate(): void {
    this.#number = 0
  }

  down(): void {
    this.#away = true
    for (const [receive, end] of this.#lines) {
      this.#lines.delete(receive)
      end()
    }
  }

  up(): void {
    this.#away = false
  }
}
