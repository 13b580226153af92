import type { ServerResponse } from 'node:http'
import type { Clock } from '../../../kernel/clock.ts'
import { AnswerStream } from './answer-stream.ts'
import type { AnswerStreamOptions, KeptEvents } from './answer-stream.ts'

/** Streams that clients may take up again, at once; further ones cannot be. */
const streamsMax = 20_000

interface Held {
  readonly stream: AnswerStream
  /** Holder and session: nobody else may take it up. */
  readonly owner: string
}

/** The answers under way that a client may take up again by the id of the last event it has. On this replica only. */
export class AnswerStreams {
  readonly #clock: Clock
  readonly #held = new Map<string, Held>()
  readonly #kept: KeptEvents = { characters: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `name` is undefined for clients that take nothing up again. */
  open(
    response: ServerResponse,
    owner: string,
    name: string | undefined,
    hears: Pick<AnswerStreamOptions, 'drained' | 'gone' | 'ended'>,
  ): AnswerStream {
    const kept = name !== undefined && this.#held.size < streamsMax ? name : undefined
    const stream = new AnswerStream(
      {
        clock: this.#clock,
        name: kept,
        kept: this.#kept,
        drained: () => hears.drained(),
        gone: () => hears.gone(),
        ended: () => {
          if (kept !== undefined) this.#held.delete(kept)
          hears.ended()
        },
      },
      response,
    )
    if (kept !== undefined) this.#held.set(kept, { stream, owner })
    return stream
  }

  /** Whether `Last-Event-ID` named a stream of that owner, which then goes on with this response. */
  resume(response: ServerResponse, owner: string, lastEventId: string): boolean {
    const [, name = '', at = ''] = /^([0-9a-f]{1,64})\.(\d{1,9})$/.exec(lastEventId) ?? []
    const held = this.#held.get(name)
    if (held === undefined || held.owner !== owner) return false
    held.stream.resume(response, Number(at))
    return true
  }
}
