import { call } from './call.ts'

/** Who an agent is: its names, and every key that speaks or spoke for it. */
export interface AgentIdentity {
  readonly agent: string
  readonly slug: string
  /** On this node: did:web, then a did:wba for each key that can be named so. */
  readonly dids: readonly string[]
  /** Of other domains, proved. */
  readonly aliases: readonly string[]
  /** Newest first. */
  readonly keys: readonly AgentKey[]
}

export interface AgentKey {
  /** did:key */
  readonly key: string
  readonly state: 'active' | 'retired' | 'compromised'
  readonly since: string
  /** It has a successor and is over then. */
  readonly until?: string
  readonly by: 'record' | 'rotation' | 'recovery' | 'certificate'
  /** Whether it counts now: its record is in force. */
  readonly speaks: boolean
  /** The node keeps it, and can rotate it. */
  readonly kept: boolean
}

export interface Recoveries {
  /** How many people a recovery takes. */
  readonly people: number
  readonly waiting: readonly WaitingRecovery[]
}

export interface WaitingRecovery {
  readonly id: string
  readonly agent: string
  readonly key: string
  /** Who asked for it. */
  readonly person: string
  readonly at: string
  readonly note?: string
}

export type RecoveredKey =
  | { readonly state: 'waiting'; readonly id: string; readonly key: string }
  | { readonly state: 'recovered'; readonly key: string; readonly mandates: number }

export async function getAgentIdentity(slug: string, signal: AbortSignal): Promise<AgentIdentity> {
  return await call<AgentIdentity>('GET', `/records/${encodeURIComponent(slug)}/keys`, { signal })
}

/** Of the key that the node keeps; both count for the overlap. */
export async function rotateKey(slug: string, overlapS: number): Promise<void> {
  await call('POST', `/records/${encodeURIComponent(slug)}/keys/rotate`, { body: { overlapS } })
}

export async function reportKey(slug: string, key: string): Promise<{ readonly mandates: number }> {
  return await call('POST', `/records/${encodeURIComponent(slug)}/keys/report`, { body: { key } })
}

/** The node makes the new key and keeps it. */
export async function recoverKey(slug: string, note: string): Promise<RecoveredKey> {
  const body = note === '' ? {} : { note }
  return await call<RecoveredKey>('POST', `/records/${encodeURIComponent(slug)}/keys/recover`, { body })
}

export async function getRecoveries(signal: AbortSignal): Promise<Recoveries> {
  return await call<Recoveries>('GET', '/agent-keys/recoveries', { signal })
}

/** The second person's word. */
export async function confirmRecovery(id: string): Promise<RecoveredKey> {
  const path = `/agent-keys/recoveries/${encodeURIComponent(id)}/confirm`
  return await call<RecoveredKey>('POST', path, { body: {} })
}

export async function setRecoveryPeople(people: 1 | 2): Promise<void> {
  await call('PUT', '/agent-keys/recovery-rule', { body: { people } })
}
