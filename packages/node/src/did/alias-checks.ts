import { Fault } from '@ambit/core/fault'
import { readWebDid } from '@ambit/core/id/did'
import type { AliasRow } from './agent-key-store.ts'
import { againMs, resolveKeys } from './alias.ts'
import { announce, holdAliases } from './key-room.ts'
import type { KeyRoom } from './key-room.ts'

/** How often what is due is looked for, how much of it at once, and how many documents are asked for side by side. */
const roundMs = 5 * 60_000
const rowsMax = 100
const sideBySide = 8
/** While its domain does not answer. */
const soonMs = 60 * 60_000
/** An alias whose document could not be read for that long is proved no more, as with domains. */
const lostAfterMs = 7 * 24 * 60 * 60_000

/**
 * Looks at aliases again: a domain that changes hands, or takes a key out of its document, speaks for the agent no more.
 * Where the document says so itself, it is over at once. The returned function ends it.
 */
export function startAliasChecks(room: KeyRoom): () => void {
  const { clock, events } = room
  const ending = new AbortController()
  let cancel = (): void => undefined
  function plan(): void {
    cancel = clock.after(roundMs, () => {
      checkAliases(room, ending.signal)
        .catch((error: unknown) => {
          // A node that stops closes the store below a round that is under way.
          if (!ending.signal.aborted) events.warn('agent-key.aliases-not-checked', { error: String(error) })
        })
        .finally(() => {
          if (!ending.signal.aborted) plan()
        })
    })
  }
  plan()
  return () => {
    ending.abort()
    cancel()
  }
}

/** One round over what is due. */
async function checkAliases(room: KeyRoom, signal: AbortSignal): Promise<void> {
  const due = [...(await room.rows.dueAliases(room.clock.now(), rowsMax))]
  const work = async () => {
    for (let row = due.shift(); row !== undefined && !signal.aborted; row = due.shift())
      if (await room.rows.takeAlias(row, room.clock.now() + roundMs)) await check(room, row, signal)
  }
  await Promise.all(Array.from({ length: sideBySide }, work))
}

async function check(room: KeyRoom, row: AliasRow, signal: AbortSignal): Promise<void> {
  const { alias, agent } = row
  const target = room.target(agent)
  const now = room.clock.now()
  const isOver = target === undefined || target.state === 'retired'
  const found = isOver ? 'gone' : await keyOf(room, row, signal)
  if (signal.aborted) return
  if (typeof found === 'object') {
    await room.rows.keepAlias(alias, agent, { due: now + againMs, failing: null, key: found.key })
    return
  }
  const failing = row.failing ?? now
  if (found === 'silent' && now - failing < lostAfterMs) {
    await room.rows.keepAlias(alias, agent, { due: now + soonMs, failing, key: row.key })
    return
  }
  await room.rows.dropAliases(agent, alias)
  holdAliases(room, await room.rows.aliases(agent), agent)
  announce(room, agent)
  room.events.info('agent-key.alias-lost', { agent, why: found })
}

/** `gone`: the document names no key of the agent. `silent`: there is no document to be had. */
async function keyOf(
  room: KeyRoom,
  { alias, agent }: AliasRow,
  signal: AbortSignal,
): Promise<{ readonly key: string } | 'gone' | 'silent'> {
  const now = room.clock.now()
  const own = new Set(
    room.book
      .ofAgent(agent)
      .filter(({ state, until }) => state === 'active' && (until === null || now < until))
      .map(({ key }) => key),
  )
  if (alias.startsWith('did:key:')) return own.has(alias) ? { key: alias } : 'gone'
  const reading = readWebDid(alias)
  if (!reading.ok) return 'gone'
  try {
    const keys = await resolveKeys(room, reading.did, signal)
    return keys.find(({ key }) => own.has(key)) ?? 'gone'
  } catch (error) {
    if (!Fault.is(error)) throw error
    // A document that is another one now is an answer; that there was none is none.
    return error.code === 'alias.unproved' && error.cause === undefined ? 'gone' : 'silent'
  }
}
