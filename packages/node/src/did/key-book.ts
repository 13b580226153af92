import type { KeyRow } from './agent-key-store.ts'

/** All keys of agents in memory, also those that are over: about a third of a KiB each. */
export interface KeyBook {
  get(key: string): KeyRow | undefined
  /** Newest first; the same array until one of them changes. */
  ofAgent(agent: string): readonly KeyRow[]
  put(row: KeyRow): void
  remove(key: string): void
  all(): Iterable<KeyRow>
  /** Active ones that have an end. */
  ending(): Iterable<KeyRow>
}

export function createKeyBook(): KeyBook {
  const keys = new Map<string, KeyRow>()
  const agents = new Map<string, readonly KeyRow[]>()
  const ending = new Map<string, KeyRow>()

  function remove(key: string): void {
    const row = keys.get(key)
    if (row === undefined) return
    keys.delete(key)
    ending.delete(key)
    const rest = agents.get(row.agent)!.filter((each) => each.key !== key)
    if (rest.length === 0) agents.delete(row.agent)
    else agents.set(row.agent, rest)
  }
  return {
    get: (key) => keys.get(key),
    ofAgent: (agent) => agents.get(agent) ?? [],
    all: () => keys.values(),
    ending: () => ending.values(),
    remove,
    put(row) {
      remove(row.key)
      keys.set(row.key, row)
      if (row.state === 'active' && row.until !== null) ending.set(row.key, row)
      const rows = [...(agents.get(row.agent) ?? []), row]
      agents.set(
        row.agent,
        rows.sort((left, right) => right.since - left.since || (left.key < right.key ? -1 : 1)),
      )
    },
  }
}
