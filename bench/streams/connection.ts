import { connect } from 'node:net'
import type { Socket } from 'node:net'

const eventMark = Buffer.from('data:')
const streamEnd = Buffer.from('\r\n0\r\n\r\n')
const headEnd = Buffer.from('\r\n\r\n')
/** Longer than any answer here may take; a benchmark that hangs says so. */
const giveUpMs = 30_000

export interface Answer {
  readonly head: string
  readonly body: string
  readonly ms: number
}

/** One connection to a server, used for one request after the other, that looks at as little of HTTP as it can. */
export class Connection {
  readonly #socket: Socket
  #data: Buffer = Buffer.alloc(0)
  #waiting: (() => void) | undefined
  #failed: Error | undefined
  /** Events that arrived since the connection was opened. */
  events = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
  }

  /** `from`: the loopback address it leaves by; each has ports of its own. */
  static async open(port: number, from = '127.0.0.1'): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new Connection(socket)
  }

  /** Sends a request whose answer has a length, and gives the answer. */
  async ask(request: string): Promise<Answer> {
    const start = this.#begin(request)
    await this.#until(() => this.#data.includes(headEnd))
    const end = this.#data.indexOf(headEnd)
    const head = this.#data.toString('latin1', 0, end)
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? '0')
    await this.#until(() => this.#data.length >= end + 4 + length)
    return {
      head,
      body: this.#data.toString('utf8', end + 4, end + 4 + length),
      ms: performance.now() - start,
    }
  }

  /** Sends a request that is answered by a stream, and gives the time until its first event, in ms. */
  async firstEvent(request: string): Promise<number> {
    const start = this.#begin(request)
    await this.#until(() => this.#data.includes(eventMark))
    return performance.now() - start
  }

  /** Until the head of an answer is here. */
  async head(request: string): Promise<string> {
    this.#begin(request)
    await this.#until(() => this.#data.includes(headEnd))
    return this.#data.toString('latin1', 0, this.#data.indexOf(headEnd))
  }

  /** Until the stream ended, so that the connection can be used again. */
  async streamEnd(): Promise<void> {
    await this.#until(() => this.#data.includes(streamEnd))
  }

  /** From here on events are counted and dropped: a stream that is held. */
  hold(): void {
    this.#socket.removeAllListeners('data')
    this.#data = Buffer.alloc(0)
    this.#socket.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(eventMark); at >= 0; at = chunk.indexOf(eventMark, at + 1)) this.events++
    })
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #begin(request: string): number {
    this.#data = Buffer.alloc(0)
    const start = performance.now()
    this.#socket.write(request)
    return start
  }

  async #until(isHere: () => boolean): Promise<void> {
    const until = performance.now() + giveUpMs
    while (!isHere()) {
      if (this.#failed !== undefined) throw this.#failed
      if (performance.now() > until)
        throw new Error(`no answer within ${giveUpMs} ms; so far: ${this.#data.toString('utf8', 0, 500)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, giveUpMs)
        this.#waiting = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  #take(chunk: Buffer): void {
    this.#data = this.#data.length === 0 ? chunk : Buffer.concat([this.#data, chunk])
    this.#waiting?.()
  }

  #fail(error: Error): void {
    this.#failed = error
    this.#waiting?.()
  }
}
