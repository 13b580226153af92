import type { IncomingMessage } from 'node:http'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { Pending } from '../../../approval/approval.ts'
import type { Holder } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
import type { BackAnswer, BackQuestion } from '../../back.ts'
import type { ActHandle, IngressSink } from '../../gateway.ts'
import { tellingChanges } from '../changed.ts'
import type { Held, HeldActs } from '../held/held-acts.ts'
import { HeldQuestions } from '../held/held-questions.ts'
import type { IngressParts } from '../ingress-parts.ts'
import { canAnswer } from '../input-required.ts'
import type { Round } from '../input-required.ts'
import type { ModernAnswer } from './answer.ts'
import { capabilitiesOf, opensAddresses, traceOf } from './client.ts'
import { eventText } from './events.ts'
import { approvalState, asksInRounds, tellOutcome, tellPending, tellRefusal } from './outcome.ts'
import type { Telling } from './outcome.ts'

/** A server that asks several things asks them at once; each is recorded first, so they come a little apart. */
const momentMs = 20
/** An answer that nobody came for is kept up to this size. */
const keptBytesMax = 256 * 1024
const closed = 'the caller closed the request'

export interface ExchangeParts extends IngressParts {
  readonly held: HeldActs<ModernExchange>
}

export interface ExchangeRequest {
  readonly request: IncomingMessage
  readonly answer: ModernAnswer
  readonly holder: Holder
  readonly method: string
  readonly params: JsonObject
  /** Method and name. */
  readonly requested: string
  /** What it answers, for a request that comes back with answers. */
  readonly round: Pick<Round, 'act' | 'trace'> | undefined
}

/**
 * One act of a client of 2026-07-28. It has one request and one answer, unless its server asks within the act: then the
 * answer carries the questions, and the act is held until another request of the client brings the answers.
 */
export class ModernExchange implements IngressSink, Held {
  readonly requested: string
  readonly trace: string | undefined
  readonly #parts: ExchangeParts
  readonly #holder: Holder
  readonly #method: string
  readonly #round: Pick<Round, 'act' | 'trace'> | undefined
  #params: JsonObject
  /** Undefined while the act is held. */
  #answer: ModernAnswer | undefined
  #handle: ActHandle | undefined
  #target: Target | undefined
  #questions: HeldQuestions | undefined
  #stopMoment: (() => void) | undefined
  /** The last word, that came while nobody was there to hear it. */
  #kept: ((answer: ModernAnswer) => void) | undefined
  #givenUp = false

  constructor(parts: ExchangeParts, asked: ExchangeRequest) {
    this.#parts = parts
    this.#holder = asked.holder
    this.#method = asked.method
    this.#params = asked.params
    this.#round = asked.round
    this.requested = asked.requested
    this.trace = traceOf(asked.params) ?? asked.round?.trace
    this.#attach(asked.request, asked.answer)
  }

  get holderKey(): string {
    return this.#holder.key
  }

  /** Which server the act goes to. */
  chosen(target: Target): void {
    this.#target = target
  }

  begin(handle: ActHandle): void {
    this.#handle = handle
    if (this.#answer?.response.destroyed === true) handle.cancel(closed)
  }

  /** Takes a held act up again, with the answers that the client brings. */
  goOn(request: IncomingMessage, answer: ModernAnswer, params: JsonObject): void {
    this.#params = params
    this.#attach(request, answer)
    if (this.#kept !== undefined) {
      this.#kept(answer)
      return
    }
    this.#questions?.answer(params['inputResponses'])
    if (this.#questions !== undefined && this.#questions.size > 0) this.#putSoon()
    this.#handle?.resume()
  }

  giveUp(reason: string): void {
    this.#givenUp = true
    this.#kept = undefined
    this.#handle?.cancel(reason)
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    // While nobody listens, progress and log messages have no reader; the answer is kept.
    if (this.#answer === undefined) return true
    const text = eventText(event, this.#params)
    return text === undefined || this.#answer.event(text)
  }

  asks(
    question: BackQuestion,
    _act: string,
    answered: (answer: BackAnswer) => void,
  ): (() => void) | undefined {
    if (!asksInRounds.has(this.#method) || !canAnswer(capabilitiesOf(this.#params), question))
      return undefined
    this.#questions ??= new HeldQuestions()
    const withdraw = this.#questions.add(question, answered)
    this.#putSoon()
    return withdraw
  }

  outcome(given: Outcome, act: string): void {
    const outcome = tellingChanges(given)
    const { wire, error } = outcome
    // Bytes that answer the request go on as they are.
    if (wire !== undefined) this.#say((answer) => answer.bytes(wire, error))
    else if (this.#answer !== undefined || sizeOf(outcome) <= keptBytesMax)
      this.#say((answer) => tellOutcome(this.#telling(answer, act), outcome))
    else this.#say((answer) => answer.failed({ ...outcome, ...tooLarge }))
  }

  asked(pending: Pending): void {
    const { state, dueAt } = pending
    const isUnderWay = dueAt === undefined && (state === 'approved' || state === 'performing')
    if (isUnderWay && opensAddresses(this.#params) && asksInRounds.has(this.#method)) {
      this.#wait(pending)
      return
    }
    const url = this.#parts.gateway.approvalUrl(pending.id)
    this.#say((answer) => tellPending(this.#telling(answer, pending.act), pending, url))
  }

  /** The approved act is under way: the client is asked to come back with the same state, without a question. */
  #wait(pending: Pending): void {
    this.#say((answer) =>
      answer.result({ resultType: 'input_required', requestState: `${approvalState}${pending.id}` }),
    )
  }

  refused(decision: Decision, act: string): void {
    this.#say((answer) => tellRefusal(this.#telling(answer, act), decision))
  }

  failed(fault: Fault): void {
    this.#say((answer) => answer.fault(fault))
  }

  #attach(request: IncomingMessage, answer: ModernAnswer): void {
    const { response } = answer
    this.#answer = answer
    const leave = (reason: string) => {
      // A request whose answer was the question is done with.
      if (this.#answer === answer) this.#handle?.cancel(reason)
    }
    response.on('close', () => {
      if (!response.writableFinished) leave(closed)
    })
    response.on('drain', () => this.#handle?.resume())
    request.on('error', () => leave('the connection of the caller failed'))
  }

  /** Gives the last word of the act now or, while it is held, to whoever comes for it. */
  #say(word: (answer: ModernAnswer) => void): void {
    this.#stopMoment?.()
    if (this.#answer !== undefined) word(this.#answer)
    else if (!this.#givenUp) this.#kept = word
  }

  #telling(answer: ModernAnswer, act: string): Telling {
    return {
      parts: this.#parts,
      answer,
      holder: this.#holder,
      method: this.#method,
      params: this.#params,
      requested: this.requested,
      round: this.#round,
      target: this.#target,
      trace: this.trace,
      act,
    }
  }

  #putSoon(): void {
    if (this.#answer === undefined) return
    this.#stopMoment ??= this.#parts.clock.after(momentMs, () => this.#put())
  }

  /** Answers the request with what the server asks, and holds the act. */
  #put(): void {
    this.#stopMoment = undefined
    const answer = this.#answer
    const questions = this.#questions
    if (answer === undefined || answer.response.destroyed || questions === undefined || questions.size === 0)
      return
    const requestState = this.#parts.held.hold(this)
    if (requestState === undefined) {
      questions.declineAll({ code: 'act.busy', detail: 'too many acts wait for answers of their callers' })
      return
    }
    this.#answer = undefined
    answer.result({ resultType: 'input_required', inputRequests: questions.requests(), requestState })
  }
}

function sizeOf({ value }: Outcome): number {
  return JSON.stringify(value ?? null).length
}

const tooLarge = {
  type: 'outcome',
  status: 'failed',
  value: undefined,
  error: {
    code: 'upstream.too-large',
    detail: `the answer came while nobody waited for it and is larger than ${keptBytesMax} bytes`,
  },
} as const
