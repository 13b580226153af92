import type { ActEvent, Outcome } from '@ambit/core/act'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import { methods, modernVersion, notifications } from '@ambit/core/wire/mcp/methods'
import type { Holder } from '../../../authority/authority.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Target, TargetCapability } from '../../../registry/target.ts'
import type { ActHandle, Gateway, IngressSink } from '../../gateway.ts'
import type { SubscriptionFilter } from './hub.ts'

/** A server that does not say what it honours in this time may still be listened to. */
const ackMs = 5000
/** Judged again this often, because an act under way is judged once: as long as a leaf mandate lives. */
const renewMs = 15 * 60_000
/** Between attempts, doubled each time: an upstream that restarts is back soon, one that is gone costs little. */
const retryMsMin = 500
const retryMsMax = 60_000

const protocol = `mcp/${modernVersion}`
const nothing = Buffer.alloc(0)

export interface FeedParts {
  readonly gateway: Pick<Gateway, 'submit'>
  readonly clock: Clock
  readonly holder: Holder
  readonly callerCapabilities: Readonly<Record<string, unknown>> | undefined
}

/** Who is listened to, under which capability and for what. */
export interface FeedSubject {
  readonly target: Target
  readonly capability: TargetCapability
  readonly filter: SubscriptionFilter
}

export interface FeedListener {
  /** It became known what the server honours, or that it cannot be listened to. */
  settled(): void
  notification(method: string, params: Readonly<Record<string, unknown>>): void
  /** The stream broke and stands again: anything may have changed meanwhile. */
  healed(): void
  /** Refused or stopped: it is not tried again. */
  stopped(why: Why): void
}

export interface Why {
  readonly code: string
  readonly detail: string
}

/**
 * What one server tells one holder: one act `subscriptions/listen`, opened again when it ends, and replaced (the new one
 * stands before the old one is let go) when more is to be heard.
 */
export class Feed {
  readonly #with: FeedParts
  readonly #listener: FeedListener
  #subject: FeedSubject
  #current: Stream | undefined
  #next: Stream | undefined
  #broken = false
  #attempts = 0
  #stopTimer: () => void = () => undefined
  #over = false

  constructor(parts: FeedParts, subject: FeedSubject, listener: FeedListener) {
    this.#with = parts
    this.#subject = subject
    this.#listener = listener
  }

  get subject(): FeedSubject {
    return this.#subject
  }

  /** What the server honours; undefined while that is not known. */
  get honoured(): SubscriptionFilter | undefined {
    if (this.#next !== undefined) return this.#next.honoured
    return this.#over || this.#broken ? {} : this.#current?.honoured
  }

  open(): void {
    this.#next = new Stream(this.#with, this.#subject, {
      settled: (stream) => this.#settled(stream),
      heard: (method, params) => this.#listener.notification(method, params),
      ended: (stream, why, final) => this.#ended(stream, why, final),
    })
    this.#next.start()
  }

  /** From now on hears more, or another version of the record. */
  change(subject: FeedSubject): void {
    this.#subject = subject
    this.#stopTimer()
    this.#next?.stop()
    this.#next = undefined
    this.open()
  }

  stop(): void {
    this.#over = true
    this.#stopTimer()
    this.#current?.stop()
    this.#next?.stop()
  }

  #settled(stream: Stream): void {
    if (stream !== this.#next) return
    this.#current?.stop()
    this.#current = stream
    this.#next = undefined
    this.#attempts = 0
    this.#later(renewMs, () => this.open())
    this.#listener.settled()
    if (this.#broken) {
      this.#broken = false
      this.#listener.healed()
    }
  }

  #ended(stream: Stream, why: Why, final: boolean): void {
    if (this.#over || (stream !== this.#next && stream !== this.#current)) return
    if (stream === this.#next) this.#next = undefined
    else this.#current = undefined
    if (final) {
      this.stop()
      this.#listener.stopped(why)
      return
    }
    // While the other one of the two stands, nothing is missed.
    if (this.#next !== undefined) return
    if (this.#current === undefined) this.#broken = true
    const waitMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#attempts++, 10))
    this.#later(waitMs, () => this.open())
    this.#listener.settled()
  }

  #later(ms: number, run: () => void): void {
    this.#stopTimer()
    this.#stopTimer = this.#with.clock.after(ms, run)
  }
}

interface StreamListener {
  settled(stream: Stream): void
  heard(method: string, params: Readonly<Record<string, unknown>>): void
  ended(stream: Stream, why: Why, final: boolean): void
}

/** One act of listening. */
class Stream implements IngressSink {
  honoured: SubscriptionFilter | undefined
  readonly #with: FeedParts
  readonly #subject: FeedSubject
  readonly #listener: StreamListener
  #handle: ActHandle | undefined
  #stopTimer: () => void = () => undefined
  #over = false

  constructor(parts: FeedParts, subject: FeedSubject, listener: StreamListener) {
    this.#with = parts
    this.#subject = subject
    this.#listener = listener
  }

  start(): void {
    const { gateway, clock, holder, callerCapabilities } = this.#with
    const { target, capability, filter } = this.#subject
    const args = { notifications: filter }
    this.#stopTimer = clock.after(ackMs, () => this.#acknowledged(filter))
    this.#handle = gateway.submit(
      {
        holder,
        target,
        capability,
        arguments: args,
        argumentsText: JSON.stringify(args),
        protocolIn: protocol,
        wire: { protocol, message: undefined, bytes: nothing, forward: false },
        stream: true,
        operation: methods.listen,
        ...(callerCapabilities === undefined ? {} : { callerCapabilities }),
        trace: undefined,
        parent: undefined,
        place: undefined,
      },
      this,
    )
    if (this.#over) this.#handle.cancel('it is no longer needed')
  }

  stop(): void {
    if (this.#over) return
    this.#leave()
    this.#handle?.cancel('nobody listens any more')
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    if (this.#over || event.type === 'child' || !isObject(event.value)) return true
    const { method, params = {} } = event.value
    if (typeof method !== 'string' || !isObject(params)) return true
    if (method === notifications.subscriptionsAcknowledged) {
      this.#acknowledged(isObject(params['notifications']) ? params['notifications'] : {})
    } else {
      // What notifies has acknowledged: not every server says so first.
      this.#acknowledged(this.#subject.filter)
      this.#listener.heard(method, params)
    }
    return true
  }

  outcome({ status, value, error }: Outcome): void {
    const rpc = isObject(value) && isObject(value['error']) ? value['error']['code'] : undefined
    const code = error?.code ?? status
    const unknown = rpc === errorCodes.methodNotFound || rpc === errorCodes.invalidParams
    // A ruling or a revocation stopped it, or the server has no such method: asking again would not help.
    const final = unknown || (status === 'cancelled' && code !== 'act.cancelled')
    this.#end({ code, detail: error?.detail ?? 'the server ended the subscription' }, final)
  }

  asked(): void {
    this.#end({ code: 'user.ask', detail: 'the mandate wants a person asked each time' }, true)
  }

  refused(decision: Parameters<IngressSink['refused']>[0]): void {
    const [first] = decision.reasons
    this.#end({ code: first?.code ?? 'act.refused', detail: first?.what ?? 'refused' }, true)
  }

  failed(fault: Parameters<IngressSink['failed']>[0]): void {
    this.#end({ code: fault.code, detail: fault.detail }, !fault.retryable)
  }

  #acknowledged(honoured: SubscriptionFilter): void {
    if (this.#over || this.honoured !== undefined) return
    this.#stopTimer()
    this.honoured = honoured
    this.#listener.settled(this)
  }

  #end(why: Why, final: boolean): void {
    if (this.#over) return
    this.#leave()
    this.#listener.ended(this, why, final)
  }

  #leave(): void {
    this.#over = true
    this.#stopTimer()
  }
}
