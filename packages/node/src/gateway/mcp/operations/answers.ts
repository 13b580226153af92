import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import type { ActHandle, IngressSink } from '../../gateway.ts'

/** An error of JSON-RPC that the node answers by itself. */
export interface RpcError {
  readonly code: number
  readonly message: string
  readonly data?: JsonObject
}

const noAct: ActHandle = { id: '', cancel: () => undefined, resume: () => undefined }

/** Ends a request that is no act, with an error. */
export function answerError(sink: IngressSink, error: RpcError): ActHandle {
  sink.outcome(errorOutcome(error), '')
  return noAct
}

/** Ends a request that is no act, with a result. */
export function answerResult(sink: IngressSink, result: JsonObject): ActHandle {
  sink.outcome(resultOutcome(result), '')
  return noAct
}

export function resultOutcome(value: JsonObject): Outcome {
  return { type: 'outcome', status: 'completed', value, startedAt: 0, durationMs: 0 }
}

export function errorOutcome(error: RpcError): Outcome {
  return {
    type: 'outcome',
    status: 'failed',
    value: { error },
    error: { code: String(error.code), detail: error.message },
    startedAt: 0,
    durationMs: 0,
  }
}

/** A refusal where the protocol has no result to carry it: only results of `tools/call` can say that they failed. */
export function refusalError(decision: Decision, act: string): RpcError {
  const reasons = decision.reasons.map(({ what, code, rule, howToAsk }) =>
    [`${what} [${code}, rule ${rule}]`, ...(howToAsk === undefined ? [] : [howToAsk])].join(' '),
  )
  return {
    code: errorCodes.internal,
    message: `Refused by Ambit: ${reasons.join(' ')}`,
    data: { code: 'act.refused', act, reasons: decision.reasons },
  }
}
