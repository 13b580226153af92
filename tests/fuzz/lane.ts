import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { AnswerReader } from './answer-reader.ts'
import type { RawAnswer } from './answer-reader.ts'
import type { Shot } from './draft.ts'
import type { Random } from './random.ts'

/** An answer that takes longer has not come: several times what the node waits for an upstream. */
const answerTimeoutMs = 20_000
/** What is not framed as HTTP may leave the node waiting for more: this long is looked at what it says. */
const brokenWaitMs = 60
/** Streams that go on are left after this. */
const streamWaitMs = 250
const streamBytesMax = 256 * 1024
/** Bodies above this are refused before they have come. */
const overLongBytes = 4 * 1024 * 1024
/** More than a socket holds: of a request that is refused by its head alone the rest may still be on its way. */
const underWayBytes = 64 * 1024

export interface Exchange {
  readonly answers: readonly RawAnswer[]
  /** Why there are fewer answers than messages, where that is the node's fault. */
  readonly missing: string | undefined
}

/** How messages go out: mostly whole and patiently, sometimes as no client should. */
type Manner = 'whole' | 'pieces' | 'half-close' | 'leave' | 'reset'

const manners: readonly Manner[] = [
  ...Array.from<Manner>({ length: 16 }).fill('whole'),
  'pieces',
  'half-close',
  'leave',
  'reset',
]

/** One connection after the other to the node; several messages may be under way on each. */
export class Lane {
  readonly #port: number
  #socket: Socket | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** Sends the messages one behind the other and takes what comes back. Throws when the node does not take a connection. */
  async send(random: Random, shots: readonly Shot[]): Promise<Exchange> {
    const manner = random.pick(manners)
    const sent = Buffer.concat(shots.map(({ bytes }) => bytes))
    const socket = this.#socket ?? (await open(this.#port))
    this.#socket = undefined
    const reader = new AnswerReader()
    for (const { verb } of shots) reader.expect(verb)
    const turn = new Turn(socket, reader, shots)
    await write(random, socket, sent, manner)
    const missing = await turn.over(manner)
    const reusable = turn.reusable && manner === 'whole' && !random.onceIn(5)
    turn.let()
    if (reusable) this.#socket = socket
    else socket.destroy()
    const isPatient = manner === 'whole' || manner === 'pieces'
    return { answers: reader.answers, missing: isPatient ? missing : undefined }
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }
}

/** What comes back on a connection, until nothing more is to be expected. */
class Turn {
  readonly #socket: Socket
  readonly #reader: AnswerReader
  readonly #shots: readonly Shot[]
  #bytes = 0
  #closed = false
  #wrong: string | undefined
  #changed: () => void = () => undefined

  constructor(socket: Socket, reader: AnswerReader, shots: readonly Shot[]) {
    this.#socket = socket
    this.#reader = reader
    this.#shots = shots
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('close', () => this.#close())
    socket.on('error', () => this.#close())
  }

  /** All was answered in whole, so that the connection can take the next messages. */
  get reusable(): boolean {
    const { complete, answers } = this.#reader
    const last = answers.at(-1)
    return (
      !this.#closed &&
      this.#shots.every(({ framed }) => framed) &&
      complete === this.#shots.length &&
      last?.headers.get('connection')?.[0] !== 'close'
    )
  }

  /** Gives why an answer is missing; undefined when none is. */
  async over(manner: Manner): Promise<string | undefined> {
    const begun = performance.now()
    const isFramed = this.#shots.every(({ framed }) => framed)
    const patienceMs =
      manner === 'leave' || manner === 'reset' ? 5 : isFramed ? answerTimeoutMs : brokenWaitMs
    for (;;) {
      if (this.#wrong !== undefined) return this.#wrong
      if (this.#reader.complete >= this.#shots.length) return undefined
      if (this.#closed) return isFramed ? this.#cut() : undefined
      const waited = performance.now() - begun
      if (this.#streams() && (waited > streamWaitMs || this.#bytes > streamBytesMax)) return undefined
      if (waited > patienceMs) return isFramed ? `no answer within ${answerTimeoutMs} ms` : undefined
      await this.#next(this.#streams() ? streamWaitMs : patienceMs)
    }
  }

  let(): void {
    this.#socket.removeAllListeners('data')
    this.#socket.removeAllListeners('close')
    // What still comes on a connection that is left is nobody's.
    this.#socket.removeAllListeners('error').on('error', () => undefined)
  }

  /** The connection ended early: an answer said that it would, or an answer is missing. */
  #cut(): string | undefined {
    const { answers } = this.#reader
    const saidSo = answers.some(({ headers }) => headers.get('connection')?.[0] === 'close')
    // Whoever is still sending a body that nobody wants may lose the answer with the connection (RFC 9112, section 9.6).
    const isUnwanted = this.#shots.some(
      ({ body, path }) =>
        body.length > overLongBytes || (body.length > underWayBytes && !/^\/(a2a|mcp)\b/.test(path)),
    )
    if (saidSo || isUnwanted) return undefined
    const last = answers.at(-1)
    return last?.whole === false
      ? `the connection was closed within an answer (${last.status})`
      : `the connection was closed after ${answers.length} of ${this.#shots.length} answers`
  }

  #streams(): boolean {
    const last = this.#reader.answers.at(-1)
    return (
      last?.whole === false && last.headers.get('content-type')?.[0]?.startsWith('text/event-stream') === true
    )
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length
    try {
      this.#reader.read(chunk)
    } catch (error) {
      this.#wrong = `what came is no HTTP: ${error instanceof Error ? error.message : ''}`
    }
    this.#changed()
  }

  #close(): void {
    this.#closed = true
    this.#reader.end()
    this.#changed()
  }

  async #next(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#changed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}

async function write(random: Random, socket: Socket, bytes: Buffer, manner: Manner): Promise<void> {
  if (manner === 'pieces') {
    const cut = random.below(bytes.length)
    socket.write(bytes.subarray(0, cut))
    await new Promise((resolve) => setTimeout(resolve, random.below(5)))
    if (socket.writable) socket.write(bytes.subarray(cut))
  } else if (manner === 'reset') {
    socket.write(bytes.subarray(0, random.below(bytes.length + 1)))
    await new Promise((resolve) => setImmediate(resolve))
    socket.resetAndDestroy()
  } else {
    socket.write(bytes)
    if (manner === 'half-close') socket.end()
  }
}
