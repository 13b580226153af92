import { RowIndex } from '../kernel/row-index.ts'
import { textHash } from '../kernel/text-hash.ts'
import type { KeyRow } from './agent-key-store.ts'

/** All keys of agents in memory, also those that are over: some 180 bytes each, of which the key's own text is 72. */
export interface KeyBook {
  get(key: string): KeyRow | undefined
  /** Newest first. */
  ofAgent(agent: string): readonly KeyRow[]
  put(row: KeyRow): void
  remove(key: string): void
  all(): Iterable<KeyRow>
  /** Active ones that have an end. */
  ending(): Iterable<KeyRow>
  /** Takes this text of an agent's AIC, which others keep too, in the place of the book's own. */
  share(agent: string): void
}

const states = ['active', 'retired', 'compromised'] as const
const origins = ['record', 'rotation', 'recovery', 'certificate'] as const
/** Four times or places (f64; not a number for none), state and origin. */
const rowBytes = 34
const pageRows = 1024

export function createKeyBook(seed: number): KeyBook {
  const hashOf = (text: string) => textHash(text, seed)
  const rows = createRows()
  const keys = new RowIndex()
  const agents = new RowIndex()
  const ending = new Map<string, KeyRow>()

  function rowOf(key: string): number {
    return keys.find(hashOf(key), (row) => rows.key(row) === key)
  }
  function rowsOf(agent: string): number[] {
    return agents.all(hashOf(agent)).filter((row) => rows.agent(row) === agent)
  }
  function remove(key: string): void {
    const row = rowOf(key)
    if (row < 0) return
    keys.remove(hashOf(key), row)
    agents.remove(hashOf(rows.agent(row)), row)
    ending.delete(key)
    rows.clear(row)
  }
  return {
    get(key) {
      const row = rowOf(key)
      return row < 0 ? undefined : rows.read(row)
    },
    ofAgent: (agent) =>
      rowsOf(agent)
        .map((row) => rows.read(row))
        .sort((left, right) => right.since - left.since || (left.key < right.key ? -1 : 1)),
    all: () => rows.all(),
    ending: () => ending.values(),
    remove,
    put(given) {
      const known = rowOf(given.key)
      // Of another agent it is another row.
      if (known >= 0 && rows.agent(known) !== given.agent) remove(given.key)
      const row = rows.write(given, rowOf(given.key))
      keys.add(hashOf(given.key), row)
      agents.add(hashOf(given.agent), row)
      if (given.state === 'active' && given.until !== null) ending.set(given.key, given)
      else ending.delete(given.key)
    },
    share(agent) {
      for (const row of rowsOf(agent)) rows.share(row, agent)
    },
  }
}

/** Keys in numbered rows. */
function createRows() {
  const pages: Buffer[] = []
  const keys: (string | undefined)[] = []
  const agents: string[] = []
  const organizations: string[] = []
  /** The few texts of organisations, each once. */
  const texts = new Map<string, string>()
  const free: number[] = []

  function read(row: number): KeyRow {
    const page = pages[Math.floor(row / pageRows)]!
    const at = (row % pageRows) * rowBytes
    const number = (place: number) => {
      const value = page.readDoubleLE(at + 8 * place)
      return Number.isNaN(value) ? null : value
    }
    return {
      key: keys[row]!,
      agent: agents[row]!,
      organization: organizations[row]!,
      state: states[page.readUInt8(at + 32)]!,
      by: origins[page.readUInt8(at + 33)]!,
      since: page.readDoubleLE(at),
      until: number(1),
      began: number(2),
      leaf: number(3),
    }
  }
  return {
    read,
    key: (row: number) => keys[row],
    agent: (row: number) => agents[row]!,
    share: (row: number, agent: string) => void (agents[row] = agent),
    *all() {
      for (const [row, key] of keys.entries()) if (key !== undefined) yield read(row)
    },
    /** Into its row, or one that is free. */
    write(given: KeyRow, known: number): number {
      const row = known >= 0 ? known : (free.pop() ?? keys.length)
      if (row >= pages.length * pageRows) pages.push(Buffer.alloc(pageRows * rowBytes))
      keys[row] ??= given.key
      if (agents[row] !== given.agent) agents[row] = given.agent
      if (!texts.has(given.organization)) texts.set(given.organization, given.organization)
      organizations[row] = texts.get(given.organization)!
      const page = pages[Math.floor(row / pageRows)]!
      const at = (row % pageRows) * rowBytes
      for (const [place, value] of [given.since, given.until, given.began, given.leaf].entries())
        page.writeDoubleLE(value ?? Number.NaN, at + 8 * place)
      page.writeUInt8(states.indexOf(given.state), at + 32)
      page.writeUInt8(origins.indexOf(given.by), at + 33)
      return row
    },
    clear(row: number): void {
      keys[row] = undefined
      agents[row] = ''
      organizations[row] = ''
      free.push(row)
    },
  }
}
