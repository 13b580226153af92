/** Cuts a stream of bytes into lines of a bounded length. A line's end may be \n or \r\n. */
export class LineReader {
  readonly #lineBytesMax: number
  #parts: Buffer[] = []
  #bytes = 0

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax
  }

  /** The lines that this piece completed. Throws a RangeError when a line grows beyond the limit. */
  read(piece: Buffer): string[] {
    const lines: string[] = []
    let from = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      this.#keep(piece.subarray(from, end))
      lines.push(this.#take())
      from = end + 1
    }
    this.#keep(piece.subarray(from))
    return lines
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return
    this.#bytes += part.length
    if (this.#bytes > this.#lineBytesMax) throw new RangeError('a line is too long')
    this.#parts.push(part)
  }

  #take(): string {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    return bytes.toString('utf8', 0, bytes.at(-1) === 13 ? bytes.length - 1 : bytes.length)
  }
}
