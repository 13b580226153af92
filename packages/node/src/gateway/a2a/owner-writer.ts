import type { Clock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import type { A2aTaskWriter, ContextRow, TaskRow } from './a2a-task-store.ts'

/** Owners waiting to be written; beyond this the store has been away for minutes, and further ones are kept in memory only. */
const waitingMax = 20_000
const batchRowsMax = 500
/** Long enough to write many at once, short enough that another replica soon knows. */
const writeDelayMs = 20
const retryDelayMs = 1000
/** A task nobody has asked about for so long is not asked about again. */
const keptMs = 90 * 24 * 3_600_000
const sweepEveryMs = 3_600_000

/** Writes owners in batches, one at a time, off the path of an act. */
export interface OwnerWriter {
  addTask(row: TaskRow): void
  addContext(row: ContextRow): void
  /** Of a task that is not written yet. */
  actOf(record: string, task: string): string | undefined
  /** Whose a conversation is that is not written yet. */
  holderOfContext(record: string, context: string): string | undefined
  close(): Promise<void>
}

export function createOwnerWriter(store: A2aTaskWriter, clock: Clock, log: Log): OwnerWriter {
  let tasks: TaskRow[] = []
  let contexts: ContextRow[] = []
  let writing: Promise<void> | undefined
  let cancelTimer: (() => void) | undefined
  let sweptAt = clock.now()
  let closed = false
  const size = (): number => tasks.length + contexts.length
  function schedule(delayMs: number): void {
    if (closed || cancelTimer !== undefined || writing !== undefined) return
    cancelTimer = clock.after(delayMs, () => {
      cancelTimer = undefined
      start()
    })
  }
  function start(): void {
    writing = writeAndGoOn()
  }
  async function writeAndGoOn(): Promise<void> {
    const written = await write()
    writing = undefined
    if (size() > 0) schedule(written ? 0 : retryDelayMs)
  }
  /** Never rejects: what could not be written waits again. */
  async function write(): Promise<boolean> {
    const [someTasks, someContexts] = [tasks.slice(0, batchRowsMax), contexts.slice(0, batchRowsMax)]
    try {
      await store.add(someTasks, someContexts)
      tasks = tasks.slice(someTasks.length)
      contexts = contexts.slice(someContexts.length)
      if (clock.now() - sweptAt > sweepEveryMs) {
        sweptAt = clock.now()
        await store.sweep(sweptAt - keptMs)
      }
      return true
    } catch (error) {
      const rows = someTasks.length + someContexts.length
      log.warn('a2a.owners-not-written', { rows, error: String(error) })
      return false
    }
  }
  function add<Row extends { readonly record: string }>(waiting: Row[], row: Row): void {
    if (size() >= waitingMax) {
      // Not the front: those may be under way to the store just now.
      log.warn('a2a.owner-given-up', { record: row.record })
      return
    }
    waiting.push(row)
    schedule(writeDelayMs)
  }
  return {
    addTask: (row) => add(tasks, row),
    addContext: (row) => add(contexts, row),
    actOf: (record, task) =>
      tasks.find((row) => row.record === record && row.task === task)?.act ?? undefined,
    holderOfContext: (record, context) =>
      [...tasks, ...contexts].find((row) => row.record === record && row.context === context)?.holder,
    async close() {
      closed = true
      cancelTimer?.()
      await writing
      while (size() > 0) {
        if (!(await write())) return
      }
    },
  }
}
