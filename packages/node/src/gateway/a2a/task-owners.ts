import type { Holder } from '../../authority/authority.ts'
import { BoundedMap } from '../../kernel/bounded-map.ts'
import type { Clock } from '../../kernel/clock.ts'
import { digestBytes } from '../../kernel/digest.ts'
import type { Log } from '../../kernel/log.ts'
import type { A2aTaskReader, A2aTaskWriter } from './a2a-task-store.ts'
import { createOwnerWriter } from './owner-writer.ts'

/** Owners kept in memory: the tasks of a busy hour; older ones are read from the store. */
const ownersMax = 50_000
/** Conversations kept in memory: those that callers named lately. */
const contextsMax = 10_000
/** Ids longer than this are kept as their digest. */
const idCharactersMax = 200

/** What an answer of an agent says of the things that then belong to its caller. */
export interface Seen {
  readonly task: string | undefined
  readonly context: string | undefined
  /** The act it was said in. */
  readonly act: string | undefined
}

/**
 * Knows whose each task and each conversation (`contextId`) is: it belongs to the holder whose message it came of,
 * and to nobody else.
 */
export interface TaskOwners {
  /** First come: what has an owner keeps it. Takes no time on the path of an act. */
  claim(holder: Holder, record: string, seen: Seen): void
  /** Those of the tasks that are this holder's. */
  owned(holder: Holder, record: string, tasks: readonly string[]): Promise<ReadonlySet<string>>
  /** Gives a task that nobody has to this holder; false when it is another's. */
  take(holder: Pick<Holder, 'key' | 'organization'>, record: string, task: string): Promise<boolean>
  /** Whether a conversation that this holder names is its own; one that nobody has becomes so. */
  converses(holder: Holder, record: string, context: string): Promise<boolean>
  /** The act that made a task, where that is known. */
  actOf(record: string, task: string): Promise<string | undefined>
  /** Writes what is not written yet. */
  close(): Promise<void>
}

export function createTaskOwners(store: A2aTaskReader & A2aTaskWriter, clock: Clock, log: Log): TaskOwners {
  const owners = new Map<string, string>()
  const contexts = new BoundedMap<string, string>(contextsMax)
  const writer = createOwnerWriter(store, clock, log)
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
  async function owned(key: string, record: string, ids: readonly string[]): Promise<Set<string>> {
    const mine = new Set<string>()
    const unknown = new Map<string, string>()
    for (const id of ids) {
      const task = idKey(id)
      const owner = owners.get(`${record} ${task}`)
      if (owner === undefined) unknown.set(task, id)
      else if (owner === key) mine.add(id)
    }
    if (unknown.size === 0) return mine
    for (const row of await store.find(record, [...unknown.keys()])) {
      remember(record, row.task, row.holder)
      if (row.holder === key) mine.add(unknown.get(row.task)!)
    }
    return mine
  }
  return {
    claim({ key, organization }, record, seen) {
      const at = clock.now()
      const context = seen.context === undefined ? null : idKey(seen.context)
      if (seen.task === undefined) {
        if (context !== null) writer.addContext({ organization, record, context, holder: key, at })
        return
      }
      const task = idKey(seen.task)
      if (!remember(record, task, key)) return
      writer.addTask({ organization, record, task, holder: key, at, act: seen.act ?? null, context })
    },
    owned: async (holder, record, ids) => await owned(holder.key, record, ids),
    async take({ key, organization }, record, id) {
      const task = idKey(id)
      const known = owners.get(`${record} ${task}`)
      if (known !== undefined) return known === key
      const row = { organization, record, task, holder: key, at: clock.now(), act: null, context: null }
      await store.add([row], [])
      return (await owned(key, record, [id])).has(id)
    },
    async converses({ key }, record, id) {
      const context = idKey(id)
      const name = `${record} ${context}`
      let owner = contexts.get(name) ?? writer.holderOfContext(record, context)
      owner ??= await store.holderOfContext(record, context)
      // In memory until the agent answers: what is refused before leaves nothing in the store.
      contexts.set(name, (owner ??= contexts.get(name) ?? key))
      return owner === key
    },
    async actOf(record, id) {
      const task = idKey(id)
      const act = writer.actOf(record, task) ?? (await store.find(record, [task]))[0]?.act
      return act ?? undefined
    },
    close: async () => await writer.close(),
  }
}

function idKey(id: string): string {
  return id.length <= idCharactersMax ? id : digestBytes(id)
}
