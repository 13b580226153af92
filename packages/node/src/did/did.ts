import type { SignedCompromise, SignedRotation } from '@ambit/core/id/key-statement'
import type { Caller } from '../kernel/route.ts'
import { createTurns } from '../kernel/turns.ts'
import type { KeyAdmission } from '../registry/registry.ts'
import { openAgentKeyStore } from './agent-key-store.ts'
import type { RecoveryRow } from './agent-key-store.ts'
import { resolveKeys } from './alias.ts'
import { startAliasChecks } from './alias-checks.ts'
import { reportByKey, reportByPeople } from './compromise.ts'
import type { Compromised } from './compromise.ts'
import { activeKeys, agentDocument, didsOf, keyNamed, nodeDocument } from './documents.ts'
import { endOver, followReplicas, loadKeys, recoverLeaves, startSweeping } from './following.ts'
import { createKeyBook } from './key-book.ts'
import { announce, endKey, isActive, mustFindAgent } from './key-room.ts'
import type { AgentKeyParts, KeyRoom } from './key-room.ts'
import { createAdmission, nameKeys, releaseKeys } from './naming.ts'
import { challengeFor } from './proof.ts'
import { confirmRecovery, recover, setPeople, waitingRecoveries } from './recovery.ts'
import type { RecoveryResult, RecoveryWish } from './recovery.ts'
import { rotate, rotateKept } from './rotation.ts'
import type { Rotated } from './rotation.ts'
import { readWebDid, splitDidUrl } from '@ambit/core/id/did'
import type { DidDocument } from '@ambit/core/id/did-document'

export { compromisedKey } from './compromise.ts'
export type { AgentKeyParts } from './key-room.ts'

/** One key of an agent, and since when it may or may no longer speak for it. */
export interface AgentKey {
  /** did:key */
  readonly key: string
  readonly state: 'active' | 'retired' | 'compromised'
  /** In ms. */
  readonly since: number
  /** It has a successor and is over then, in ms; left out: until somebody ends it. */
  readonly until?: number
  /** How it came: named in the record, rotated by its predecessor, recovered by the responsible person, a certificate. */
  readonly by: 'record' | 'rotation' | 'recovery' | 'certificate'
  /** It speaks for the agent now: its time is not over, and the record is in force and, where only it names the key, does. */
  readonly speaks: boolean
}

/** The keys of registered agents and the documents that name them (did:web, did:wba, did:key). */
export interface AgentKeys {
  /** In memory: the AIC and organisation whose active key it is. Nobody's key, a retired or a compromised one: undefined. */
  agentOf(key: string): { readonly aic: string; readonly organization: string } | undefined
  /** In memory, newest first. */
  keysOf(aic: string): readonly AgentKey[]
  /** In memory: did:key of those that speak for the agent now, newest first. */
  activeKeys(aic: string): readonly string[]
  /**
   * In memory: which key of a record of this node a signature names (did:key, a method of a document of this node, or an
   * AIC), where it speaks for the record now. A key that a signature only brings along is nobody's.
   */
  keyNamed(keyId: string): { readonly key: string; readonly aic: string } | undefined
  /** The same, and where the name is of another domain, the key that its document names. Undefined: none. */
  resolve(
    keyId: string,
    signal?: AbortSignal,
  ): Promise<{ readonly key: string; readonly of: string } | undefined>
  /** Ends every key of an agent that is put out of service; gives those that it ended. */
  endAll(aic: string, by: string): Promise<readonly string[]>
}

/** The room of a running node, with what its routes need. */
export interface OpenAgentKeys extends AgentKeys, Disposable {
  readonly admission: KeyAdmission
  /** Takes into force what records name already, writes leaves that are missing, and keeps both current: once the registry is there. */
  begin(): Promise<void>
  challenge(organization: string): { readonly challenge: string; readonly until: number }
  rotate(signed: SignedRotation): Promise<Rotated>
  rotateKept(caller: Caller, slug: string, overlapS?: number): Promise<Rotated>
  recover(caller: Caller, slug: string, wish: RecoveryWish): Promise<RecoveryResult>
  confirm(caller: Caller, id: string): Promise<RecoveryResult>
  recoveries(organization: string): Promise<readonly RecoveryRow[]>
  peopleFor(organization: string): Promise<number>
  setPeople(caller: Caller, people: number): Promise<void>
  reportByKey(signed: SignedCompromise): Promise<Compromised>
  report(caller: Caller, slug: string, key: string): Promise<Compromised>
  /** What is known of who an agent is: its DIDs on this node, aliases that domains proved, and its keys. */
  identityOf(slug: string, organization: string): AgentIdentity
  /** Whether this node keeps the secret half of a key. */
  keeps(key: string): Promise<boolean>
  agentDocument(organization: string, slug: string, binding?: string): DidDocument
  nodeDocument(): DidDocument
}

export interface AgentIdentity {
  readonly agent: string
  readonly slug: string
  readonly dids: readonly string[]
  readonly aliases: readonly string[]
  readonly keys: readonly AgentKey[]
}

export interface AgentKeyOptions extends AgentKeyParts {
  /** Public address of the node, without a slash at the end; known once it listens. */
  readonly origin: () => string
  /** did:key of the node itself. */
  readonly nodeKey: string
}

/** Loads every key there is and follows what other replicas change. */
export async function openAgentKeys({ origin, nodeKey, ...parts }: AgentKeyOptions): Promise<OpenAgentKeys> {
  const room: KeyRoom = {
    ...parts,
    rows: await openAgentKeyStore(parts.store),
    book: createKeyBook(parts.clock.random(4).readUInt32LE()),
    aliases: new Map(),
    unnamed: new Set(),
    turns: createTurns(),
  }
  await loadKeys(room)
  const documents = { room, origin, nodeKey }
  const endings = followReplicas(room)
  return {
    ...lookups(room),
    keyNamed: (keyId) => keyNamed(documents, keyId),
    async resolve(keyId, signal) {
      const own = keyNamed(documents, keyId)
      if (own !== undefined) return { key: own.key, of: own.aic }
      const { did } = splitDidUrl(keyId)
      const reading = readWebDid(did)
      if (!reading.ok || reading.did.text !== did) return undefined
      const found = (await resolveKeys(room, reading.did, signal)).find(({ id }) => id === keyId)
      // A document of another domain brings no key back that was reported here.
      const isLost = found !== undefined && room.book.get(found.key)?.state === 'compromised'
      return found === undefined || isLost ? undefined : { key: found.key, of: did }
    },
    admission: createAdmission(room),
    async begin() {
      await nameKeys(room, room.unnamed)
      room.unnamed.clear()
      const gone = [...room.book.all()].filter(
        (row) => row.began === null && parts.target(row.agent) === undefined,
      )
      for (const { agent } of gone) await releaseKeys(room, agent)
      await recoverLeaves(room)
      await endOver(room)
      endings.push(startSweeping(room), startAliasChecks(room))
    },
    ...changes(room),
    identityOf(slug, organization) {
      const target = mustFindAgent(room, slug, organization)
      return {
        agent: target.id,
        slug: target.slug,
        dids: didsIfNamed(() => didsOf(documents, target)),
        aliases: room.aliases.get(target.id) ?? [],
        keys: keysOf(room, target.id),
      }
    },
    keeps: async (key) => (await room.identity.holderSigner(key)) !== undefined,
    agentDocument: (organization, slug, binding) => agentDocument(documents, organization, slug, binding),
    nodeDocument: () => nodeDocument(documents),
    [Symbol.dispose]() {
      for (const end of endings.splice(0)) end()
    },
  }
}

function lookups(room: KeyRoom): Pick<OpenAgentKeys, 'agentOf' | 'keysOf' | 'activeKeys'> {
  return {
    agentOf(key) {
      const row = room.book.get(key)
      if (row === undefined || !isActive(room, row)) return undefined
      // Where a record was handed over, its organisation is the one that keeps it now.
      return { aic: row.agent, organization: room.target(row.agent)?.organization ?? row.organization }
    },
    keysOf: (aic) => keysOf(room, aic),
    activeKeys: (aic) => activeKeys(room, aic),
  }
}

type Changes = Omit<
  OpenAgentKeys,
  | keyof AgentKeys
  | 'admission'
  | 'begin'
  | 'identityOf'
  | 'keeps'
  | 'agentDocument'
  | 'nodeDocument'
  | typeof Symbol.dispose
>

function changes(room: KeyRoom): Changes & Pick<AgentKeys, 'endAll'> {
  return {
    challenge: (organization) => challengeFor(room, organization),
    rotate: async (signed) => await rotate(room, signed),
    rotateKept: async (caller, slug, overlapS) => await rotateKept(room, caller, slug, overlapS),
    recover: async (caller, slug, wish) => await recover(room, caller, slug, wish),
    confirm: async (caller, id) => await confirmRecovery(room, caller, id),
    recoveries: async (organization) => await waitingRecoveries(room, organization),
    peopleFor: async (organization) => await room.rows.peopleFor(organization),
    setPeople: async (caller, people) => await setPeople(room, caller, people),
    reportByKey: async (signed) => await reportByKey(room, signed),
    report: async (caller, slug, key) => await reportByPeople(room, caller, slug, key),
    endAll: async (aic, by) =>
      await room.turns.take(aic, async () => {
        const ended: string[] = []
        for (const row of room.book.ofAgent(aic)) {
          if (row.state !== 'active') continue
          if ((await endKey(room, row, { state: 'retired', by })) !== undefined) ended.push(row.key)
        }
        // No key of it is left that a domain could name.
        const lost = await room.rows.dropAliases(aic)
        room.aliases.delete(aic)
        if (ended.length + lost > 0) announce(room, aic)
        return ended
      }),
  }
}

function keysOf(room: KeyRoom, aic: string): readonly AgentKey[] {
  return room.book.ofAgent(aic).map((row) => ({
    key: row.key,
    state:
      row.state === 'active' && row.until !== null && room.clock.now() >= row.until ? 'retired' : row.state,
    since: row.since,
    ...(row.until === null || row.state !== 'active' ? {} : { until: row.until }),
    by: row.by,
    speaks: isActive(room, row),
  }))
}

/** A node at a bare IP address has agents all the same; they have no DIDs there. */
function didsIfNamed(make: () => readonly string[]): readonly string[] {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}
