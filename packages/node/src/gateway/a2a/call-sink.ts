import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { faultRows } from '@ambit/core/faults/table'
import { readForeignError } from '@ambit/core/wire/a2a/error'
import { operations } from '@ambit/core/wire/a2a/method'
import { readStreamResponse } from '@ambit/core/wire/a2a/task'
import type { Pending } from '../../approval/approval.ts'
import type { Holder } from '../../authority/authority.ts'
import type { Target } from '../../registry/target.ts'
import type { Gateway, IngressSink } from '../gateway.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import type { Call } from './call.ts'
import { askedError, faultError, refusalError, stoppedError } from './refusal.ts'
import type { Reply } from './reply.ts'
import type { TaskOwners } from './task-owners.ts'

export interface CallSinkParts {
  readonly gateway: Pick<Gateway, 'approvalUrl'>
  readonly owners: TaskOwners
  readonly desk: ApprovalDesk
}

export interface SunkCall {
  readonly call: Call
  readonly holder: Holder
  readonly target: Target
  readonly reply: Reply
}

/** Tells the caller of one act what becomes of it, in the caller's binding. */
export class CallSink implements IngressSink {
  readonly #parts: CallSinkParts
  readonly #of: SunkCall
  readonly #streams: boolean
  /** All events of a stream are about one task. */
  #claimed = false
  #events = 0

  constructor(parts: CallSinkParts, of: SunkCall) {
    this.#parts = parts
    this.#of = of
    this.#streams = operations[of.call.method].streams
  }

  event(event: Exclude<ActEvent, Outcome>): boolean {
    if (!this.#streams || event.type === 'child') return true
    this.#claim(event.value)
    this.#events++
    return this.#of.reply.event(event.value, event.wire)
  }

  outcome(outcome: Outcome): void {
    const { value, wire, error } = outcome
    const foreign = outcome.status === 'failed' ? errorOf(value) : undefined
    if (foreign !== undefined) this.#of.reply.foreignError(foreign, wire)
    else if (error !== undefined && value === undefined) this.#stopped(outcome.status, error)
    else if (this.#streams) this.#endStream(value)
    else if (this.#of.call.method === 'ListTasks') {
      this.#list(value).catch((failure: unknown) => this.failed(Fault.from(failure)))
    } else {
      this.#claim(value)
      this.#of.reply.result(value, wire)
    }
  }

  asked(pending: Pending): void {
    const { call, holder, target, reply } = this.#of
    const { method } = call
    if (method === 'ListTasks') {
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

  refused(decision: Decision, act: string): void {
    this.#of.reply.error(refusalError(decision, this.#of.holder, act))
  }

  failed(fault: Fault): void {
    this.#of.reply.error(faultError(fault))
  }

  #stopped(status: Outcome['status'], error: NonNullable<Outcome['error']>): void {
    const { reply } = this.#of
    if (status === 'cancelled') {
      reply.error(stoppedError(error.code, error.detail))
      return
    }
    const code = Object.hasOwn(faultRows, error.code) ? (error.code as Fault['code']) : 'upstream.invalid'
    reply.error(faultError(new Fault(code, { detail: error.detail })))
  }

  /** The events were the answer; only a stream that had none still gives its value. */
  #endStream(value: unknown): void {
    if (this.#events === 0 && readStreamResponse(value) !== undefined) {
      this.#claim(value)
      this.#of.reply.event(value)
    }
    this.#of.reply.end()
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

  #claim(value: unknown): void {
    if (this.#claimed) return
    const taskId = readStreamResponse(value)?.taskId
    if (taskId === undefined) return
    this.#claimed = true
    this.#parts.owners.claim(this.#of.holder, this.#of.target.id, taskId)
  }
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
