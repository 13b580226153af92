import { Metadata, status } from '@grpc/grpc-js'
import type { CallOptions, ClientReadableStream, ClientUnaryCall, ServiceError } from '@grpc/grpc-js'
import { Fault } from '@ambit/core/fault'
import { isTerminal, readStreamResponse } from '@ambit/core/wire/a2a/task'
import type { Reading } from '@ambit/core/wire/a2a/task'
import { extensionsHeader } from '@ambit/core/wire/a2a/version'
import type { Clock } from '../../../kernel/clock.ts'
import type { EgressSink, Outbound, Performance } from '../../egress.ts'
import { messageCapability } from '../capability.ts'
import type { A2aTimeouts } from '../egress.ts'
import { activatedIn } from '../headers.ts'
import { cancelTimeoutMs, closeGraceMs, continuedTask, eventType } from '../performing.ts'
import { errorOutcome, faultOutcome, invalid, resultOutcome, stateOutcome } from '../upstream-answer.ts'
import type { Result } from '../upstream-answer.ts'
import { planCancel } from '../upstream-request.ts'
import type { Channel, Channels } from './channels.ts'
import { decode, methodForms, methodPath } from './codec.ts'
import type { Decoded } from './codec.ts'
import type { GrpcPlan } from './request.ts'
import { detailsKey, foreignError, statusBytes } from './status.ts'

export interface GrpcPerformingParts {
  readonly channels: Channels
  readonly clock: Clock
  readonly timeouts: A2aTimeouts
  readonly plan: GrpcPlan
  readonly outbound: Outbound
}

/** One act being performed by an agent over gRPC: from the request to its outcome, whole or as a stream. */
export class GrpcPerforming implements Performance {
  place = -1
  readonly #parts: GrpcPerformingParts
  readonly #sink: EgressSink
  readonly #ended: (performing: GrpcPerforming) => void
  readonly #channel: Channel
  #call: ClientUnaryCall | ClientReadableStream<Buffer> | undefined
  #stopIdle: (() => void) | undefined
  #last: { readonly reading: Reading; readonly value: unknown } | undefined
  #taskId: string | undefined
  /** Of the agent's answer, as far as it belongs to the message. */
  #activated: ReturnType<typeof activatedIn> = {}
  #over = false

  /** Throws `address.refused`. */
  constructor(parts: GrpcPerformingParts, sink: EgressSink, ended: (performing: GrpcPerforming) => void) {
    this.#parts = parts
    this.#sink = sink
    this.#ended = ended
    this.#channel = parts.channels.to(parts.plan.url)
    this.#taskId = continuedTask(parts.outbound)
  }

  begin(): void {
    const { plan, timeouts, clock } = this.#parts
    const { client } = this.#channel
    const path = methodPath(plan.method)
    if (!plan.streams) {
      const options = { deadline: clock.now() + timeouts.answerMs }
      const call = client.makeUnaryRequest(
        path,
        same,
        same,
        plan.body,
        plan.metadata,
        options,
        (error, answer) => this.#answered(error, answer),
      )
      this.#call = call
      call.on('metadata', (metadata) => this.#head(metadata))
      return
    }
    const call = client.makeServerStreamRequest(path, same, same, plan.body, plan.metadata)
    this.#call = call
    this.#awaitNext()
    call.on('metadata', (metadata) => this.#head(metadata))
    call.on('data', (bytes: Buffer) => this.#heard(call, bytes))
    call.on('end', () => this.#endStream())
    call.on('error', (error: ServiceError) => this.#failed(error))
  }

  cancel(reason: string): void {
    if (this.#over) return
    this.#cancelTask()
    this.#call?.cancel()
    this.#finish({ status: 'cancelled', error: { code: 'act.cancelled', detail: reason } })
  }

  resume(): void {
    const call = this.#call
    if (call === undefined || !('resume' in call) || !call.isPaused()) return
    if (!this.#over) this.#awaitNext()
    call.resume()
  }

  #head(metadata: Metadata): void {
    const given = metadata.get(extensionsKey)
    if (given.length > 0) this.#activated = activatedIn({ [extensionsKey]: given.map(String) })
  }

  #answered(error: ServiceError | null, bytes: Buffer | undefined): void {
    if (error !== null) {
      this.#failed(error)
      return
    }
    try {
      const { plan } = this.#parts
      const { json, bytes: wire } = this.#decode(bytes)
      this.#finish({ ...resultOutcome(plan, json), value: json, ...this.#passed(wire), ...this.#activated })
    } catch (failure) {
      this.#finish(faultOutcome(Fault.from(failure)))
    }
  }

  #heard(call: ClientReadableStream<Buffer>, bytes: Buffer): void {
    if (this.#over) return
    this.#awaitNext()
    try {
      if (this.#event(bytes)) return
      // It is the caller who is slow now, not the agent.
      this.#stopIdle?.()
      call.pause()
    } catch (failure) {
      call.cancel()
      this.#finish(faultOutcome(Fault.from(failure)))
    }
  }

  /** One event of the stream; false asks to pause. Throws a Fault when it is not of the protocol. */
  #event(bytes: Buffer): boolean {
    const { json: value, bytes: wire } = this.#decode(bytes)
    const reading = readStreamResponse(value)
    if (reading === undefined)
      throw invalid('its stream has an event that is none of task, message, status and artifact')
    this.#taskId = reading.taskId ?? this.#taskId
    const activated = this.#last === undefined ? this.#activated : {}
    this.#last = { reading, value }
    const goOn = this.#sink.event({ type: eventType(reading), value, ...this.#passed(wire), ...activated })
    if (reading.state !== undefined && isTerminal(reading.state)) this.#settle(reading, value)
    return goOn
  }

  #decode(bytes: Buffer | undefined): Decoded {
    const { response } = methodForms[this.#parts.plan.method]
    const decoded = bytes === undefined ? undefined : decode(response, bytes)
    if (decoded === undefined) throw invalid(`it answered with something that is not a ${response.name}`)
    return decoded
  }

  /** The task is over: the act has its outcome now, the stream ends by itself or is ended. */
  #settle(reading: Reading, value: unknown): void {
    this.#finish({ ...stateOutcome(reading), value })
    this.#parts.clock.after(closeGraceMs, () => this.#call?.cancel())
  }

  #endStream(): void {
    const last = this.#last
    if (last === undefined) this.#finish(faultOutcome(invalid('its stream ended without an event')))
    else this.#finish({ ...stateOutcome(last.reading), value: last.value })
  }

  #failed(error: ServiceError): void {
    if (this.#over) return
    const fault = this.#faultOf(error)
    if (fault !== undefined) {
      this.#finish(faultOutcome(fault))
      return
    }
    const { code, details: words } = error
    const details = detailsOf(error)
    const foreign = foreignError(code, words, details)
    const { form: _form, ...members } = foreign
    const wire = this.#passed(statusBytes(code, words, details))
    this.#finish({ ...errorOutcome(foreign), value: { error: members }, ...wire })
  }

  /** The agent's bytes are for a caller who speaks as it does. */
  #passed(wire: Buffer): { readonly wire?: Buffer } {
    return this.#parts.plan.answersWire ? { wire } : {}
  }

  /** What went wrong on the way, as against what the agent itself calls an error; its own errors have details. */
  #faultOf(error: ServiceError): Fault | undefined {
    const { code, details } = error
    if (code === status.UNAVAILABLE && this.#channel.refused() !== undefined) return this.#channel.refused()
    if (detailsOf(error) !== undefined) return undefined
    if (code === status.UNAVAILABLE || code === status.CANCELLED)
      return new Fault('upstream.unreachable', { detail: `it could not be reached, or broke off, over gRPC` })
    if (code === status.DEADLINE_EXCEEDED)
      return new Fault('upstream.timeout', { detail: 'it did not answer in time' })
    if (code === status.RESOURCE_EXHAUSTED && details.startsWith('Received message'))
      return new Fault('upstream.too-large', { detail: 'one message of it is too large' })
    return undefined
  }

  #awaitNext(): void {
    const { clock, timeouts } = this.#parts
    this.#stopIdle?.()
    this.#stopIdle = clock.after(timeouts.streamIdleMs, () => {
      this.#call?.cancel()
      this.#finish(faultOutcome(new Fault('upstream.timeout', { detail: 'its stream fell silent' })))
    })
  }

  #finish(result: Result): void {
    if (this.#over) return
    this.#over = true
    this.#stopIdle?.()
    this.#ended(this)
    this.#sink.outcome(result)
  }

  /** A view of a task ends without the task; the work that a message began ends with its act. */
  #cancelTask(): void {
    const { plan, outbound, clock } = this.#parts
    if (outbound.capability.id !== messageCapability || this.#taskId === undefined) return
    const cancel = planCancel(plan, outbound, this.#taskId)
    if (cancel?.binding !== 'GRPC') return
    const options: CallOptions = { deadline: clock.now() + cancelTimeoutMs }
    const path = methodPath('CancelTask')
    this.#channel.client.makeUnaryRequest(path, same, same, cancel.body, cancel.metadata, options, ignored)
  }
}

const extensionsKey = extensionsHeader.toLowerCase()
const same = (bytes: Buffer): Buffer => bytes

/** Nobody waits for what an agent says to a cancel: the act is over either way. */
const ignored = (): void => undefined

function detailsOf({ metadata }: ServiceError): Buffer | undefined {
  const [details] = metadata instanceof Metadata ? metadata.get(detailsKey) : []
  return Buffer.isBuffer(details) ? details : undefined
}
