import { Fault } from '@ambit/core/fault'
import { a2aError } from '@ambit/core/wire/a2a/error'
import { isTerminal } from '@ambit/core/wire/a2a/task'
import type { Task } from '@ambit/core/wire/a2a/task'
import type { Pending, PlanStatus } from '../../approval/approval.ts'
import type { Holder } from '../../authority/authority.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Roll } from '../../kernel/roll.ts'
import type { Enrolled } from '../../kernel/roll.ts'
import type { Gateway } from '../gateway.ts'
import type { Planning, StepAnswer } from '../planning.ts'
import { approvalIdOf, approvalTask, approvalTaskId, isApprovalTask } from './approval-task.ts'
import type { Call } from './call.ts'
import { isPlanId, planTask } from './plan-task.ts'
import { faultError } from './refusal.ts'
import type { Reply } from './reply.ts'
import type { TaskOwners } from './task-owners.ts'

/** Callers that wait for a decision with an open stream; more of them ask again from time to time instead. */
const watchersMax = 1000
/** How long one such stream stays open; its client subscribes again. */
const watchMs = 10 * 60_000
/** Approvals whose conversation is remembered; without it the task names one of its own. */
const contextsMax = 10_000

/** Who is told when an approval changes; the returned function stops that. */
export type OnApproval = (id: string, listener: () => void) => () => void

/** Answers for the tasks that stand for acts which wait for a person. */
export interface ApprovalDesk {
  /** The task of an act that was just suspended, or of one that was performed meanwhile. */
  task(pending: Pending, holder: Holder, record: string, contextId: string | undefined): Task
  /** The task of a list of messages that was just handed in; `steps`: what each of them meets. */
  planned(list: PlanStatus, contextId: string | undefined, steps: readonly StepAnswer[]): Task
  /** GetTask, SubscribeToTask and CancelTask on such a task: the last takes the question back. */
  answer(
    call: Call,
    holder: Holder,
    record: string,
    reply: Reply,
    onClose: (run: () => void) => void,
  ): Promise<void>
  /** Ends the open streams. */
  close(): void
}

export interface ApprovalDeskOptions {
  readonly gateway: Pick<Gateway, 'approval' | 'approvalUrl' | 'withdraw'>
  readonly owners: TaskOwners
  readonly onApproval: OnApproval
  readonly clock: Clock
  /** Left out: no lists are taken. */
  readonly planning?: Pick<Planning, 'status' | 'url'> | undefined
}

export function createApprovalDesk(options: ApprovalDeskOptions): ApprovalDesk {
  const { gateway, owners, clock } = options
  const contexts = new Map<string, string>()
  const watchers = new Roll<Watcher>()
  /** The conversation of a task, which is remembered when it is known. */
  function contextOf(id: string, contextId: string | undefined): string {
    if (contextId !== undefined && !contexts.has(id)) {
      if (contexts.size >= contextsMax) contexts.delete(contexts.keys().next().value!)
      contexts.set(id, contextId)
    }
    return contexts.get(id) ?? approvalTaskId(id)
  }
  function planned(list: PlanStatus, contextId: string | undefined, steps?: readonly StepAnswer[]): Task {
    return planTask({
      list,
      url: options.planning?.url(list.id) ?? '',
      contextId: contextOf(list.id, contextId),
      now: clock.now(),
      ...(steps === undefined ? {} : { steps }),
    })
  }
  async function plan(id: string, holder: Holder): Promise<Task | undefined> {
    const list = await options.planning?.status(id, holder)
    return list === undefined ? undefined : planned(list, undefined)
  }
  function task(pending: Pending, holder: Holder, record: string, contextId: string | undefined): Task {
    const view = approvalTask({
      pending,
      url: gateway.approvalUrl(pending.id),
      contextId: contextOf(pending.id, contextId),
      now: clock.now(),
    })
    // The agent's own task: from now on the caller goes on with it under its own id.
    if (view.id !== approvalTaskId(pending.id)) {
      owners.claim(holder, record, { task: view.id, context: view.contextId, act: pending.act })
    }
    return view
  }
  function watch(
    id: string,
    read: () => Promise<Task | undefined>,
    reply: Reply,
    onClose: (run: () => void) => void,
  ): void {
    const watcher = new Watcher(read, reply, (left) => watchers.remove(left))
    watchers.add(watcher)
    watcher.begin([options.onApproval(id, () => watcher.look()), clock.after(watchMs, () => watcher.end())])
    onClose(() => watcher.end())
    watcher.look()
  }
  /** The question is taken back; what a person decided before is not. */
  async function withdraw(id: string, holder: Holder, record: string, reply: Reply): Promise<void> {
    const pending = await gateway.withdraw(id, holder)
    const view = pending === undefined ? undefined : task(pending, holder, record, undefined)
    if (view?.status.state === 'TASK_STATE_CANCELED') reply.result(view)
    else reply.error(view === undefined ? taskNotFound() : notCancelable())
  }
  return {
    task,
    planned,
    async answer(call, holder, record, reply, onClose) {
      const id = approvalIdOf(call.reading.taskIds[0]!)
      const read = async (): Promise<Task | undefined> => {
        if (isPlanId(id)) return await plan(id, holder)
        const pending = await gateway.approval(id, holder)
        return pending === undefined ? undefined : task(pending, holder, record, undefined)
      }
      const now = await read()
      if (now === undefined) reply.error(taskNotFound())
      else if (call.method === 'GetTask') reply.result(now)
      else if (call.method === 'CancelTask' && isPlanId(id)) reply.error(notCancelable())
      else if (call.method === 'CancelTask') await withdraw(id, holder, record, reply)
      else if (watchers.size >= watchersMax) reply.error(faultError(busy()))
      else watch(id, read, reply, onClose)
    },
    close() {
      for (const watcher of watchers) watcher.end()
    },
  }
}

export function taskNotFound(): ReturnType<typeof a2aError> {
  return a2aError('TASK_NOT_FOUND', 'task not found: there is none of that id, or it is not yours')
}

function notCancelable(): ReturnType<typeof a2aError> {
  return a2aError('TASK_NOT_CANCELABLE', 'a person has decided about this task already, or its time is over')
}

function busy(): Fault {
  return new Fault('act.busy', {
    detail: `${watchersMax} callers wait for decisions already; ask for the task instead`,
  })
}

/** One open stream on a waiting task: says how it stands, then every change, until nothing more can change. */
class Watcher implements Enrolled {
  place = -1
  readonly #read: () => Promise<Task | undefined>
  readonly #reply: Reply
  readonly #left: (watcher: Watcher) => void
  #stops: readonly (() => void)[] = []
  #last: string | undefined
  #looking = false
  #again = false
  #over = false

  constructor(read: () => Promise<Task | undefined>, reply: Reply, left: (watcher: Watcher) => void) {
    this.#read = read
    this.#reply = reply
    this.#left = left
  }

  begin(stops: readonly (() => void)[]): void {
    this.#stops = stops
  }

  /** Reads the newest state; a change told while reading is read afterwards. */
  look(): void {
    if (this.#looking) {
      this.#again = true
      return
    }
    this.#looking = true
    this.#read().then(
      (task) => this.#tell(task),
      (error: unknown) => this.#fail(error),
    )
  }

  #tell(task: Task | undefined): void {
    this.#looking = false
    if (this.#over) return
    if (task === undefined) {
      this.#fail(new Fault('input.not-found', { detail: 'the approval is gone' }))
      return
    }
    const { state } = task.status
    const own = `${task.id} ${state}`
    if (own !== this.#last) {
      const first = this.#last === undefined
      // The agent's task has another id than the one waited for, so it is told as a whole.
      const changed = !first && this.#last?.startsWith(`${task.id} `) === true
      this.#reply.event(changed ? { statusUpdate: updateOf(task) } : { task })
      this.#last = own
    }
    if (isTerminal(state) || !isApprovalTask(task.id)) this.end()
    else if (this.#again) {
      this.#again = false
      this.look()
    }
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#reply.error(faultError(Fault.from(error)))
    this.end()
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    for (const stop of this.#stops) stop()
    this.#left(this)
    this.#reply.end()
  }
}

function updateOf(task: Task): Record<string, unknown> {
  return { taskId: task.id, contextId: task.contextId, status: task.status }
}
