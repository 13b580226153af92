import { compromisedKey } from './compromise.ts'
import { changedKeys, endKey, holdAliases, logState } from './key-room.ts'
import type { KeyRoom, LeafFacts } from './key-room.ts'
import type { KeyRow } from './agent-key-store.ts'
import { nameKeys, releaseKeys } from './naming.ts'

/** Keys whose time is over are looked for this often at the latest. */
const sweepMs = 60_000
/** What could not be ended is tried again that much later; it does not count meanwhile. */
const retryMs = 1000

export async function loadKeys(room: KeyRoom): Promise<void> {
  for await (const rows of room.rows.keys()) for (const row of rows) room.book.put(row)
  holdAliases(room, await room.rows.aliases())
}

/**
 * Hears what other replicas change. That a key is compromised counts at once; all else is read from the store first.
 * What was not heard is found there too.
 */
export function followReplicas(room: KeyRoom): (() => void)[] {
  const { bus, book } = room
  return [
    bus.subscribe(compromisedKey, ({ key }, _subject, from) => {
      const row = typeof key === 'string' ? book.get(key) : undefined
      if (from === 'elsewhere' && row !== undefined) book.put({ ...row, state: 'compromised' })
    }),
    bus.subscribe(changedKeys, ({ aic }, _subject, from) => {
      if (from === 'here' || typeof aic !== 'string') return
      reread(room, aic).catch((error: unknown) => bus.missed(error))
    }),
    bus.onGap(async () => await heal(room)),
  ]
}

async function reread(room: KeyRoom, aic: string): Promise<void> {
  take(room, await room.rows.keysOf(aic))
  holdAliases(room, await room.rows.aliases(aic), aic)
}

async function heal(room: KeyRoom): Promise<void> {
  for await (const rows of room.rows.keys()) take(room, rows)
  holdAliases(room, await room.rows.aliases())
}

/** A compromise that was only heard of is not unheard by a row that does not know it yet. */
function take({ book, bus }: KeyRoom, rows: readonly KeyRow[]): void {
  for (const row of rows) {
    const known = book.get(row.key)
    if (known?.state === 'compromised') continue
    book.put(row)
    if (row.state === 'compromised') bus.tell(compromisedKey, { aic: row.agent, key: row.key })
  }
}

/** Writes the leaves that the node did not come to write; what they say held all the time. */
export async function recoverLeaves(room: KeyRoom): Promise<void> {
  for (const row of room.book.all()) {
    // What was only named in a draft has no leaf; that it was reported has.
    if (row.leaf !== null || (row.began === null && row.state === 'active')) continue
    const step = row.state === 'active' ? 'named' : row.state
    const facts: LeafFacts = { agent: row.agent, key: row.key, step }
    await logState(room, row, facts)
  }
}

/**
 * Takes keys into force that a version in force names, and out of it those whose time is over; each change once over all
 * replicas. The returned function ends it.
 */
export function startSweeping(room: KeyRoom): () => void {
  const { clock, events, bus } = room
  let cancel = (): void => undefined
  let ended = false
  let running: Promise<void> = Promise.resolve()

  function later(run: () => Promise<void>): void {
    running = running
      .then(async () => (ended ? undefined : await run()))
      .catch((error: unknown) => events.error('agent-key.sweep-failed', { error: String(error) }))
  }
  function schedule(): void {
    cancel()
    if (ended) return
    cancel = clock.after(nextMs(room), () => {
      later(async () => {
        try {
          await endOver(room)
        } finally {
          schedule()
        }
      })
    })
  }
  const endChanges = bus.subscribe(changedKeys, schedule)
  // Also of what this process did itself: the registry tells in the turn in which memory has the new state.
  const activated = new Set<string>()
  const endRulings = bus.subscribe('ruling.activation', ({ record, learned }) => {
    // The replica that ruled does it, and together what came while it was busy.
    if (typeof record !== 'string' || learned === true) return
    activated.add(record)
    later(async () => {
      const some = [...activated]
      activated.clear()
      try {
        await nameKeys(room, some)
      } catch (error) {
        // Asked for again with the next one, and at the next start.
        for (const aic of some) activated.add(aic)
        throw error
      }
    })
  })
  const endRecords = bus.subscribe('record.changed', ({ record }) => {
    if (typeof record !== 'string' || room.target(record) !== undefined) return
    later(async () => await releaseKeys(room, record))
  })
  schedule()
  return () => {
    ended = true
    cancel()
    endChanges()
    endRulings()
    endRecords()
  }
}

function nextMs({ book, clock }: KeyRoom): number {
  const now = clock.now()
  let ms = sweepMs
  for (const { until } of book.ending())
    if (until !== null) ms = Math.min(ms, until > now ? until - now : retryMs)
  return ms
}

export async function endOver(room: KeyRoom): Promise<void> {
  const now = room.clock.now()
  const over = [...room.book.ending()].filter(({ until }) => until !== null && now >= until)
  for (const row of over)
    await room.turns.take(row.agent, async () => {
      const ended = await endKey(room, row, { state: 'retired', by: row.agent })
      if (ended !== undefined) room.bus.publish(changedKeys, { aic: row.agent })
    })
}
