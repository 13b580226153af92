/** Keeps the last bytes of a stream, for people who look for what went wrong. */
export class Tail {
  readonly #bytesMax: number
  #parts: Buffer[] = []
  #bytes = 0
  #isCut = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  add(piece: Buffer): void {
    if (piece.length > this.#bytesMax) this.#isCut = true
    this.#parts.push(piece.length > this.#bytesMax ? piece.subarray(-this.#bytesMax) : piece)
    this.#bytes += Math.min(piece.length, this.#bytesMax)
    // Put together rarely, so that many small pieces neither pile up nor are copied each time.
    if (this.#bytes > 2 * this.#bytesMax || this.#parts.length > 256) this.#compact()
  }

  /** There was more before it. */
  get isCut(): boolean {
    this.#compact()
    return this.#isCut
  }

  text(): string {
    this.#compact()
    return (this.#parts[0] ?? Buffer.alloc(0)).toString()
  }

  #compact(): void {
    // A copy, so that the large pieces that came from the pipe can be let go of.
    const all = Buffer.concat(this.#parts)
    if (all.length > this.#bytesMax) this.#isCut = true
    const whole = Buffer.from(all.subarray(-this.#bytesMax))
    this.#parts = [whole]
    this.#bytes = whole.length
  }
}
