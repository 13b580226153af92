import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import type { Pending } from '../../../approval/approval.ts'
import type { Holder } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
import { backIntakes, isInputRequired, readInputRequired, roundMs, sealRound } from '../input-required.ts'
import type { Asking, InputRequired, Round } from '../input-required.ts'
import type { IngressParts } from '../ingress-parts.ts'
import { refusalError } from '../operations/answers.ts'
import {
  askResult,
  askSentence,
  heldResult,
  heldSentence,
  refusalResult,
  signInFirst,
  signInResult,
} from '../refusal.ts'
import { errorIn } from './answer.ts'
import type { ModernAnswer } from './answer.ts'
import { opensAddresses } from './client.ts'
import { modernProtocol } from './egress.ts'
import { keyedQuestions, sealTask } from './tasks.ts'

/** Whom an answer is for, and what it answers. */
export interface Telling {
  readonly parts: IngressParts
  readonly answer: ModernAnswer
  readonly holder: Holder
  readonly method: string
  readonly params: JsonObject
  /** Method and name of the request. */
  readonly requested: string
  /** The act that this one goes on with. */
  readonly round: Pick<Round, 'act' | 'trace'> | undefined
  /** Where one server was called. */
  readonly target: Target | undefined
  readonly trace: string | undefined
  readonly act: string
}

/** Begins the `requestState` of our own questions, so that an upstream's is told apart and passed on. */
export const approvalState = 'ambit-approval:'
/** The whole `requestState` of a request that waits for a sign-in: nothing of it is kept. */
export const signInState = 'ambit-sign-in'
/** Requests whose answer may be a question (basic/patterns/mrtr, "Supported Requests"). */
export const asksInRounds: ReadonlySet<string> = new Set([
  methods.toolsCall,
  methods.promptsGet,
  methods.resourcesRead,
])
/** Results that must say how long they may be kept (server/utilities/caching); servers of the older eras do not. */
const cacheable: ReadonlySet<string> = new Set([
  methods.resourcesList,
  methods.resourceTemplatesList,
  methods.resourcesRead,
  methods.promptsList,
])
const notCached = { ttlMs: 0, cacheScope: 'private' } as const

/** What became of an act, in the words of 2026-07-28. */
export function tellOutcome(telling: Telling, outcome: Outcome): void {
  const { value, error } = outcome
  if (error !== undefined || !isObject(value)) tellFailure(telling, outcome)
  else if (isInputRequired(value)) ask(telling, value)
  else tellResult(telling, value)
}

export function tellRefusal({ answer, method, act }: Telling, decision: Decision): void {
  if (method === methods.toolsCall) {
    answer.result(refusalResult(decision, act))
    return
  }
  const { code, message, data } = refusalError(decision, act)
  answer.error(code, message, data)
}

/** A person must decide first, at that address; or can still veto what is held. */
export function tellPending({ answer, method, params }: Telling, pending: Pending, url: string): void {
  if (pending.dueAt !== undefined) {
    if (method === methods.toolsCall) answer.result(heldResult(pending, url))
    else answer.error(errorCodes.internal, heldSentence(pending, url), { code: 'act.held', url })
  } else if (opensAddresses(params) && asksInRounds.has(method)) {
    const message = `${askSentence} ${url}`
    const question = { method: methods.elicitationCreate, params: { mode: 'url', message, url } }
    answer.result({
      resultType: 'input_required',
      inputRequests: { 'ambit-approval': question },
      requestState: `${approvalState}${pending.id}`,
    })
  } else if (method === methods.toolsCall) answer.result(askResult(url, askSentence))
  else answer.error(errorCodes.internal, `${askSentence} ${url}`, { code: 'act.asked', url })
}

function tellFailure(telling: Telling, outcome: Outcome): void {
  const { answer, params } = telling
  if (outcome.error?.url !== undefined) {
    tellSignIn(telling, outcome, outcome.error.url)
    return
  }
  const inputRequests = urlsToOpen(outcome)
  if (inputRequests === undefined) answer.failed(outcome)
  else if (opensAddresses(params)) ask(telling, { resultType: 'input_required', inputRequests })
  else {
    answer.error(errorCodes.missingClientCapability, 'the server needs a person to open an address first', {
      requiredCapabilities: { elicitation: { url: {} } },
    })
  }
}

/** The person signs in to the server first; then the same request, which begins anew, may go through. */
function tellSignIn({ answer, method, params }: Telling, outcome: Outcome, url: string): void {
  if (opensAddresses(params) && asksInRounds.has(method)) {
    const question = { method: methods.elicitationCreate, params: { mode: 'url', message: signInFirst, url } }
    answer.result({
      resultType: 'input_required',
      inputRequests: { 'ambit-sign-in': question },
      requestState: signInState,
    })
  } else if (method === methods.toolsCall) answer.result(signInResult(url))
  else answer.failed(outcome)
}

/** A server of 2025-11-25 that needs a person to open addresses first says so in an error; here they are questions. */
function urlsToOpen(outcome: Outcome): JsonObject | undefined {
  const error = errorIn(outcome)
  if (error?.code !== errorCodes.urlElicitationRequired || !isObject(error.data)) return undefined
  const { elicitations } = error.data
  if (!Array.isArray(elicitations) || elicitations.length === 0) return undefined
  return Object.fromEntries(
    elicitations.map((params: unknown, at) => [
      `url${at + 1}`,
      { method: methods.elicitationCreate, params },
    ]),
  )
}

function tellResult(telling: Telling, value: JsonObject): void {
  const { parts, answer, holder, method, params, target, round, act } = telling
  if (value['resultType'] === 'task' && typeof value['taskId'] === 'string' && target !== undefined) {
    const task = { target: target.id, task: value['taskId'], act: round?.act ?? act }
    answer.result({ ...value, taskId: sealTask(parts.keyring, holder.key, task) })
  } else if (method === methods.tasksGet) tellTask(telling, { ...value, taskId: params['taskId'] })
  else answer.result(cacheable.has(method) ? { ...notCached, ...value } : value)
}

/** What became of a task. It may ask, as an answer may. */
function tellTask(telling: Telling, value: JsonObject): void {
  const { inputRequests } = value
  if (inputRequests === undefined) telling.answer.result(value)
  else {
    judge(telling, { inputRequests }, ({ requests }) =>
      telling.answer.result({ ...value, inputRequests: keyedQuestions(requests) }),
    )
  }
}

/** The server's questions stand in its answer; its state goes with them, sealed with what this node must remember. */
function ask(telling: Telling, value: JsonObject): void {
  const { parts, answer, holder, requested } = telling
  judge(telling, value, (required, { target, parent, trace }) => {
    const round = {
      target: target.id,
      request: requested,
      expiresAt: parts.clock.now() + roundMs,
      act: parent,
      trace,
      required,
    }
    answer.result({ ...value, requestState: sealRound(parts.keyring, holder.key, round) })
  })
}

/** Each question of an answer is judged before the client sees any of them. */
function judge(
  telling: Telling,
  value: JsonObject,
  allowed: (required: InputRequired, asking: Asking) => void,
): void {
  const { parts, answer, holder, target, round, trace, act } = telling
  const required = readInputRequired(value)
  if (typeof required === 'string' || target === undefined) {
    const what = typeof required === 'string' ? required : 'it asks where no single server was called'
    answer.error(errorCodes.internal, `upstream.invalid: the question of the server is none: ${what}`)
    return
  }
  const parent = round?.act ?? act
  const asking = { holder, target, parent, trace: trace ?? parent, protocolOut: modernProtocol }
  parts.gateway
    .judgeBack(backIntakes(asking, required.requests))
    .then((refusal) => (refusal === undefined ? allowed(required, asking) : tellRefusal(telling, refusal)))
    .catch((error: unknown) => answer.fault(Fault.from(error)))
}
