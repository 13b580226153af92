import { Fault, problemOf } from '@ambit/core/fault'
import type { Decision } from '@ambit/core/decision'
import type { FailedAuthentication } from '../../authority/authority.ts'
import { retryAfterHeaders } from '../retry-after.ts'

/** What a data plane is told. */
export interface PlaneAnswer {
  /** 503: nothing was decided; the data plane does what it is set to do without an answer. */
  readonly status: 200 | 401 | 403 | 503
  readonly headers: Readonly<Record<string, string>>
  /** RFC 9457; empty where it is allowed. */
  readonly body: string
  /** Of an allowed request: headers that the server is not to see. */
  readonly remove: readonly string[]
}

/** What the data plane's configuration says to this node is not for the server, and nor is the token. */
const own = ['ambit-target', 'ambit-capability', 'ambit-authorization']

/** `act` is left out for what is not decided: a greeting of the protocol. */
export function allowed(act: string | undefined, tokenHeader: string): PlaneAnswer {
  const remove = own.includes(tokenHeader) ? own : [...own, tokenHeader]
  return act === undefined
    ? { status: 200, headers: {}, body: '', remove: [...remove, 'ambit-act'] }
    : { status: 200, headers: { 'ambit-act': act }, body: '', remove }
}

export function unknownCaller({ code, detail }: FailedAuthentication): PlaneAnswer {
  const challenge = `Bearer realm="ambit"${code === 'auth.missing' ? '' : ', error="invalid_token"'}`
  return denied(401, new Fault(code, { detail }), code, { 'www-authenticate': challenge })
}

export function refused({ reasons }: Decision, act: string): PlaneAnswer {
  const detail = reasons.map(({ what, howToAsk }) => (howToAsk === undefined ? what : `${what} ${howToAsk}`))
  const fault = new Fault('act.refused', { detail: detail.join(' '), extra: { act, reasons } })
  return denied(403, fault, reasons[0]?.code ?? fault.code, { 'ambit-act': act })
}

export function asking({ reasons }: Decision, url: string): PlaneAnswer {
  const fault = new Fault('act.refused', {
    detail: 'a person must decide about this first',
    remedy: `Have it decided at ${url} and then send the same request again.`,
    extra: { approval: url, reasons },
  })
  return denied(403, fault, reasons[0]?.code ?? fault.code, { 'ambit-approval': url })
}

/** A fault of the node is no answer; one of the question is a refusal. */
export function faulty(fault: Fault): PlaneAnswer {
  const status = fault.status >= 500 || fault.retryable ? 503 : 403
  return denied(status, fault, fault.code, retryAfterHeaders(fault) ?? {})
}

function denied(
  status: 401 | 403 | 503,
  fault: Fault,
  reason: string,
  headers: Readonly<Record<string, string>>,
): PlaneAnswer {
  const problem = { ...problemOf(fault), status }
  return {
    status,
    headers: { 'ambit-reason': reason, 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify(problem),
    remove: [],
  }
}
