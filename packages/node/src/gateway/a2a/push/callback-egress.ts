import { a2aError, rpcErrorBody } from '@ambit/core/wire/a2a/error'
import { objectOf } from '@ambit/core/wire/a2a/json'
import { readStreamResponse } from '@ambit/core/wire/a2a/task'
import { Fault } from '@ambit/core/fault'
import type { Egress, EgressSink, Outbound, Performance } from '../../egress.ts'
import { messageCapability } from '../capability.ts'
import type { AgentConfig, Callbacks, TaskOf } from './callbacks.ts'
import { callbackIn, clientView, withAgentConfig } from './config-arguments.ts'

type Result = Parameters<EgressSink['outcome']>[0]

/**
 * The sending side with the clients' configurations of push notifications exchanged for this node's own on the way to
 * the agent, and put back in its answers. Acts that have none pass as they are.
 */
export function withCallbacks(egress: Egress, callbacks: Callbacks): Egress {
  return {
    ...egress,
    perform(outbound, sink) {
      const { id } = outbound.capability
      const callback = callbackIn(id, outbound.arguments)
      if (callback !== undefined) return new ArmedPerforming(egress, callbacks, outbound, sink, callback)
      if (!id.startsWith('task.push.')) return egress.perform(outbound, sink)
      return egress.perform(outbound, viewSink(callbacks, outbound, sink))
    },
  }
}

/** An act that brings the agent a configuration: SendMessage with one in it, or the operation that makes one. */
class ArmedPerforming implements Performance {
  readonly #egress: Egress
  readonly #callbacks: Callbacks
  readonly #outbound: Outbound
  readonly #sink: EgressSink
  readonly #callback: string
  #inner: Performance | undefined
  #over = false
  #bound = false

  constructor(egress: Egress, callbacks: Callbacks, outbound: Outbound, sink: EgressSink, callback: string) {
    this.#egress = egress
    this.#callbacks = callbacks
    this.#outbound = outbound
    this.#sink = sink
    this.#callback = callback
    callbacks.arm(callback, outbound.act, outbound.trace).then(
      (config) => this.#begin(config),
      (error: unknown) => this.#end(failed(Fault.from(error))),
    )
  }

  cancel(reason: string): void {
    if (this.#inner !== undefined) this.#inner.cancel(reason)
    else this.#end({ status: 'cancelled', error: { code: 'act.cancelled', detail: reason } })
  }

  resume(): void {
    this.#inner?.resume()
  }

  #begin(config: AgentConfig | undefined): void {
    if (this.#over) return
    if (config === undefined) {
      this.#end(failed(new Fault('push.unknown', { detail: 'the setting was deleted meanwhile' })))
      return
    }
    this.#inner = this.#egress.perform(exchanged(this.#outbound, config), {
      ...this.#sink,
      event: (event) => {
        if (event.type === 'child' || event.type === 'paused') return this.#sink.event(event)
        this.#bind(event.value)
        return this.#sink.event(withoutBytes(event))
      },
      outcome: (result) => this.#outcome(result),
    })
  }

  #outcome(result: Result): void {
    if (this.#outbound.capability.id === messageCapability) {
      this.#bind(result.value)
      // No task came of it, so nothing will be pushed.
      if (!this.#bound) this.#callbacks.drop(this.#callback)
      this.#end(withoutBytes(result))
      return
    }
    if (result.status !== 'completed') {
      this.#callbacks.drop(this.#callback)
      this.#end(withoutBytes(result))
      return
    }
    const made = objectOf(result.value) ?? {}
    const id = typeof made['id'] === 'string' && made['id'] !== '' ? made['id'] : undefined
    this.#callbacks.settle(this.#callback, id).then(
      (kept) => this.#end({ status: 'completed', value: kept === undefined ? made : clientView(made, kept) }),
      (error: unknown) => this.#end(failed(Fault.from(error))),
    )
  }

  #bind(value: unknown): void {
    if (this.#bound || this.#outbound.capability.id !== messageCapability) return
    const task = readStreamResponse(value)?.taskId
    if (task === undefined) return
    this.#bound = true
    this.#callbacks.bind(this.#callback, task).then(
      (own) => own || this.#callbacks.drop(this.#callback),
      // Without a task it takes the one that the first push names.
      () => undefined,
    )
  }

  #end(result: Result): void {
    if (this.#over) return
    this.#over = true
    this.#sink.outcome(result)
  }
}

/** The message with this node's configuration in it; its own bytes have the client's. */
function exchanged(outbound: Outbound, config: AgentConfig): Outbound {
  const { wire, capability } = outbound
  return {
    ...outbound,
    arguments: withAgentConfig(capability.id, outbound.arguments, config),
    // No binding is called so: the bytes are made anew, and the headers still belong to the message.
    wire: wire === undefined ? undefined : { ...wire, protocol: 'a2a' },
  }
}

/** Get, List and Delete: what the agent answers is told in the client's own words, and only what is the client's. */
function viewSink(callbacks: Callbacks, outbound: Outbound, sink: EgressSink): EgressSink {
  const task = objectOf(outbound.arguments)?.['taskId']
  const of: TaskOf = {
    holder: outbound.holder,
    record: outbound.target.id,
    task: typeof task === 'string' ? task : '',
  }
  return {
    ...sink,
    outcome(result) {
      if (result.status !== 'completed') {
        sink.outcome(result)
        return
      }
      viewed(callbacks, outbound, of, result).then(
        (view) => sink.outcome(view),
        (error: unknown) => sink.outcome(failed(Fault.from(error))),
      )
    },
  }
}

async function viewed(callbacks: Callbacks, outbound: Outbound, of: TaskOf, result: Result): Promise<Result> {
  const value = objectOf(result.value)
  switch (outbound.capability.id) {
    case 'task.push.get': {
      const kept = await callbacks.ofUrl(value?.['url'], of)
      return kept === undefined ? notFound : { status: 'completed', value: clientView(value ?? {}, kept) }
    }
    case 'task.push.list': {
      const configs: unknown[] = []
      const given = value?.['configs']
      for (const config of Array.isArray(given) ? (given as readonly unknown[]) : []) {
        const kept = await callbacks.ofUrl(objectOf(config)?.['url'], of)
        if (kept !== undefined) configs.push(clientView(objectOf(config) ?? {}, kept))
      }
      return { status: 'completed', value: { ...value, configs } }
    }
    default: {
      const config = objectOf(outbound.arguments)?.['id']
      if (typeof config === 'string') await callbacks.end(of, config)
      return result
    }
  }
}

const missing = a2aError('TASK_NOT_FOUND', 'this task has no such setting of push notifications')
const notFound: Result = {
  status: 'failed',
  error: { code: String(missing.code), detail: 'the setting is not of this holder' },
  value: { error: rpcErrorBody(null, missing)['error'] },
}

/** The bytes answer a request that the client did not send, in a binding that need not be its own. */
function withoutBytes<Told extends { readonly wire?: Uint8Array }>(told: Told): Told {
  if (told.wire === undefined) return told
  const copy: { wire?: Uint8Array } & Told = { ...told }
  delete copy.wire
  return copy
}

function failed(fault: Fault): Result {
  return { status: 'failed', error: { code: fault.code, detail: fault.detail } }
}
