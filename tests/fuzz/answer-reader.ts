/** An answer of HTTP, or as much of it as came. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case; values of one name one after the other. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  body: Buffer
  /** All of it came. */
  whole: boolean
}

/** Reads the answers on one connection, in the order of the requests. Throws on what is no HTTP. */
export class AnswerReader {
  readonly answers: RawAnswer[] = []
  readonly #verbs: string[] = []
  #data: Buffer = Buffer.alloc(0)
  #open: { answer: RawAnswer; left: number | 'chunked' | 'close' } | undefined

  expect(verb: string): void {
    this.#verbs.push(verb)
  }

  /** Answers that are here in whole. */
  get complete(): number {
    return this.answers.filter((answer) => answer.whole).length
  }

  read(piece: Buffer): void {
    this.#data = this.#data.length === 0 ? piece : Buffer.concat([this.#data, piece])
    while (this.#step());
  }

  /** The connection was closed, which ends an answer without a length. */
  end(): void {
    if (this.#open?.left === 'close') this.#open.answer.whole = true
  }

  #step(): boolean {
    if (this.#open === undefined) return this.#head()
    const { answer, left } = this.#open
    if (left === 'chunked') return this.#chunk(answer)
    const piece = left === 'close' ? this.#data : this.#data.subarray(0, left)
    this.#data = this.#data.subarray(piece.length)
    answer.body = Buffer.concat([answer.body, piece])
    if (left === 'close') return false
    this.#open.left = left - piece.length
    if (this.#open.left > 0) return false
    this.#finish(answer)
    return true
  }

  #head(): boolean {
    const end = this.#data.indexOf('\r\n\r\n')
    if (end < 0) return false
    const [first = '', ...lines] = this.#data.toString('latin1', 0, end).split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})( |$)/.exec(first)?.[1])
    if (!(status >= 100)) throw new Error(`no status line: ${first.slice(0, 100)}`)
    this.#data = this.#data.subarray(end + 4)
    if (status < 200) return true
    const headers = new Map<string, string[]>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon <= 0) throw new Error(`no header: ${line.slice(0, 100)}`)
      const name = line.slice(0, colon).toLowerCase()
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
    }
    const answer: RawAnswer = { status, headers, body: Buffer.alloc(0), whole: false }
    this.answers.push(answer)
    const left = lengthOf(answer, this.#verbs.shift() ?? 'GET')
    this.#open = { answer, left }
    if (left === 0) this.#finish(answer)
    return true
  }

  #chunk(answer: RawAnswer): boolean {
    const end = this.#data.indexOf('\r\n')
    if (end < 0) return false
    const size = Number.parseInt(this.#data.toString('latin1', 0, end), 16)
    if (Number.isNaN(size)) throw new Error('no chunk where one should be')
    if (this.#data.length < end + 4 + size) return false
    answer.body = Buffer.concat([answer.body, this.#data.subarray(end + 2, end + 2 + size)])
    this.#data = this.#data.subarray(end + 4 + size)
    if (size === 0) this.#finish(answer)
    return true
  }

  #finish(answer: RawAnswer): void {
    answer.whole = true
    this.#open = undefined
  }
}

function lengthOf(answer: RawAnswer, verb: string): number | 'chunked' | 'close' {
  if (verb === 'HEAD' || answer.status === 204 || answer.status === 304) return 0
  if (answer.headers.get('transfer-encoding')?.[0] === 'chunked') return 'chunked'
  const length = answer.headers.get('content-length')?.[0]
  return length === undefined ? 'close' : Number(length)
}
