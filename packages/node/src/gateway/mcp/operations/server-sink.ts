import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { isObject } from '@ambit/core/wire/mcp/message'
import { ForwardingSink } from '../../forwarding-sink.ts'
import type { IngressSink } from '../../gateway.ts'
import type { View } from '../names/view.ts'
import { errorOutcome, refusalError } from './answers.ts'
import { showUris } from './shown.ts'

/**
 * What one of several servers says, as the caller is to see it: with the server's slug in its URIs. `call`: of a
 * `tools/call`, whose refusals are results; any other method's become errors.
 */
export function serverSink(view: View, slug: string, sink: IngressSink, call: boolean): IngressSink {
  return call && view.single ? sink : new ServerSink(view.single ? undefined : slug, sink, call)
}

/** Every URI that must be written anew stands in one of these; without them the bytes go on as they are. */
const marks = [Buffer.from('"uri'), Buffer.from('"ref')]

class ServerSink extends ForwardingSink {
  readonly #slug: string | undefined
  readonly #call: boolean

  constructor(slug: string | undefined, sink: IngressSink, call: boolean) {
    super(sink)
    this.#slug = slug
    this.#call = call
  }

  override outcome(outcome: Outcome, act: string): void {
    this.sink.outcome(this.#slug === undefined ? outcome : shown(outcome, this.#slug), act)
  }

  override refused(decision: Decision, act: string): void {
    if (this.#call) this.sink.refused(decision, act)
    else this.sink.outcome(errorOutcome(refusalError(decision, act)), act)
  }
}

/** The outcome with the server's slug in its URIs; the very same where there are none. */
function shown(outcome: Outcome, slug: string): Outcome {
  const { wire, value, ...rest } = outcome
  if (wire === undefined) return isObject(value) ? { ...rest, value: showUris(value, slug) } : outcome
  const bytes = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
  if (!marks.some((mark) => bytes.includes(mark))) return outcome
  const result = resultIn(bytes)
  return result === undefined ? outcome : { ...rest, value: showUris(result, slug) }
}

/** The result in a JSON-RPC answer; undefined for an error, which goes on as it is. */
export function resultIn(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  // It was parsed by the egress before, so it is JSON.
  const message: unknown = JSON.parse(bytes.toString('utf8'))
  const result = isObject(message) ? message['result'] : undefined
  return isObject(result) ? result : undefined
}
