import { Fault } from '@ambit/core/fault'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import { digestBytes } from '../../kernel/digest.ts'
import type { Keyring } from '../../kernel/keyring.ts'
import type { Holder } from '../../authority/authority.ts'
import type { Target, TargetCapability } from '../../registry/target.ts'
import type { BackAnswer, BackIntake, BackQuestion } from '../back.ts'
import { clientRequestCapability } from './client-request.ts'

/**
 * Multi-round-trip requests (2026-07-28, basic/patterns/mrtr): a server that needs something of its client answers with
 * `input_required`; the client makes the same request again, with `inputResponses` and the server's `requestState`.
 * Here for both eras of clients: what the server asks, the questions as acts, and what the node remembers meanwhile,
 * sealed into the state that travels with the client.
 */

/** Begins the `requestState` of an upstream's question, so that it is told apart from our own. */
export const inputState = 'ambit-input:'
/** One answer asks no more than this at once; as many as one act may have open (ask-back.ts). */
const requestsMax = 64
/** Questions are kept whole in the state up to this many characters, else as their digests: the client sends it all back. */
const questionsCharactersMax = 64 * 1024
const purpose = 'mcp-input'

export interface InputRequest {
  /** The server's own name for it. */
  readonly key: string
  readonly method: string
  readonly params: JsonObject
}

export interface InputRequired {
  /** Empty when the server only wants the request again. */
  readonly requests: readonly InputRequest[]
  /** The server's own state, opaque, to be given back byte for byte. */
  readonly state: string | undefined
}

/** Whether a result of 2026-07-28 is a question and not an answer. */
export function isInputRequired(result: unknown): result is JsonObject {
  return isObject(result) && result['resultType'] === 'input_required'
}

/** What a server asks; a string says in which way its question is none. */
export function readInputRequired(result: JsonObject): InputRequired | string {
  const { inputRequests = {}, requestState } = result
  if (!isObject(inputRequests)) return '`inputRequests` is no object'
  if (requestState !== undefined && typeof requestState !== 'string') return '`requestState` is no string'
  const entries = Object.entries(inputRequests)
  if (entries.length === 0 && requestState === undefined) return 'it asks for nothing and gives no state'
  if (entries.length > requestsMax) return `it asks more than ${requestsMax} questions at once`
  const requests: InputRequest[] = []
  for (const [key, request] of entries) {
    const { method, params = {} } = isObject(request) ? request : {}
    if (typeof method !== 'string' || clientRequestCapability(method) === undefined)
      return 'it asks what no client answers'
    if (!isObject(params)) return 'the `params` of a question are no object'
    requests.push({ key, method, params })
  }
  return { requests, state: requestState }
}

/** Between whom the questions of one answer are put. */
export interface Asking {
  readonly holder: Holder
  readonly target: Target
  /** The act whose answer it is. */
  readonly parent: string
  readonly trace: string
  /** The client's protocol, `mcp/2025-11-25`. */
  readonly protocolOut: string
}

/** The questions as acts of the server, for `judgeBack` before they are put and `answeredBack` after. */
export function backIntakes(asking: Asking, requests: readonly InputRequest[]): BackIntake[] {
  return requests.map(({ method, params }) => ({
    ...asking,
    question: { capability: capabilityOf(method), arguments: params, protocolIn: `mcp/${modernVersion}` },
  }))
}

function capabilityOf(method: string): TargetCapability {
  const capability = clientRequestCapability(method)
  if (capability === undefined) throw new TypeError(`\`${method}\` was not read by readInputRequired`)
  return capability
}

/** The questions with what the client answered; `responses` are bare results by the server's keys. */
export function answeredIntakes(
  asking: Asking,
  requests: readonly InputRequest[],
  responses: unknown,
): { readonly intake: BackIntake; readonly answer: BackAnswer }[] {
  const given = isObject(responses) ? responses : {}
  return backIntakes(asking, requests).map((intake, index) => ({
    intake,
    answer: answerOf(Object.hasOwn(given, requests[index]!.key) ? given[requests[index]!.key] : undefined),
  }))
}

function answerOf(response: unknown): BackAnswer {
  return response === undefined ? unanswered : { status: 'completed', value: response }
}

const unanswered: BackAnswer = {
  status: 'failed',
  error: { code: 'caller.cannot-answer', detail: 'the caller made the request again without an answer' },
}

/** What the node remembers of a question until the client comes back. */
export interface Round {
  /** AIC of the server that asked. */
  readonly target: string
  /** Method and name of the request: the state counts for no other one. */
  readonly request: string
  /** In ms; a person may take a day to answer, but a state that lies about for longer is a risk. */
  readonly expiresAt: number
  /** The act whose answer it was, parent of the questions and of the request made again. */
  readonly act: string
  readonly trace: string
  readonly required: InputRequired
}

/** Makes the `requestState` a client gets: the round sealed for its holder, so that any replica can take it up. */
export function sealRound(keyring: Keyring, holder: string, round: Round): string {
  const { requests, state } = round.required
  const whole = JSON.stringify(requests)
  const kept = whole.length <= questionsCharactersMax ? requests : requests.map(digested)
  const text = JSON.stringify({ ...round, required: { requests: kept, state } })
  return `${inputState}${keyring.seal(purpose, holder, text).toString('base64url')}`
}

/** How long a client may take to come back. */
export const roundMs = 24 * 3_600_000

/** Undefined when the state was not made here for this holder; that it expired is for the caller to see. */
export function openRound(keyring: Keyring, holder: string, state: string): Round | undefined {
  if (!state.startsWith(inputState)) return undefined
  try {
    const sealed = Buffer.from(state.slice(inputState.length), 'base64url')
    // Sealed by a node with this key: its form is what `sealRound` wrote.
    return JSON.parse(keyring.open(purpose, holder, sealed).toString()) as Round
  } catch (error) {
    if (Fault.is(error)) return undefined
    throw error
  }
}

function digested({ key, method, params }: InputRequest): InputRequest {
  return { key, method, params: { digest: digestBytes(JSON.stringify(params)) } }
}

/** Whether a client with these capabilities can be asked to open an address for its person. */
export function opensAddresses({ elicitation }: JsonObject): boolean {
  return isObject(elicitation) && isObject(elicitation['url'])
}

/** Whether a client with these capabilities takes such a question (2026-07-28 and 2025-11-25, client). */
export function canAnswer(
  capabilities: JsonObject,
  { capability, arguments: params }: BackQuestion,
): boolean {
  const asked = isObject(params) ? params : {}
  const declared = capabilities[capability.id.slice(0, capability.id.indexOf('/'))]
  if (!isObject(declared)) return false
  switch (capability.id) {
    case methods.elicitationCreate:
      // A client that names no mode takes forms only.
      return asked['mode'] === 'url'
        ? isObject(declared['url'])
        : isObject(declared['form']) || declared['url'] === undefined
    case methods.samplingCreate:
      return asked['tools'] === undefined || isObject(declared['tools'])
    default:
      return true
  }
}
