import { Fault } from '@ambit/core/fault'
import { isInterrupted, isTerminal, readStreamResponse } from '@ambit/core/wire/a2a/task'
import type { Reading } from '@ambit/core/wire/a2a/task'
import { bareMediaType, streamMediaType } from '@ambit/core/wire/a2a/version'
import { SseReader } from '@ambit/core/wire/sse'
import type { Clock } from '../../kernel/clock.ts'
import { limits } from '../../kernel/limits.ts'
import type {
  Upstream,
  UpstreamExchange,
  UpstreamHandler,
  UpstreamHeaders,
  UpstreamRequest,
} from '../../net/upstream.ts'
import type { EgressSink, Outbound, Performance } from '../egress.ts'
import type { A2aTimeouts } from './egress.ts'
import { messageCapability } from './capability.ts'
import { activatedIn } from './headers.ts'
import {
  errorOutcome,
  faultOutcome,
  invalid,
  outcomeOf,
  readSaid,
  single,
  stateOutcome,
} from './upstream-answer.ts'
import type { Result } from './upstream-answer.ts'
import { planCancel } from './upstream-request.ts'
import type { Plan } from './upstream-request.ts'

/** How long an agent may keep a stream open after it said that the task is over. */
export const closeGraceMs = 5000
/** How long a cancel may take; nobody waits for its answer. */
export const cancelTimeoutMs = 10_000
/** An answer that is no stream where one was asked for can only be an error. */
const errorBytesMax = 1024 * 1024

export interface PerformingParts {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly timeouts: A2aTimeouts
  readonly plan: Plan
  readonly outbound: Outbound
}

/** One act being performed by an agent: from the request to its outcome, whole or as a stream. */
export class Performing implements Performance, UpstreamHandler {
  place = -1
  readonly #parts: PerformingParts
  readonly #sink: EgressSink
  readonly #ended: (performing: Performing) => void
  #exchange: UpstreamExchange | undefined
  #status = 0
  #headers: UpstreamHeaders = {}
  #chunks: Buffer[] = []
  #bytes = 0
  #sse: SseReader | undefined
  #last: { readonly reading: Reading; readonly value: unknown } | undefined
  #taskId: string | undefined
  #over = false

  constructor(parts: PerformingParts, sink: EgressSink, ended: (performing: Performing) => void) {
    this.#parts = parts
    this.#sink = sink
    this.#ended = ended
    this.#taskId = continuedTask(parts.outbound)
  }

  begin(): void {
    const { upstream, plan, timeouts, outbound } = this.#parts
    this.#exchange = upstream.send(
      {
        url: plan.url,
        method: plan.verb,
        headers: plan.headers,
        body: plan.body,
        headTimeoutMs: timeouts.answerMs,
        idleTimeoutMs: plan.streams ? timeouts.streamIdleMs : timeouts.answerMs,
        repeat: repeatOf(outbound, plan),
      },
      this,
    )
  }

  head(status: number, headers: UpstreamHeaders): void {
    this.#status = status
    this.#headers = headers
    const type = bareMediaType(single(headers['content-type']))
    if (this.#parts.plan.streams && status === 200 && type === streamMediaType) this.#sse = new SseReader()
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return true
    if (this.#sse !== undefined) return this.#readEvents(this.#sse, chunk)
    const bytesMax = this.#parts.plan.streams ? errorBytesMax : limits.answerBytesMax
    this.#bytes += chunk.length
    if (this.#bytes > bytesMax) {
      this.#fail(new Fault('upstream.too-large', { detail: `its answer is larger than ${bytesMax} bytes` }))
      return true
    }
    this.#chunks.push(chunk)
    return true
  }

  end(): void {
    if (this.#over) {
      this.#exchange = undefined
      return
    }
    if (this.#sse !== undefined) {
      this.#endStream()
      return
    }
    try {
      const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      this.#finish(outcomeOf(this.#parts.plan, this.#status, this.#headers, body))
    } catch (error) {
      this.#finish(faultOutcome(Fault.from(error)))
    }
  }

  error(fault: Fault): void {
    this.#exchange = undefined
    this.#finish(faultOutcome(fault))
  }

  cancel(reason: string): void {
    if (this.#over) return
    this.#cancelTask()
    this.#exchange?.abort()
    this.#finish({ status: 'cancelled', error: { code: 'act.cancelled', detail: reason } })
  }

  resume(): void {
    this.#exchange?.resume()
  }

  #readEvents(sse: SseReader, chunk: Buffer): boolean {
    let goOn = true
    try {
      for (const event of sse.read(chunk)) {
        if (!this.#event(event.data)) goOn = false
        if (this.#over) return true
      }
    } catch (error) {
      this.#fail(error instanceof RangeError ? tooLarge(error) : Fault.from(error))
      return true
    }
    return goOn
  }

  /** One event of the stream. Throws a Fault when it is not of the protocol. */
  #event(text: string): boolean {
    const { plan } = this.#parts
    const { said } = readSaid(plan, text)
    if (said.type === 'error') {
      this.#finish({ ...errorOutcome(said.error), value: said.value })
      this.#exchange?.abort()
      return true
    }
    const { value } = said
    const reading = readStreamResponse(value)
    if (reading === undefined)
      throw invalid('its stream has an event that is none of task, message, status and artifact')
    this.#taskId = reading.taskId ?? this.#taskId
    const activated = this.#last === undefined ? activatedIn(this.#headers) : {}
    this.#last = { reading, value }
    const wire = plan.callerReadsJson ? { wire: Buffer.from(said.json) } : {}
    const goOn = this.#sink.event({ type: eventType(reading), value, ...wire, ...activated })
    if (reading.state !== undefined && isTerminal(reading.state)) this.#settle(reading, value)
    return goOn
  }

  /** The task is over: the act has its outcome now, the connection ends by itself or is ended. */
  #settle(reading: Reading, value: unknown): void {
    this.#finish({ ...stateOutcome(reading), value })
    this.#parts.clock.after(closeGraceMs, () => this.#exchange?.abort())
  }

  #endStream(): void {
    const last = this.#last
    if (last === undefined) this.#finish(faultOutcome(invalid('its stream ended without an event')))
    else this.#finish({ ...stateOutcome(last.reading), value: last.value })
  }

  #fail(fault: Fault): void {
    this.#exchange?.abort()
    this.#finish(faultOutcome(fault))
  }

  #finish(result: Result): void {
    if (this.#over) return
    this.#over = true
    this.#chunks = []
    this.#ended(this)
    this.#sink.outcome(result)
  }

  /** A view of a task ends without the task; the work that a message began ends with its act. */
  #cancelTask(): void {
    const { upstream, plan, outbound } = this.#parts
    if (outbound.capability.id !== messageCapability || this.#taskId === undefined) return
    const cancel = planCancel(plan, outbound, this.#taskId)
    if (cancel === undefined || cancel.binding === 'GRPC') return
    const { url, verb, headers, body } = cancel
    const times = { headTimeoutMs: cancelTimeoutMs, idleTimeoutMs: cancelTimeoutMs }
    upstream.send({ url, method: verb, headers, body, ...times }, ignored)
  }
}

/** Looking at tasks changes nothing, however often (A2A 1.0, section 3); a message may begin work. */
function repeatOf(outbound: Outbound, { method }: Plan): UpstreamRequest['repeat'] {
  if (outbound.repeatable !== true) return undefined
  return method === 'GetTask' || method === 'ListTasks' ? 'unanswered' : 'unsent'
}

/** Nobody waits for what an agent says to a cancel: the act is over either way. */
const ignored: UpstreamHandler = {
  head: () => undefined,
  data: () => true,
  end: () => undefined,
  error: () => undefined,
}

export function eventType(reading: Reading): 'progress' | 'message' | 'artifact' | 'input-required' {
  if (reading.kind === 'message') return 'message'
  if (reading.kind === 'artifactUpdate') return 'artifact'
  return reading.state !== undefined && isInterrupted(reading.state) ? 'input-required' : 'progress'
}

function tooLarge(cause: RangeError): Fault {
  return new Fault('upstream.too-large', { detail: 'one event of its stream is too large', cause })
}

/** The task that a message goes on with: known before the agent says anything. */
export function continuedTask(outbound: Outbound): string | undefined {
  const message = (outbound.arguments as { message?: { taskId?: unknown } } | null | undefined)?.message
  const taskId = message?.taskId
  return typeof taskId === 'string' && taskId !== '' ? taskId : undefined
}
