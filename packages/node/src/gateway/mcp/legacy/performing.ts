import { Fault } from '@ambit/core/fault'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { isObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods } from '@ambit/core/wire/mcp/methods'
import type { EgressSink, Outbound, Performance } from '../../egress.ts'
import type { Call, CallEnd } from './session.ts'
import type { Lease } from './session-pool.ts'

/**
 * Performs one `tools/call` in a session. A session that the upstream lost is opened anew and the call sent again, once:
 * only then it is certain that the first one was not executed.
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
    call = taken.session.call(
      methods.toolsCall,
      paramsOf(outbound),
      {
        note: (type, value) => sink.event({ type, value }),
        end(end) {
          if (end.type !== 'failed' || !end.sessionLost || !again || over) return finish(end)
          taken.drop()
          taken.release()
          begin(false)
        },
      },
      { progress: outbound.stream },
    )
    // The cancellation came while the request was being written.
    if (cancelled !== undefined) call.cancel(cancelled)
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

/** Nothing of the caller's own `_meta` is passed on: it was not judged, and its ids belong to another session. */
function paramsOf(outbound: Outbound): JsonObject {
  return {
    name: outbound.capability.id,
    arguments: isObject(outbound.arguments) ? outbound.arguments : {},
    _meta: { [metaKeys.traceparent]: `00-${outbound.trace}-${outbound.act.slice(-16)}-01` },
  }
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
      return { status: 'failed', error: { code: end.fault.code, detail: end.fault.detail } }
  }
}
