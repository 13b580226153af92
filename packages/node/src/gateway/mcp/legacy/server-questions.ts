import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'
import { resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcError, JsonRpcId, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import type { TargetCapability } from '../../../registry/target.ts'
import { clientRequestCapability } from '../client-request.ts'

/** What the client answered to a server's request. */
export type ClientAnswer =
  | { readonly type: 'result'; readonly result: JsonObject }
  | { readonly type: 'error'; readonly error: JsonRpcError }

/** Puts a server's request to the caller of a call. Gives what takes it back. */
export type Ask = (
  capability: TargetCapability,
  params: JsonObject,
  answered: (answer: ClientAnswer) => void,
) => () => void

/** Questions of one session open at once; more look like a flood and are declined. */
const questionsMax = 256
/** Questions before the first call, and between calls, that wait for the next one: a server asks for the roots at once. */
const earlyMax = 16

/** The requests that a server sent within one session and that are not answered yet. */
export class ServerQuestions {
  readonly #send: (message: JsonRpcMessage) => void
  /** What takes each question back, by the server's own id of it. */
  readonly #open = new Map<JsonRpcId, () => void>()
  /** What was asked while no call was under way. */
  #early: { readonly id: JsonRpcId; readonly method: string; readonly params: JsonObject }[] = []

  constructor(send: (message: JsonRpcMessage) => void) {
    this.#send = send
  }

  /** `ask` is undefined when no call is under way to which the request could belong; then it may wait for one. */
  take(id: JsonRpcId, method: string, params: JsonObject, ask: Ask | undefined, waits = false): void {
    const capability = clientRequestCapability(method)
    if (method === methods.ping) this.#reply(id, { type: 'result', result: {} })
    else if (capability === undefined) this.#reply(id, unknownRequest)
    else if (this.#open.has(id)) {
      // A stream that was taken up again says it twice; the one who was asked still answers.
      return
    } else if (ask === undefined && waits && this.#early.length < earlyMax)
      this.#early.push({ id, method, params })
    else if (ask === undefined || this.#open.size >= questionsMax) this.#reply(id, notAsked)
    else {
      this.#open.set(id, () => undefined)
      const withdraw = ask(capability, params, (answer) => {
        if (this.#open.delete(id)) this.#reply(id, answer)
      })
      // The answer may have come before the question was wholly put.
      if (this.#open.has(id)) this.#open.set(id, withdraw)
    }
  }

  /** A call began, to whose caller the questions go that came before it. */
  callBegan(ask: Ask): void {
    for (const { id, method, params } of this.#early.splice(0)) this.take(id, method, params, ask)
  }

  /** The server sent `notifications/cancelled`: it wants no answer any more. */
  cancel(id: unknown): void {
    this.#early = this.#early.filter((question) => question.id !== id)
    const withdraw = this.#open.get(id as JsonRpcId)
    this.#open.delete(id as JsonRpcId)
    withdraw?.()
  }

  #reply(id: JsonRpcId, answer: ClientAnswer): void {
    this.#send(
      answer.type === 'result'
        ? resultResponse(id, answer.result)
        : errorResponse(id, answer.error.code, answer.error.message, answer.error.data),
    )
  }
}

const unknownRequest: ClientAnswer = {
  type: 'error',
  error: { code: errorCodes.methodNotFound, message: 'this client takes no such request' },
}
const notAsked: ClientAnswer = {
  type: 'error',
  error: { code: errorCodes.invalidRequest, message: 'there is no call to which this request belongs' },
}

/** For calls whose maker answers nothing. */
export const declineAll: Ask = (_capability, _params, answered) => {
  answered(unknownRequest)
  return () => undefined
}
