import { Fault } from '@ambit/core/fault'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { isObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import type { BackAnswer } from '../../back.ts'
import type { EgressSink, Outbound, Performance } from '../../egress.ts'
import { logLevelOf } from './client-capabilities.ts'
import type { ClientAnswer } from './server-questions.ts'
import type { Call, CallEnd, CallListener } from './pending-call.ts'
import { failedOutcome } from './failed-outcome.ts'
import type { Lease } from './session-pool.ts'

/**
 * Performs one request in a session: a tool call or another operation. When the upstream lost the session, a new one is
 * opened and the request sent again, once, where the first one surely had no effect or two do no harm.
 */
export function performCall(outbound: Outbound, sink: EgressSink, take: () => Promise<Lease>): Performance {
  let over = false
  let cancelled: string | undefined
  let call: Call | undefined
  let lease: Lease | undefined

  function finish(end: CallEnd): void {
    if (over) return
    over = true
    lease?.release()
    sink.outcome(outcomeOf(end))
  }

  async function attempt(again: boolean): Promise<void> {
    const taken = await take()
    lease = taken
    if (over) return taken.release()
    const level = logLevelOf(outbound.callerCapabilities)
    const modern = taken.session.version === modernVersion
    if (level !== undefined && !modern) await taken.session.setLogLevel(level)
    if (over) return
    const params = modern ? modernParams(outbound, level) : paramsOf(outbound)
    call = taken.session.call(outbound.operation ?? methods.toolsCall, params, listener(again), {
      progress: outbound.stream,
    })
    // The cancellation came while the request was being written.
    if (cancelled !== undefined) call.cancel(cancelled)
  }

  function listener(again: boolean): CallListener {
    return {
      note: (type, value) => sink.event({ type, value }),
      paused: () => void sink.event({ type: 'paused' }),
      ask: (capability, params, answered) =>
        sink.ask(
          {
            capability,
            arguments: params,
            protocolIn: `mcp/${lease?.session.version ?? 'unknown'}`,
          },
          (answer) => answered(clientAnswerOf(answer)),
        ),
      end(end) {
        if (over || end.type !== 'failed' || end.sessionLost === false) return finish(end)
        // Whoever calls next gets another session, also when this call is not made again.
        lease?.drop()
        if (!again || !mayRepeat(outbound, end.sessionLost)) return finish(end)
        lease?.release()
        begin(false)
      },
    }
  }

  function begin(again: boolean): void {
    attempt(again).catch((error: unknown) => {
      finish({ type: 'failed', fault: Fault.from(error), sessionLost: false })
    })
  }

  begin(true)
  return {
    cancel(reason) {
      if (over) return
      over = true
      cancelled = reason
      call?.cancel(reason)
      lease?.release()
      sink.outcome({ status: 'cancelled', error: { code: 'act.cancelled', detail: reason } })
    },
    resume: () => call?.resume(),
  }
}

/** What is sure not to have been executed may be sent again; what is likely so, when it can be taken back or only reads. */
function mayRepeat(outbound: Outbound, lost: 'unexecuted' | 'perhaps' | 'in-course'): boolean {
  if (lost !== 'perhaps') return lost === 'unexecuted'
  return (
    outbound.repeatable === true ||
    (outbound.capability.accepted && outbound.reversibility < irreversibleFrom)
  )
}

/** As on the path of an act: from here on nothing takes an act back. */
const irreversibleFrom = 2

/** Nothing of the caller's own `_meta` is passed on: it was not judged, and its ids belong to another session. */
function paramsOf(outbound: Outbound): JsonObject {
  const given = isObject(outbound.arguments) ? outbound.arguments : {}
  const params =
    outbound.operation === undefined ? { name: outbound.capability.id, arguments: given } : { ...given }
  return {
    ...params,
    _meta: { [metaKeys.traceparent]: `00-${outbound.trace}-${outbound.act.slice(-16)}-01` },
  }
}

/** In this era the level of log messages, and answers to what the server asked before, are part of the request. */
function modernParams(outbound: Outbound, level: string | undefined): JsonObject {
  const { _meta, ...params } = paramsOf(outbound)
  const { wire } = outbound
  const message = wire?.protocol === `mcp/${modernVersion}` && isObject(wire.message) ? wire.message : {}
  const { inputResponses, requestState } = isObject(message['params']) ? message['params'] : {}
  return {
    ...params,
    ...(inputResponses === undefined ? {} : { inputResponses }),
    ...(requestState === undefined ? {} : { requestState }),
    _meta: { ...(_meta as JsonObject), ...(level === undefined ? {} : { [metaKeys.logLevel]: level }) },
  }
}

/** What a server hears of its question: the caller's own answer or error, or why there is none. */
function clientAnswerOf(answer: BackAnswer): ClientAnswer {
  const { value, error } = answer
  if (error === undefined && isObject(value)) return { type: 'result', result: value }
  const theirs = isObject(value) && isObject(value['error']) ? value['error'] : undefined
  if (theirs !== undefined && typeof theirs['message'] === 'string' && Number.isInteger(theirs['code'])) {
    const { code, message, data } = theirs as { code: number; message: string; data?: unknown }
    return { type: 'error', error: { code, message, ...(data === undefined ? {} : { data }) } }
  }
  // Most servers read -1 as «the user said no» (client/sampling of 2025-11-25); a caller that cannot is no such method.
  const code = error?.code === 'caller.cannot-answer' ? -32_601 : -1
  return { type: 'error', error: { code, message: error?.detail ?? 'there is no answer' } }
}

function outcomeOf(end: CallEnd): Parameters<EgressSink['outcome']>[0] {
  switch (end.type) {
    case 'result':
      return { status: 'completed', value: end.result }
    case 'error':
      return {
        status: 'failed',
        value: { error: end.error },
        error: { code: String(end.error.code), detail: 'the server answered the call with an error' },
      }
    default:
      return failedOutcome(end.fault)
  }
}
