import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { faultRows } from '@ambit/core/faults/table'
import { readForeignError } from '@ambit/core/wire/a2a/error'
import type { A2aError } from '@ambit/core/wire/a2a/error'
import type { ReceiptAnswer, ReceiptWish } from '@ambit/core/wire/receipt-wish'
import { operations } from '@ambit/core/wire/a2a/method'
import type { Method } from '@ambit/core/wire/a2a/method'
import { readStreamResponse } from '@ambit/core/wire/a2a/task'
import type { Pending } from '../../approval/approval.ts'
import type { Holder } from '../../authority/authority.ts'
import type { Target } from '../../registry/target.ts'
import type { Gateway, IngressSink } from '../gateway.ts'
import { retryAfterHeaders } from '../retry-after.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import type { Call } from './call.ts'
import type { CardDesk } from './cards/card-desk.ts'
import { changesTold } from './changed.ts'
import type { Detachment } from './detachment.ts'
import { askedError, faultError, refusalError, stoppedError } from './refusal.ts'
import { answerWith, errorWith, isLastEvent, namesItsAct, receiptHeaders } from './receipt-metadata.ts'
import type { Reply } from './reply.ts'
import type { TaskOwners } from './task-owners.ts'

export interface CallSinkParts {
  readonly gateway: Pick<Gateway, 'approvalUrl'>
  readonly owners: TaskOwners
  readonly desk: ApprovalDesk
  readonly cards: Pick<CardDesk, 'extended'>
}

export interface SunkCall {
  readonly call: Call
  readonly holder: Holder
  readonly target: Target
  readonly reply: Reply
  /** The act was never sent: what was made ready for it is not needed. */
  readonly unsent?: () => void
  /** What the caller wants of the receipt. */
  readonly wish?: ReceiptWish | undefined
}

/** Tells the caller of one act what becomes of it, in the caller's binding. */
export class CallSink implements IngressSink {
  readonly #parts: CallSinkParts
  readonly #of: SunkCall
  readonly #streams: boolean
  /** All events of a stream are about one task. */
  #claimed = false
  #events = 0
  /** The last event of a stream waits for the receipt that it is to carry. */
  #lastEvent: { readonly value: unknown; readonly wire: Uint8Array | undefined } | undefined
  #receipt: ReceiptAnswer | undefined
  /** Set once the caller has left and the act goes on. */
  #detachment: Detachment | undefined = undefined
  /** The act's id, once it has one: events come later. */
  act: string | undefined = undefined
  /** It has its last call. */
  over = false

  constructor(parts: CallSinkParts, of: SunkCall) {
    this.#parts = parts
    this.#of = of
    this.#streams = operations[of.call.method].streams
  }

  /** Nobody hears the rest; it is still read to its end. Undefined: it was stopped instead. */
  detach(detachment: Detachment | undefined): void {
    if (this.over) detachment?.over()
    else this.#detachment = detachment
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    if (!this.#streams || event.type === 'child' || event.type === 'paused') return true
    this.#claim(event.value)
    this.#events++
    if (this.#detachment !== undefined) {
      this.#detachment.read(event.wire?.length ?? JSON.stringify(event.value).length)
      return true
    }
    if (event.headers !== undefined) this.#of.reply.headers?.(event.headers)
    this.#putLastEvent()
    if (this.#of.wish !== undefined && isLastEvent(event.value)) {
      this.#lastEvent = { value: event.value, wire: event.wire }
      return true
    }
    return this.#of.reply.event(event.value, event.wire)
  }

  #putLastEvent(): void {
    if (this.#lastEvent === undefined) return
    const { value, wire } = this.#lastEvent
    this.#lastEvent = undefined
    const told = this.#receipt === undefined ? undefined : answerWith(value, this.#receipt)
    if (told === undefined) this.#of.reply.event(value, wire)
    else this.#of.reply.event(told)
  }

  outcome(given: Outcome, act: string, receipt?: ReceiptAnswer): void {
    const { changed } = given
    const outcome = changed === undefined ? given : { ...given, value: changesTold(given.value, changed) }
    this.act = act
    this.#end()
    this.#receipt = receipt
    const told = receipt === undefined ? undefined : answerWith(outcome.value, receipt)
    const { value, wire, error } = told === undefined ? outcome : { ...outcome, value: told, wire: undefined }
    if (receipt !== undefined) this.#of.reply.headers?.(receiptHeaders(receipt))
    this.#putLastEvent()
    if (outcome.headers !== undefined) this.#of.reply.headers?.(outcome.headers)
    const foreign = outcome.status === 'failed' ? errorOf(value) : undefined
    if (foreign !== undefined) this.#of.reply.foreignError(foreign, wire)
    else if (error !== undefined && value === undefined) this.#stopped(outcome.status, error)
    else if (this.#streams) this.#endStream(value)
    else if (this.#of.call.method === 'ListTasks') {
      this.#list(value).catch((failure: unknown) => this.failed(Fault.from(failure)))
    } else if (this.#of.call.method === 'GetExtendedAgentCard') {
      this.#card(value).catch((failure: unknown) => this.failed(Fault.from(failure)))
    } else {
      this.#claim(value)
      this.#of.reply.result(value, wire)
    }
  }

  asked(pending: Pending): void {
    this.#end()
    const { call, holder, target, reply } = this.#of
    const { method } = call
    if (!answersWithTask.has(method)) {
      reply.error(askedError(this.#parts.gateway.approvalUrl(pending.id)))
      return
    }
    const task = this.#parts.desk.task(pending, holder, target.id, call.reading.contextId)
    if (this.#streams) {
      reply.event({ task })
      reply.end()
    } else {
      reply.result(method === 'SendMessage' ? { task } : task)
    }
  }

  refused(decision: Decision, act: string, receipt?: ReceiptAnswer): void {
    this.#end()
    this.#of.unsent?.()
    const error = refusalError(decision, this.#of.holder, act)
    // An error that does not name its act tells nothing of it in another way either.
    this.#error(error, namesItsAct(error) ? receipt : undefined)
  }

  failed(fault: Fault): void {
    this.#end()
    this.#putLastEvent()
    this.#of.unsent?.()
    this.#of.reply.error(faultError(fault), retryAfterHeaders(fault))
  }

  #error(error: A2aError, receipt: ReceiptAnswer | undefined): void {
    const { reply } = this.#of
    if (receipt === undefined) {
      reply.error(error)
      return
    }
    reply.headers?.(receiptHeaders(receipt))
    reply.error(errorWith(error, receipt))
  }

  #stopped(status: Outcome['status'], error: NonNullable<Outcome['error']>): void {
    if (status === 'cancelled') {
      this.#error(stoppedError(error.code, error.detail), this.#receipt)
      return
    }
    const code = Object.hasOwn(faultRows, error.code) ? (error.code as Fault['code']) : 'upstream.invalid'
    this.#error(faultError(new Fault(code, { detail: error.detail })), this.#receipt)
  }

  /** The events were the answer; only a stream that had none still gives its value. */
  #endStream(value: unknown): void {
    if (this.#events === 0 && readStreamResponse(value) !== undefined) {
      this.#claim(value)
      this.#of.reply.event(value)
    }
    this.#of.reply.end()
  }

  /** The agent's addresses and signatures are not those that its caller has to do with. */
  async #card(value: unknown): Promise<void> {
    const { call, target, reply } = this.#of
    reply.result(await this.#parts.cards.extended(target, value, call.version))
  }

  /** An agent lists the tasks of everyone who reaches it through this node; a caller gets its own. */
  async #list(value: unknown): Promise<void> {
    const { holder, target, reply } = this.#of
    const list = (value ?? {}) as Readonly<Record<string, unknown>>
    const tasks = Array.isArray(list['tasks']) ? (list['tasks'] as readonly unknown[]) : []
    const ids = tasks.map((task) => idOf(task)).filter((id) => id !== undefined)
    const owned = await this.#parts.owners.owned(holder, target.id, ids)
    const mine = tasks.filter((task) => owned.has(idOf(task) ?? ''))
    // The agent's own count would tell how many tasks others have.
    reply.result({ ...list, tasks: mine, totalSize: mine.length })
  }

  #end(): void {
    this.over = true
    this.#detachment?.over()
  }

  #claim(value: unknown): void {
    if (this.#claimed) return
    const reading = readStreamResponse(value)
    if (reading === undefined) return
    this.#claimed = true
    const { holder, target } = this.#of
    const context = contextOf(value, reading.kind)
    this.#parts.owners.claim(holder, target.id, { task: reading.taskId, context, act: this.act })
  }
}

/** Operations that can say with a task that a person must decide. */
const answersWithTask: ReadonlySet<Method> = new Set<Method>([
  'SendMessage',
  'SendStreamingMessage',
  'GetTask',
  'CancelTask',
  'SubscribeToTask',
])

function contextOf(value: unknown, kind: string): string | undefined {
  const payload = (value as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[kind]
  const context = payload?.['contextId']
  return typeof context === 'string' && context !== '' ? context : undefined
}

function errorOf(value: unknown): ReturnType<typeof readForeignError> {
  if (typeof value !== 'object' || value === null) return undefined
  return readForeignError((value as Readonly<Record<string, unknown>>)['error'])
}

function idOf(task: unknown): string | undefined {
  if (typeof task !== 'object' || task === null) return undefined
  const id = (task as Readonly<Record<string, unknown>>)['id']
  return typeof id === 'string' ? id : undefined
}
