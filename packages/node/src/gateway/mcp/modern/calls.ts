import { Fault } from '@ambit/core/fault'
import { errorCodes } from '@ambit/core/wire/mcp/errors'
import type { JsonObject, JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import { operations } from '@ambit/core/wire/mcp/operation'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import type { ReceiptWish } from '@ambit/core/wire/receipt-wish'
import { tasksExtension } from '../capabilities.ts'
import type { Target } from '../../../registry/target.ts'
import type { Intake } from '../../gateway.ts'
import { readToolCall, upstreamParams } from '../catalogue/tool-call.ts'
import type { ToolCall } from '../catalogue/tool-call.ts'
import { delegationOf, withoutDelegation } from '../delegation-meta.ts'
import { heldState } from '../held/held-acts.ts'
import { answeredIntakes, inputState, openRound } from '../input-required.ts'
import type { Asking, InputRequest, Round } from '../input-required.ts'
import type { View } from '../names/view.ts'
import { serverSink } from '../operations/server-sink.ts'
import { showingReceipt, wishOf, withoutWish } from '../receipt-meta.ts'
import { ModernAnswer } from './answer.ts'
import { callerCapabilities, progressTokenOf, followsTasks, traceOf } from './client.ts'
import { modernProtocol } from './egress.ts'
import { ModernExchange } from './exchange.ts'
import type { ExchangeParts } from './exchange.ts'
import type { ModernCallContext } from './ingress.ts'
import { approvalState, asksInRounds, signInState } from './outcome.ts'
import { parameterHeaders, parameterMismatch } from './parameter-headers.ts'
import { planState, takePlan } from './plan-call.ts'
import { nameOf } from './request-check.ts'
import { keyedAnswers, openTask } from './tasks.ts'

/** One request on its way to a server. */
interface Call {
  readonly context: ModernCallContext
  readonly answer: ModernAnswer
  /** Method and name of the request, for which a state given to the client counts. */
  readonly requested: string
  readonly params: JsonObject
  /** The message as it goes on; the client's own unless a state in it had to be opened. */
  readonly message: JsonRpcRequest
  readonly receipt: ReceiptWish | undefined
  readonly delegate: DelegationWish | undefined
  /** The approval that the client comes back for. */
  readonly claim?: string
}

type AskedPlan = Extract<ToolCall, { form: 'plan' }>['call']

/** The requests of clients of 2026-07-28 that go on to servers, and those that come back with an answer. */
export class ModernCalls {
  readonly #parts: ExchangeParts

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  take(context: ModernCallContext): void {
    const { message: sent, response, headers } = context
    const answer = new ModernAnswer(response, sent.id)
    const read = wishOf(sent.params, headers.receipt)
    if (!read.ok) {
      answer.error(errorCodes.invalidParams, read.reason)
      return
    }
    const handed = delegationOf(sent.params)
    if (!handed.ok) {
      answer.error(errorCodes.invalidParams, handed.reason)
      return
    }
    const given = sent.params ?? {}
    const params = withoutDelegation(read.wish === undefined ? given : withoutWish(given))
    const message = params === given ? sent : { ...sent, params }
    const requested = `${message.method}\n${String(nameOf(message))}`
    const { wish: delegate } = handed
    const call: Call = { context, answer, requested, params, message, receipt: read.wish, delegate }
    const state = asksInRounds.has(message.method) ? params['requestState'] : undefined
    if (typeof state !== 'string') {
      if (operations[message.method]?.capability === 'tasks') this.#task(call)
      else this.#begin(call, this.#exchange(call))
    } else if (state.startsWith(heldState)) this.#goOn(call, state)
    else if (state.startsWith(inputState)) this.#nextRound(call, state)
    else if (state.startsWith(approvalState)) this.#collect(call, state.slice(approvalState.length))
    else if (state.startsWith(planState)) this.#planAgain(call, state.slice(planState.length))
    else if (state === signInState) this.#afresh(call)
    else this.#begin(call, this.#exchange(call))
  }

  #plan({ context, answer, params }: Call, call: AskedPlan): void {
    const { planning } = this.#parts
    const trace = traceOf(params)
    if (planning !== undefined)
      takePlan(planning, answer, params, { holder: context.holder, call, protocolIn: modernProtocol, trace })
  }

  /** Back from the address of a list. */
  #planAgain(call: Call, plan: string): void {
    if (call.params['name'] === call.context.view.catalogue.plan?.name)
      this.#plan(call, { form: 'status', plan })
    else call.answer.error(errorCodes.invalidParams, notGiven)
  }

  /** As if for the first time: what the client says of an address it opened counts for nothing. */
  #afresh(call: Call): void {
    const { requestState: _own, inputResponses: _none, ...params } = call.params
    const fresh = withParams(call, params)
    this.#begin(fresh, this.#exchange(fresh))
  }

  #exchange(call: Call, round?: Pick<Round, 'act' | 'trace'>): ModernExchange {
    const { context, answer, requested, params } = call
    const { request, holder, message } = context
    return new ModernExchange(this.#parts, {
      request,
      answer,
      holder,
      method: message.method,
      params,
      requested,
      round,
    })
  }

  #begin(
    call: Call,
    exchange: ModernExchange,
    more: Pick<Intake, 'parent'> & { target?: Target } = noMore,
  ): void {
    if (call.message.method === methods.toolsCall) this.#callTool(call, exchange, more.parent)
    else this.#operate(call, exchange, more)
  }

  #callTool(call: Call, exchange: ModernExchange, parent: string | undefined): void {
    const { context, answer, message } = call
    const { view, holder, headers } = context
    const read = readToolCall(view, call.params)
    if (read.form === 'answer') answer.result(read.result)
    else if (read.form === 'invalid') answer.error(errorCodes.invalidParams, read.what)
    else if (read.form === 'plan') this.#plan(call, read.call)
    else {
      const { tool, args } = read
      // A tool called by way of another one is not known to the client, nor which of its arguments headers repeat.
      const inner = call.params['arguments'] !== undefined && args !== call.params['arguments']
      const parameters = inner ? parameterHeaders(tool.capability, args) : headers.parameters
      const mismatch = inner ? undefined : parameterMismatch(tool.capability, args, parameters)
      if (mismatch !== undefined) {
        answer.error(errorCodes.headerMismatch, mismatch)
        return
      }
      exchange.chosen(tool.target)
      const handle = this.#parts.gateway.submit(
        {
          holder,
          target: tool.target,
          capability: tool.capability,
          arguments: args,
          argumentsText: JSON.stringify(args),
          protocolIn: modernProtocol,
          wire: {
            protocol: modernProtocol,
            message,
            bytes: forwardBytes(call, read),
            forward: true,
            ...(parameters === undefined ? {} : { headers: parameters }),
          },
          stream: progressTokenOf(call.params) !== undefined,
          callerCapabilities: callerCapabilities(call.params),
          trace: exchange.trace,
          parent,
          place: undefined,
          receipt: call.receipt,
          delegate: call.delegate,
          claim: call.claim,
        },
        showingReceipt(call.receipt, serverSink(view, tool.target.slug, exchange, true), true),
      )
      exchange.begin(handle)
    }
  }

  #operate(
    call: Call,
    exchange: ModernExchange,
    { parent, target }: Pick<Intake, 'parent'> & { target?: Target },
  ): void {
    const { context, message, params } = call
    const { holder, view } = context
    const handle = this.#parts.operations.submit(
      {
        holder,
        view,
        method: message.method,
        params,
        protocolIn: modernProtocol,
        wire: { protocol: modernProtocol, message, bytes: messageBytes(call), forward: true },
        stream: progressTokenOf(params) !== undefined,
        trace: exchange.trace,
        callerCapabilities: callerCapabilities(params),
        chosen: (server) => exchange.chosen(server),
        ...(parent === undefined ? {} : { parent }),
        ...(target === undefined ? {} : { target }),
        receipt: call.receipt,
        delegate: call.delegate,
        claim: call.claim,
      },
      exchange,
    )
    exchange.begin(handle)
  }

  /** The answers to what a server of an older era asked: its act is still open here, or was. */
  #goOn({ context, answer, requested, params }: Call, state: string): void {
    const taken = this.#parts.held.take(context.holder.key, requested, state)
    if (taken.held !== undefined) taken.held.goOn(context.request, answer, params)
    else if (taken.why === 'foreign') answer.error(errorCodes.invalidParams, notGiven)
    else if (context.message.method === methods.toolsCall)
      answer.result({ content: [{ type: 'text', text: heldNoMore }], isError: true })
    else answer.error(errorCodes.internal, heldNoMore)
  }

  /** The answers to what stood in a server's answer: recorded, then the request goes on with the server's own state. */
  #nextRound(call: Call, state: string): void {
    const { context, answer, params, requested } = call
    const { keyring, clock } = this.#parts
    const { holder } = context
    const round = openRound(keyring, holder.key, state)
    const target = round === undefined ? undefined : serverIn(context.view, round.target)
    if (round?.request !== requested || round.expiresAt <= clock.now() || target === undefined) {
      answer.error(errorCodes.invalidParams, notGiven)
      return
    }
    const { requestState: _sealed, ...rest } = params
    const theirs = round.required.state
    const own = theirs === undefined ? rest : { ...rest, requestState: theirs }
    const next: Call = { ...call, params: own, message: { ...call.message, params: own } }
    const exchange = this.#exchange(next, round)
    const asking = { holder, target, parent: round.act, trace: round.trace, protocolOut: modernProtocol }
    this.#answered(answer, asking, round.required.requests, params['inputResponses'], () =>
      this.#begin(next, exchange, { parent: round.act }),
    )
  }

  #task(call: Call): void {
    const { context, answer, params } = call
    const { holder, view, message } = context
    if (!followsTasks(params)) {
      const requiredCapabilities = { extensions: { [tasksExtension]: {} } }
      answer.error(errorCodes.missingClientCapability, 'declare the tasks extension', {
        requiredCapabilities,
      })
      return
    }
    const task = openTask(this.#parts.keyring, holder.key, params['taskId'])
    const target = task === undefined ? undefined : serverIn(view, task.target)
    if (task === undefined || target === undefined) {
      answer.error(errorCodes.invalidParams, 'no such task')
      return
    }
    const exchange = this.#exchange(call, { act: task.act, trace: task.act })
    if (message.method !== methods.tasksUpdate) {
      this.#begin(withParams(call, { ...params, taskId: task.task }), exchange, { parent: task.act, target })
      return
    }
    const { requests, responses } = keyedAnswers(params['inputResponses'])
    const asking = { holder, target, parent: task.act, trace: task.act, protocolOut: modernProtocol }
    const own = { ...params, taskId: task.task, inputResponses: responses }
    this.#answered(answer, asking, requests, responses, () =>
      this.#begin(withParams(call, own), exchange, { parent: task.act, target }),
    )
  }

  /** What a caller answers is in the log before any of it is sent. */
  #answered(
    answer: ModernAnswer,
    asking: Asking,
    requests: readonly InputRequest[],
    responses: unknown,
    then: () => void,
  ): void {
    this.#parts.gateway
      .answeredBack(answeredIntakes(asking, requests, responses))
      .then(then)
      .catch((error: unknown) => answer.fault(Fault.from(error)))
  }

  /** A client that comes back for an act it was told a person must decide. What it says of the answer counts for nothing. */
  #collect(call: Call, claim: string): void {
    const { requestState: _own, inputResponses: _none, ...params } = call.params
    const again: Call = { ...withParams(call, params), claim }
    this.#begin(again, this.#exchange(again))
  }
}

const noMore = { parent: undefined } as const
const notGiven = 'the `requestState` was not given to this client for this request, or has expired'
const heldNoMore =
  'The server asked something within this call, and the call is not open here any more: it ended, its time was over, ' +
  'or the node was started anew or another one of its replicas has it. Make the call again without `requestState`.'

function withParams(call: Call, params: JsonObject): Call {
  return { ...call, params, message: { ...call.message, params } }
}

function serverIn(view: View, id: string): Target | undefined {
  return view.servers.find(({ target }) => target.id === id)?.target
}

/** The client's own bytes, unless they say one thing to one reader and another to the next (duplicate members). */
function messageBytes({ context, message }: Call): Buffer {
  const written = JSON.stringify(message)
  return written === context.text ? context.body : Buffer.from(written)
}

function forwardBytes(call: Call, read: Extract<ToolCall, { form: 'call' }>): Buffer {
  if (!read.rewritten) return messageBytes(call)
  return Buffer.from(JSON.stringify({ ...call.message, params: upstreamParams(call.params, read) }))
}
