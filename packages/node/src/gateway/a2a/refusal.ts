import type { Decision, Reason } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import { a2aError, errorRows, statusNameOf } from '@ambit/core/wire/a2a/error'
import type { A2aError, ErrorInfo } from '@ambit/core/wire/a2a/error'
import type { Authentication, Holder } from '../../authority/authority.ts'
import { retryAfterMsOf } from '../retry-after.ts'

/** Errors that A2A has no word for are Ambit's own: outside the range that A2A uses (-32001 to -32099). */
const ownCode = -32000
const ownDomain = 'ambit'

/** A refusal is an answer with its reason: which rule refused it and how to ask. */
export function refusalError(decision: Decision, holder: Holder, act: string): A2aError {
  const reasons = decision.reasons.length === 0 ? [unexplained] : decision.reasons
  if (reasons.some((reason) => isBlank(reason))) return noEntryError(holder)
  return reasonsError(reasons, act)
}

/**
 * The same for a name that nothing has and for one that the mandate does not mention, so that asking does not tell
 * which of the two it is.
 */
export function noEntryError(holder: Holder): A2aError {
  const rule = holder.chain.links[0] ?? 'mandate'
  return reasonsError([{ ...noEntry, rule }], undefined)
}

const noEntry = {
  code: 'mandate.no-entry',
  what: 'The mandate does not allow this.',
  howToAsk: 'Ask the person for a mandate that names this agent and what is to be asked of it.',
}

/** Refused without an argument being looked at: no entry names the target or the capability at all. */
function isBlank(reason: Reason): boolean {
  const { code, evidence } = reason
  return (
    code === 'mandate.no-entry' &&
    (evidence === undefined || evidence === 'target' || evidence === 'capability')
  )
}

const unexplained: Reason = { code: 'act.refused', rule: 'unknown', what: 'This act is not allowed.' }

function reasonsError(reasons: readonly Reason[], act: string | undefined): A2aError {
  const text = reasons.map(
    (reason) =>
      `${reason.what} [${reason.code}, rule ${reason.rule}]${reason.howToAsk === undefined ? '' : ` ${reason.howToAsk}`}`,
  )
  return {
    code: ownCode,
    http: 403,
    status: 'PERMISSION_DENIED',
    message: `Refused by Ambit: ${text.join(' ')}`,
    details: reasons.map((reason) => reasonInfo(reason, act)),
  }
}

function reasonInfo(reason: Reason, act: string | undefined): ErrorInfo {
  const metadata = {
    code: reason.code,
    rule: reason.rule,
    ...(reason.howToAsk === undefined ? {} : { howToAsk: reason.howToAsk }),
    ...(reason.evidence === undefined ? {} : { evidence: reason.evidence }),
    ...(act === undefined ? {} : { act }),
  }
  return { reason: 'AMBIT_REFUSED', domain: ownDomain, metadata }
}

/** Of agents that prove who they are: what is said of tokens would mislead them. */
const ownWords: ReadonlySet<string> = new Set(['auth.sender', 'auth.mandate', 'auth.signature'])

export function authenticationError(failed: Exclude<Authentication, { ok: true }>): A2aError {
  return {
    code: ownCode,
    http: 401,
    status: 'UNAUTHENTICATED',
    message: ownWords.has(failed.code)
      ? failed.detail
      : `${failed.detail} Send \`Authorization: Bearer <token>\` with a token of this node.`,
    details: [{ reason: 'AMBIT_UNAUTHENTICATED', domain: ownDomain, metadata: { code: failed.code } }],
  }
}

/** What a fault looks like in A2A: what the agent did wrong has a word of its own there. */
export function faultError(
  fault: Pick<Fault, 'code' | 'status' | 'title' | 'detail' | 'remedy' | 'retryable' | 'extra'>,
): A2aError {
  const message = `${fault.title}: ${fault.detail}. ${fault.remedy}`
  const retryAfterMs = retryAfterMsOf(fault)
  const metadata = {
    code: fault.code,
    retryable: String(fault.retryable),
    remedy: fault.remedy,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: String(retryAfterMs) }),
  }
  if (fault.code === 'upstream.invalid' || fault.code === 'upstream.too-large') {
    return {
      ...a2aError('INVALID_AGENT_RESPONSE', message, metadata),
      http: fault.status,
      status: 'INTERNAL',
    }
  }
  return {
    code: errorRows.INTERNAL.code,
    http: fault.status,
    status: statusNameOf(fault.status),
    message,
    details: [{ reason: 'AMBIT_FAULT', domain: ownDomain, metadata }],
  }
}

/** The act was stopped: by a recall, a revocation, the caller. */
export function stoppedError(code: string, detail: string): A2aError {
  return {
    code: ownCode,
    http: 409,
    status: 'ABORTED',
    message: `Stopped by Ambit: ${detail}.`,
    details: [{ reason: 'AMBIT_STOPPED', domain: ownDomain, metadata: { code } }],
  }
}

/** A person must decide, and the operation has no task to say so with. */
export function askedError(url: string): A2aError {
  return {
    code: ownCode,
    http: 403,
    status: 'PERMISSION_DENIED',
    message: `A person must decide about this before it happens. Decide at ${url} and then ask again.`,
    details: [{ reason: 'AMBIT_ASKED', domain: ownDomain, metadata: { approvalUrl: url } }],
  }
}
