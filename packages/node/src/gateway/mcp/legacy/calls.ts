import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isId } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcRequest } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods } from '@ambit/core/wire/mcp/methods'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import type { ReceiptWish } from '@ambit/core/wire/receipt-wish'
import type { ActHandle, Intake } from '../../gateway.ts'
import type { ToolCall } from '../catalogue/tool-call.ts'
import { delegationOf, withoutDelegation } from '../delegation-meta.ts'
import { canAnswer, opensAddresses } from '../input-required.ts'
import type { IngressParts } from '../ingress-parts.ts'
import { serverSink } from '../operations/server-sink.ts'
import { showingReceipt, wishHeader, wishOf } from '../receipt-meta.ts'
import { replyError } from '../reply.ts'
import { AnswerStreams } from './answer-streams.ts'
import { progressTokenOf } from './answer.ts'
import { ClientQuestions } from './client-questions.ts'
import type { ClientStates } from './client-states.ts'
import { LegacyExchange } from './exchange.ts'
import type { Deciding } from './exchange.ts'
import { answerEnded } from './following.ts'
import type { Waits } from './following.ts'
import { isWanted } from './log-level.ts'
import { startRound } from './rounds.ts'
import type { Submission } from './rounds.ts'
import { accepts, ownerOf, prefersStream, traceOf } from './visit.ts'
import type { Visit } from './visit.ts'

/** What a caller wants beside its call. */
interface Wishes {
  readonly receipt: ReceiptWish | undefined
  readonly delegate: DelegationWish | undefined
}

interface Decided {
  readonly wish: ReceiptWish | undefined
  readonly isTool: boolean
  readonly exchange: () => LegacyExchange
}

type AskedTool = Extract<ToolCall, { form: 'call' }>

/** The requests of clients of the older eras that go on to servers, their answers and their cancellation. */
export class Calls {
  readonly #parts: IngressParts
  readonly #states: ClientStates
  readonly streams: AnswerStreams
  readonly questions = new ClientQuestions()
  /** By session and request id: acts in flight, and calls whose client is being asked between two of them. */
  readonly #underWay = new Map<string, LegacyExchange>()
  /** By session and approval: clients that will hear when a person has decided; as many as may wait. */
  readonly #told = new Set<string>()

  constructor(parts: IngressParts, states: ClientStates) {
    this.#parts = parts
    this.#states = states
    this.streams = new AnswerStreams(parts.clock)
  }

  tool(visit: Visit, body: Buffer, message: JsonRpcRequest, call: AskedTool): void {
    this.#start(visit, message, (wishes) => this.#toolCall(visit, body, message, call, wishes))
  }

  /** A request of the operations table. */
  operation(visit: Visit, body: Buffer, message: JsonRpcRequest): void {
    this.#start(visit, message, (wishes) => this.#operation(visit, body, message, wishes))
  }

  /** Only within the session that made the call: an id means nothing elsewhere. */
  cancel(visit: Visit, params: JsonObject): void {
    const id = params['requestId']
    if (visit.session !== undefined && isId(id)) this.#underWay.get(keyOf(visit, id))?.cancel()
  }

  #start(visit: Visit, message: JsonRpcRequest, submissionOf: (wishes: Wishes) => Submission): void {
    const read = wishOf(message.params, wishHeader(visit.request.headers))
    if (!read.ok) {
      replyError(visit.response, 400, message.id, errorCodes.invalidParams, read.reason)
      return
    }
    const handed = delegationOf(message.params)
    if (!handed.ok) {
      replyError(visit.response, 400, message.id, errorCodes.invalidParams, handed.reason)
      return
    }
    const key = visit.session === undefined ? undefined : keyOf(visit, message.id)
    if (key !== undefined && this.#underWay.has(key)) {
      const text = 'a call with that id is under way in the session'
      replyError(visit.response, 400, message.id, errorCodes.invalidRequest, text)
      return
    }
    const submission = submissionOf({ receipt: read.wish, delegate: handed.wish })
    this.#begin(visit, message, submission, { key, wish: read.wish })
  }

  #begin(
    visit: Visit,
    message: JsonRpcRequest,
    submission: Submission,
    { key, wish }: { readonly key: string | undefined; readonly wish: ReceiptWish | undefined },
  ): void {
    const { request, response, session } = visit
    const { gateway, clock, ids } = this.#parts
    const takesStream = accepts(request, 'text/event-stream')
    const isTool = message.method === methods.toolsCall
    const exchange: LegacyExchange = new LegacyExchange({
      response,
      id: message.id,
      clock,
      streams: this.streams,
      questions: this.questions,
      owner: ownerOf(visit),
      // Events without data are said to be understood from this version on.
      resumable: session?.version === '2025-11-25' ? ids.next() : undefined,
      takesStream,
      takesJson: accepts(request, 'application/json'),
      prefersStream: prefersStream(request),
      progressToken: progressTokenOf(message.params ?? {}),
      canAnswer: (question) => canAnswer(session?.capabilities ?? {}, question),
      isTool,
      opensAddresses: opensAddresses(session?.capabilities ?? {}),
      wantsLog: (level) => isWanted(level, this.#states.find(visit)?.logLevel),
      nextRound: (outcome, act) => startRound(this.#parts, visit, submission, exchange, { outcome, act }),
      approvalUrl: (approval) => gateway.approvalUrl(approval),
      deciding: this.#deciding(visit, submission, { wish, isTool, exchange: () => exchange }),
      over: () => {
        if (key !== undefined) this.#underWay.delete(key)
      },
    })
    if (key !== undefined) this.#underWay.set(key, exchange)
    exchange.begin(submission.submit(undefined, exchange))
  }

  /** For clients of the version that knows how one is sent to an address within a call. */
  #deciding(visit: Visit, submission: Submission, { wish, isTool, exchange }: Decided): Deciding | undefined {
    const { decisions, gateway, ids } = this.#parts
    const { view, holder, session } = visit
    if (decisions === undefined || session?.version !== '2025-11-25') return undefined
    return {
      waits: decisions.soon,
      questionId: () => ids.next(),
      async answer(id) {
        const { target } = submission
        const own = exchange()
        const server = target === undefined ? own : serverSink(view, target.slug, own, isTool)
        const sink = showingReceipt(wish, server, isTool)
        return await answerEnded(gateway, { id, holder, wish, sink, ended: () => own.elicited(id) })
      },
      tellLater: (id) => this.#tellLater(visit, decisions.later, id),
    }
  }

  /** On a stream of the session, if there is one then (2025-11-25 client/elicitation, "Completion Notifications"). */
  #tellLater(visit: Visit, later: Waits, approval: string): void {
    const key = `${ownerOf(visit)} ${approval}`
    if (this.#told.has(key)) return
    const stop = later.wait(approval, () => {
      this.#told.delete(key)
      this.#states.find(visit)?.elicited(approval)
    })
    if (stop !== undefined) this.#told.add(key)
  }

  #toolCall(
    visit: Visit,
    body: Buffer,
    message: JsonRpcRequest,
    { tool, args }: AskedTool,
    wishes: Wishes,
  ): Submission {
    const common = this.#common(visit, body, message, wishes)
    const submission: Submission = {
      target: tool.target,
      method: message.method,
      params: { name: tool.capability.id, arguments: args },
      trace: common.trace,
      rounds: 0,
      submit: (round, sink) =>
        this.#parts.gateway.submit(
          {
            ...common,
            trace: submission.trace,
            target: tool.target,
            capability: tool.capability,
            arguments: args,
            argumentsText: JSON.stringify(args),
            parent: round?.parent,
            place: undefined,
            ...(round === undefined ? {} : { wire: round.wire }),
          },
          showingReceipt(wishes.receipt, serverSink(visit.view, tool.target.slug, sink, true), true),
        ),
    }
    return submission
  }

  #operation(visit: Visit, body: Buffer, message: JsonRpcRequest, wishes: Wishes): Submission {
    const params = withoutDelegation(message.params ?? {})
    const { holder, view } = visit
    const common = this.#common(visit, body, message, wishes)
    const { method } = message
    const submission: Submission = {
      target: undefined,
      method,
      params,
      trace: common.trace,
      rounds: 0,
      submit: (round, sink): ActHandle =>
        this.#parts.operations.submit(
          {
            ...common,
            trace: submission.trace,
            holder,
            view,
            method,
            params,
            chosen: (target) => void (submission.target = target),
            ...(round === undefined ? {} : { wire: round.wire, parent: round.parent, target: round.target }),
          },
          sink,
        ),
    }
    return submission
  }

  #common(visit: Visit, body: Buffer, message: JsonRpcRequest, wishes: Wishes) {
    const { request, holder, version, session } = visit
    const params = message.params ?? {}
    const protocolIn = `mcp/${version}`
    const logLevel = this.#states.find(visit)?.logLevel
    const callerCapabilities: JsonObject = {
      ...session?.capabilities,
      ...(logLevel === undefined ? {} : { [metaKeys.logLevel]: logLevel }),
    }
    // Ids and progress tokens belong to a session, so the bytes cannot go on into another one.
    const wire: Intake['wire'] = { protocol: protocolIn, message, bytes: body, forward: false }
    return {
      holder,
      protocolIn,
      wire,
      stream: progressTokenOf(params) !== undefined && accepts(request, 'text/event-stream'),
      trace: traceOf(request, params),
      callerCapabilities,
      ...wishes,
    }
  }
}

function keyOf(visit: Visit, id: JsonRpcId): string {
  return `${ownerOf(visit)} ${typeof id} ${id}`
}
