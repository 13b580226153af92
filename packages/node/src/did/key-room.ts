import { canonicalJson } from '@ambit/core/canonical'
import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { AgentKeyLeaf } from '@ambit/core/leaf'
import type { Bus } from '../bus/bus.ts'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Turns } from '../kernel/turns.ts'
import type { Target } from '../registry/target.ts'
import type { Store } from '../store/store.ts'
import type { AgentKeyStore, AliasRow, KeyRow } from './agent-key-store.ts'
import type { KeyBook } from './key-book.ts'

/** What the room of agents' keys needs of the others. */
export interface AgentKeyParts {
  readonly store: Store
  /** The registry log. */
  readonly log: LeafWriter
  /** The activity log, for what is not public. */
  readonly activity: LeafWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly keyring: Keyring
  readonly events: Log
  readonly identity: Pick<Identity, 'createHolderKey' | 'holderSigner'>
  /** A record by AIC, or by slug within an organisation; from memory. */
  readonly target: (slugOrId: string, organization?: string) => Target | undefined
  /** Revokes what these keys hold, acts under way included; gives how many mandates. */
  readonly endMandates: (keys: readonly string[], by: string, note: string) => Promise<number>
  /** The text at an address of the web, by the guarded client. Throws a Fault. */
  readonly fetchText: (url: string, bytesMax: number, signal: AbortSignal) => Promise<string>
}

/** What the files of this room share. */
export interface KeyRoom extends AgentKeyParts {
  readonly rows: AgentKeyStore
  readonly book: KeyBook
  /** Aliases of agents that their domains proved, by AIC. */
  readonly aliases: Map<string, readonly string[]>
  /** Agents in force, some of whose keys were not taken into force when the registry was loaded. */
  readonly unnamed: Set<string>
  /** One change at a time for each agent. */
  readonly turns: Turns
}

/** Told on the bus, `{aic}`, after keys of an agent changed. */
export const changedKeys = 'agent-key.changed'

/** Active keys of one agent. */
export const activeKeysMax = 20
/** All that it ever had and nobody forgets. */
export const keysMax = 500

/**
 * Whether a key speaks for its agent now: it is not over, and one that only a record names is named by the version in
 * force.
 */
export function isActive({ target, clock }: Pick<KeyRoom, 'target' | 'clock'>, row: KeyRow): boolean {
  if (row.state !== 'active' || (row.until !== null && clock.now() >= row.until)) return false
  const record = target(row.agent)
  if (record?.state !== 'active') return false
  return row.by !== 'record' || record.keys?.includes(row.key) === true
}

/** Throws a Fault `input.not-found`. */
export function mustFindAgent(room: KeyRoom, slug: string, organization: string): Target {
  const target = room.target(slug, organization)
  if (target !== undefined) return target
  throw new Fault('input.not-found', { detail: 'there is no such record', where: slug.slice(0, 100) })
}

/** Nobody has that key now and nobody had it. */
export function refuseTakenKey(room: KeyRoom, key: string, agent: string | undefined): void {
  const row = room.book.get(key)
  if (row === undefined) return
  const where = key.slice(0, 100)
  if (row.state === 'compromised')
    throw new Fault('agent-key.compromised', { detail: 'its holder or its people reported it', where })
  if (row.agent === agent && row.state === 'active') return
  throw new Fault('agent-key.taken', {
    detail: row.agent === agent ? 'it was this agent’s before, and is over' : 'another record named it',
    where,
  })
}

/** False: somebody was faster, here or on another replica. */
export async function takeKey(room: KeyRoom, row: KeyRow): Promise<boolean> {
  if (!(await room.rows.add(row))) return false
  room.book.put(row)
  return true
}

export type LeafFacts = Omit<AgentKeyLeaf, 'v' | 'kind' | 'at'>

export async function writeKeyLeaf(room: KeyRoom, facts: LeafFacts): Promise<number> {
  const leaf: AgentKeyLeaf = { v: 1, kind: 'agent-key', at: timeText(room.clock.now()), ...facts }
  return await room.log.write(canonicalJson(leaf))
}

/** The leaf of a state that the store has already. Should the log fail, the state holds; the next start writes it. */
export async function logState(room: KeyRoom, row: KeyRow, facts: LeafFacts): Promise<void> {
  const leaf = await writeKeyLeaf(room, facts)
  await room.rows.logged(row.key, leaf)
  const now = room.book.get(row.key)
  if (now !== undefined) room.book.put({ ...now, leaf })
}

export function announce(room: KeyRoom, aic: string): void {
  room.bus.publish(changedKeys, { aic })
}

export interface Ending {
  readonly state: 'retired' | 'compromised'
  /** Person, or AIC of the agent. */
  readonly by: string
  readonly people?: readonly string[]
  readonly statement?: Digest
  /** The key that takes its place. */
  readonly other?: string
}

/**
 * Ends a key: at once in memory, then in the store; what it holds is revoked; the leaf comes last. Gives undefined where
 * it was over before, else how many mandates ended. Call it in a turn.
 */
export async function endKey(room: KeyRoom, row: KeyRow, ending: Ending): Promise<number | undefined> {
  const now = room.clock.now()
  const { state } = ending
  const next: KeyRow = { ...row, state, since: now, leaf: null }
  room.book.put(next)
  const from = state === 'compromised' ? (['active', 'retired'] as const) : (['active'] as const)
  if (!(await room.rows.end(row.key, from, { state, since: now }))) return undefined
  const ended = await room.endMandates([row.key], ending.by, noteOf(state))
  await logState(room, next, {
    agent: row.agent,
    key: row.key,
    step: state,
    ...(ending.other === undefined ? {} : { other: ending.other }),
    ...(ending.statement === undefined ? {} : { statement: ending.statement }),
    ...(ending.people === undefined ? {} : { people: [...ending.people] }),
  })
  return ended
}

function noteOf(state: Ending['state']): string {
  return state === 'compromised' ? 'its key was reported compromised' : 'its key is no longer the agent’s'
}

/** Of one agent, or of all of them. */
export function holdAliases({ aliases }: KeyRoom, rows: readonly AliasRow[], agent?: string): void {
  if (agent === undefined) aliases.clear()
  else aliases.delete(agent)
  for (const [of, own] of Map.groupBy(rows, (row) => row.agent))
    aliases.set(
      of,
      own.map(({ alias }) => alias),
    )
}
