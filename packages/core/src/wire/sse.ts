/** One event of a stream of server-sent events (WHATWG HTML, section 9.2). */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  readonly id: string | undefined
}

/** Longest single event taken: as large as the largest answer that is kept whole. */
const eventCharactersMax = 16 * 1024 * 1024

/**
 * Reads a stream of server-sent events piece by piece. Pieces may end anywhere, inside a character included.
 * Throws a RangeError when one event grows beyond 16 Mi characters.
 */
export class SseReader {
  readonly #decoder = new TextDecoder()
  #line = ''
  #event = ''
  #data: string[] = []
  #characters = 0
  #id: string | undefined
  #afterReturn = false
  /** What the stream last asked for as the pause before connecting again, in ms. */
  retryMs: number | undefined

  /** The events that this piece completed. */
  read(piece: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    let text = this.#decoder.decode(piece, { stream: true })
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1)
    if (text !== '') this.#afterReturn = text.endsWith('\r')
    const lines = text.split(/\r\n|\n|\r/)
    const last = lines.pop()!
    for (const line of lines) {
      const event = this.#take(this.#line + line)
      this.#line = ''
      if (event !== undefined) events.push(event)
    }
    this.#line += last
    if (this.#line.length + this.#characters > eventCharactersMax)
      throw new RangeError('one event of the stream is too large')
    return events
  }

  #take(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#finish()
    const colon = line.indexOf(':')
    if (colon === 0) return undefined
    const field = colon < 0 ? line : line.slice(0, colon)
    const rest = colon < 0 ? '' : line.slice(colon + 1)
    const value = rest.startsWith(' ') ? rest.slice(1) : rest
    if (field === 'data') {
      this.#characters += value.length
      if (this.#characters > eventCharactersMax) throw new RangeError('one event of the stream is too large')
      this.#data.push(value)
    } else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value)
    return undefined
  }

  #finish(): ServerSentEvent | undefined {
    const data = this.#data
    const event = this.#event === '' ? 'message' : this.#event
    this.#data = []
    this.#event = ''
    this.#characters = 0
    if (data.length === 0) return undefined
    return { event, data: data.join('\n'), id: this.#id }
  }
}

/** The wire form of an event. */
export function sseText(data: string, event?: string, id?: string): string {
  const head = (event === undefined ? '' : `event: ${event}\n`) + (id === undefined ? '' : `id: ${id}\n`)
  const body = data.includes('\n') ? data.split('\n').join('\ndata: ') : data
  return `${head}data: ${body}\n\n`
}
