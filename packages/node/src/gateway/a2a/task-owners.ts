import type { Holder } from '../../authority/authority.ts'
import type { Clock } from '../../kernel/clock.ts'
import { digestBytes } from '../../kernel/digest.ts'
import type { Log } from '../../kernel/log.ts'
import type { A2aTaskReader, A2aTaskWriter, TaskRow } from './a2a-task-store.ts'

/** Owners kept in memory: the tasks of a busy hour; older ones are read from the store. */
const ownersMax = 50_000
/** Owners waiting to be written; beyond this the store has been away for minutes, and further ones are kept in memory only. */
const waitingMax = 20_000
const batchRowsMax = 500
/** Long enough to write many at once, short enough that another replica soon knows. */
const writeDelayMs = 20
const retryDelayMs = 1000
/** A task nobody has asked about for so long is not asked about again. */
const keptMs = 90 * 24 * 3_600_000
const sweepEveryMs = 3_600_000
/** Ids longer than this are kept as their digest. */
const idCharactersMax = 200

/** Knows whose each task is: a task belongs to the holder whose message it came of, and to nobody else. */
export interface TaskOwners {
  /** First come: a task that has an owner keeps it. Takes no time on the path of an act. */
  claim(holder: Holder, record: string, task: string): void
  /** Those of the tasks that are this holder's. */
  owned(holder: Holder, record: string, tasks: readonly string[]): Promise<ReadonlySet<string>>
  /** Writes what is not written yet. */
  close(): Promise<void>
}

export function createTaskOwners(store: A2aTaskReader & A2aTaskWriter, clock: Clock, log: Log): TaskOwners {
  const owners = new Map<string, string>()
  const writer = createWriter(store, clock, log)
  function remember(record: string, task: string, holder: string): boolean {
    const key = `${record} ${task}`
    const known = owners.get(key)
    if (known !== undefined) {
      owners.delete(key)
      owners.set(key, known)
      return false
    }
    if (owners.size >= ownersMax) owners.delete(owners.keys().next().value!)
    owners.set(key, holder)
    return true
  }
  return {
    claim(holder, record, id) {
      const task = taskKey(id)
      if (!remember(record, task, holder.key)) return
      writer.add({ organization: holder.organization, record, task, holder: holder.key, at: clock.now() })
    },
    async owned(holder, record, ids) {
      const mine = new Set<string>()
      const unknown = new Map<string, string>()
      for (const id of ids) {
        const task = taskKey(id)
        const owner = owners.get(`${record} ${task}`)
        if (owner === undefined) unknown.set(task, id)
        else if (owner === holder.key) mine.add(id)
      }
      if (unknown.size === 0) return mine
      for (const row of await store.find(record, [...unknown.keys()])) {
        remember(record, row.task, row.holder)
        if (row.holder === holder.key) mine.add(unknown.get(row.task)!)
      }
      return mine
    },
    close: async () => await writer.close(),
  }
}

function taskKey(id: string): string {
  return id.length <= idCharactersMax ? id : digestBytes(id)
}

interface Writer {
  add(row: TaskRow): void
  close(): Promise<void>
}

/** Writes in batches, one at a time, off the path of an act. */
function createWriter(store: A2aTaskWriter, clock: Clock, log: Log): Writer {
  let waiting: TaskRow[] = []
  let writing: Promise<void> | undefined
  let cancelTimer: (() => void) | undefined
  let sweptAt = clock.now()
  let closed = false
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
    if (waiting.length > 0) schedule(written ? 0 : retryDelayMs)
  }
  /** Never rejects: what could not be written waits again. */
  async function write(): Promise<boolean> {
    const batch = waiting.slice(0, batchRowsMax)
    try {
      await store.add(batch)
      waiting = waiting.slice(batch.length)
      if (clock.now() - sweptAt > sweepEveryMs) {
        sweptAt = clock.now()
        await store.sweep(sweptAt - keptMs)
      }
      return true
    } catch (error) {
      log.warn('a2a.owners-not-written', { rows: batch.length, error: String(error) })
      return false
    }
  }
  return {
    add(row) {
      if (waiting.length >= waitingMax) {
        // Not the front: those may be under way to the store just now.
        log.warn('a2a.owner-given-up', { record: row.record })
        return
      }
      waiting.push(row)
      schedule(writeDelayMs)
    },
    async close() {
      closed = true
      cancelTimer?.()
      await writing
      while (waiting.length > 0) {
        if (!(await write())) return
      }
    },
  }
}
