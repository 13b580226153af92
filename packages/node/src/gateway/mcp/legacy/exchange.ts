import type { ServerResponse } from 'node:http'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { errorCodes, errorResponse } from '@ambit/core/wire/mcp/errors'
import { notificationMessage, requestMessage, resultResponse } from '@ambit/core/wire/mcp/message'
import type { JsonObject, JsonRpcId, JsonRpcMessage } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, notifications } from '@ambit/core/wire/mcp/methods'
import type { Pending } from '../../../approval/approval.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { BackAnswer, BackQuestion } from '../../back.ts'
import type { ActHandle, IngressSink } from '../../gateway.ts'
import {
  askFirst,
  askResult,
  askSentence,
  heldResult,
  heldSentence,
  refusalResult,
  signInFirst,
  signInResult,
} from '../refusal.ts'
import { tellingChanges } from '../changed.ts'
import { replyJson } from '../reply.ts'
import type { AnswerStream } from './answer-stream.ts'
import type { AnswerStreams } from './answer-streams.ts'
import { notificationOf, outcomeMessage, progressOf } from './answer.ts'
import type { ClientQuestions } from './client-questions.ts'
import { follow } from './following.ts'
import type { Waits } from './following.ts'

/** After this long without an answer a stream is opened, so that no proxy or client takes the silence for a failure. */
const silenceMs = 10_000

/** What this node says itself, with ids and tokens of its own; a server that says it within a call is not passed on. */
const notOfCalls: ReadonlySet<string> = new Set([
  notifications.cancelled,
  notifications.progress,
  notifications.toolsListChanged,
  notifications.promptsListChanged,
  notifications.resourcesListChanged,
  notifications.resourcesUpdated,
  notifications.subscriptionsAcknowledged,
])

export interface LegacyExchangeOptions {
  readonly response: ServerResponse
  readonly id: JsonRpcId
  readonly clock: Clock
  readonly streams: AnswerStreams
  readonly questions: ClientQuestions
  /** Holder and session, to which the client's answers and its coming back belong. */
  readonly owner: string
  /** Names the stream for a client that can take it up again; undefined for others. */
  readonly resumable: string | undefined
  /** The client takes an answer as a stream of events. */
  readonly takesStream: boolean
  /** The client takes an answer as one JSON document. */
  readonly takesJson: boolean
  /** The client named the stream first: it is opened at once. */
  readonly prefersStream: boolean
  /** The client's own token, where it asked for progress. */
  readonly progressToken: JsonRpcId | undefined
  /** Whether the client declared that it takes such a request. */
  canAnswer(question: BackQuestion): boolean
  /** Of `tools/call`, whose result can say that it failed. */
  readonly isTool: boolean
  /** The client declared that it opens addresses for its person. */
  readonly opensAddresses: boolean
  /** Whether the client wants log messages of that level. */
  wantsLog(level: unknown): boolean
  /** Takes an answer that needs another round (`input_required` of 2026-07-28); false when it is none. */
  nextRound?(outcome: Outcome, act: string): boolean
  approvalUrl(id: string): string
  /** Of a client that can be sent to an address within its call; undefined for others. */
  readonly deciding?: Deciding | undefined
  /** Called once when nothing more will be said. */
  over(): void
}

/** How a call goes on while its person decides. */
export interface Deciding {
  readonly waits: Waits
  /** An id for a question of the node itself. */
  questionId(): string
  /** Answers the call with what was decided; false: nothing was. */
  answer(approval: string): Promise<boolean>
  /** The client was told to call again: it hears when it is worth it. */
  tellLater(approval: string): void
}

/** One request of a client of the older eras: answered as JSON, or as a stream once something came before the answer. */
export class LegacyExchange implements IngressSink {
  readonly #options: LegacyExchangeOptions
  #handle: ActHandle | undefined
  #stream: AnswerStream | undefined
  #over = false
  #cancelledByClient = false
  #progress = 0
  /** The act that ended last: its handle is of no use any more. */
  #ended: string | undefined
  /** Ends what waits for the client while no act is under way: between two rounds. */
  between: (() => void) | undefined
  #stopTimer: () => void = () => undefined

  constructor(options: LegacyExchangeOptions) {
    this.#options = options
    const { response } = options
    // As long as there is no stream, nobody but this connection could ever get the answer: the act is stopped with it.
    response.on('close', () => {
      if (this.#stream === undefined) this.#gone()
    })
    if (options.prefersStream) this.#open()
  }

  /** Also when the act goes on as another one, in the next round. */
  begin(handle: ActHandle): void {
    if (handle.id !== this.#ended) this.#handle = handle
    if (this.#over) return
    if (this.#stream === undefined && this.#options.response.destroyed) {
      handle.cancel('the caller closed the request')
    } else if (this.#stream === undefined && this.#options.takesStream) {
      this.#stopTimer()
      this.#stopTimer = this.#options.clock.after(silenceMs, () => this.#open())
    }
  }

  /** Nobody listens any more. */
  get over(): boolean {
    return this.#over
  }

  /** The client sent `notifications/cancelled`: it wants no answer. */
  cancel(): void {
    this.#cancelledByClient = true
    if (this.#handle === undefined) this.#endWithoutAnswer()
    else this.#handle.cancel('the caller cancelled the call')
  }

  /** Whether the client takes such a request, and there is still a way to put it. */
  canAnswer(question: BackQuestion): boolean {
    return !this.#over && this.#options.takesStream && this.#options.canAnswer(question)
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    const { progressToken, takesStream } = this.#options
    if (this.#over || !takesStream || event.type === 'child') return true
    if (event.type === 'paused') {
      this.#pause()
      return true
    }
    if (event.type === 'progress') {
      if (progressToken === undefined) return true
      const progress = progressOf(event.value, this.#progress)
      this.#progress = progress.progress
      return this.#write(
        notificationMessage(notifications.progress, { ...progress, [metaKeys.progressToken]: progressToken }),
      )
    }
    const notification = notificationOf(event.value)
    if (notification === undefined || notOfCalls.has(notification.method)) return true
    if (notification.method === notifications.message) {
      return !this.#options.wantsLog(notification.params?.['level']) || this.#write(notification)
    }
    return this.#write(notification)
  }

  /** The server let its own stream go and wants to be asked again for the rest: so does this node. */
  #pause(): void {
    if (this.#options.resumable === undefined) return
    this.#open()
    this.#stream?.pause()
  }

  asks(
    question: BackQuestion,
    act: string,
    answered: (answer: BackAnswer) => void,
  ): (() => void) | undefined {
    const { questions, owner } = this.#options
    if (!this.canAnswer(question) || !questions.add(act, owner, answered)) return undefined
    const params = question.arguments as JsonObject
    this.#write(requestMessage(act, question.capability.id, params))
    return () => {
      questions.remove(act)
      this.#write(notificationMessage(notifications.cancelled, { requestId: act }))
    }
  }

  outcome(given: Outcome, act: string): void {
    const outcome = tellingChanges(given)
    this.#ended = act
    this.#handle = undefined
    const url = outcome.error?.url
    if (this.#over) return
    if (this.#cancelledByClient) this.#endWithoutAnswer()
    else if (url !== undefined && this.#wantsSignIn(outcome, act, url)) return
    else if (this.#options.nextRound?.(outcome, act) !== true) {
      this.#answer(outcomeMessage(outcome, this.#options.id))
    }
  }

  asked(pending: Pending, decision: Decision): void {
    const { id, isTool, opensAddresses } = this.#options
    const url = this.#options.approvalUrl(pending.id)
    if (pending.dueAt !== undefined) {
      const text = heldSentence(pending, url)
      this.#answer(
        isTool
          ? resultResponse(id, heldResult(pending, url))
          : errorResponse(id, errorCodes.internal, text, { code: 'act.held', url }),
      )
      return
    }
    if (opensAddresses && this.#follow(pending, decision, url)) return
    this.#tellAsked(pending, decision, opensAddresses)
  }

  /** Whether the client is sent to the address within this call, which goes on then. */
  #follow(pending: Pending, decision: Decision, url: string): boolean {
    const { deciding, takesStream, questions, owner } = this.#options
    if (deciding === undefined || !takesStream || this.#over) return false
    const stop = follow(pending, url, deciding.waits, {
      ask: (params, answered) => {
        const id = deciding.questionId()
        if (!questions.add(id, owner, answered)) return undefined
        this.#write(requestMessage(id, methods.elicitationCreate, params))
        return () => {
          questions.remove(id)
          this.#write(notificationMessage(notifications.cancelled, { requestId: id }))
        }
      },
      answer: async () => this.#over || (await deciding.answer(pending.id)),
      later: () => this.#tellAsked(pending, decision, true),
      declined: () => this.#tellAsked(pending, decision, false),
      failed: (error) => this.failed(Fault.from(error)),
    })
    if (stop === undefined) return false
    // No act is under way any more: a client that cancels ends the wait alone.
    this.#handle = undefined
    this.between = stop
    return true
  }

  /** The person has decided at the address that the client was sent to. */
  elicited(elicitationId: string): void {
    this.#write(notificationMessage(notifications.elicitationComplete, { elicitationId }))
  }

  /** Where a person decides, and that the call is to be made again. */
  #tellAsked(pending: Pending, decision: Decision, opensAddresses: boolean): void {
    const { id, isTool, deciding } = this.#options
    const url = this.#options.approvalUrl(pending.id)
    // A client that did not say that it opens addresses must not be sent to one (2025-11-25 client/elicitation).
    if (!opensAddresses && isTool) {
      this.#answer(resultResponse(id, askResult(url, askSentence)))
      return
    }
    if (opensAddresses) deciding?.tellLater(pending.id)
    const message = `${askSentence} ${url} Then make the same call again.`
    const { reasons } = decision
    const elicitations = [{ mode: 'url', elicitationId: pending.id, url, message: askFirst }]
    this.#answer(
      opensAddresses
        ? errorResponse(id, errorCodes.urlElicitationRequired, message, { elicitations, reasons })
        : errorResponse(id, errorCodes.internal, message, { code: 'act.asked', url, reasons }),
    )
  }

  /** The person signs in to the server first. False where the protocol has no better answer than the error itself. */
  #wantsSignIn(outcome: Outcome, act: string, url: string): boolean {
    const { id, isTool, opensAddresses } = this.#options
    if (opensAddresses) {
      const elicitations = [{ mode: 'url', elicitationId: act, url, message: signInFirst }]
      const message = outcome.error?.detail ?? signInFirst
      this.#answer(errorResponse(id, errorCodes.urlElicitationRequired, message, { elicitations }))
      return true
    }
    if (isTool) this.#answer(resultResponse(id, signInResult(url)))
    return isTool
  }

  refused(decision: Decision, act: string): void {
    this.#answer(resultResponse(this.#options.id, refusalResult(decision, act)))
  }

  failed(fault: Fault): void {
    const { code, detail, remedy, retryable } = fault
    const data = { ...fault.extra, code, detail, remedy, retryable }
    this.#answer(errorResponse(this.#options.id, errorCodes.internal, `${fault.title}: ${detail}`, data))
  }

  #answer(message: JsonRpcMessage): void {
    if (this.#over) return
    if (this.#stream === undefined && this.#options.takesJson) {
      this.#finish()
      replyJson(this.#options.response, 200, JSON.stringify(message))
      return
    }
    this.#open()
    this.#finish()
    this.#stream?.end(message)
  }

  #endWithoutAnswer(): void {
    if (this.#over) return
    this.#finish()
    if (this.#stream !== undefined) this.#stream.end(undefined)
    else this.#options.response.writeHead(202).end()
  }

  #write(message: JsonRpcMessage): boolean {
    if (this.#over) return true
    this.#open()
    return this.#stream?.write(message) ?? true
  }

  #open(): void {
    if (this.#stream !== undefined || this.#over || this.#options.response.destroyed) return
    this.#stopTimer()
    const { streams, response, owner, resumable } = this.#options
    this.#stream = streams.open(response, owner, resumable, {
      drained: () => this.#handle?.resume(),
      gone: () => this.#gone(),
      ended: () => undefined,
    })
  }

  #gone(): void {
    if (this.#over) return
    this.#handle?.cancel('the caller went away')
    this.#finish()
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#stopTimer()
    this.between?.()
    this.#options.over()
  }
}
