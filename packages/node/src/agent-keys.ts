import { isUtf8 } from 'node:buffer'
import { Fault } from '@ambit/core/fault'
import { revoke } from './authority/authority.ts'
import type { OpenAuthority } from './authority/authority.ts'
import { compromisedKey, openAgentKeys } from './did/did.ts'
import type { AgentKeyParts, AgentKeys, OpenAgentKeys } from './did/did.ts'
import type { Foundation } from './foundation.ts'
import type { InFlight } from './gateway/in-flight.ts'
import type { OpenIdentity } from './identity/identity.ts'
import { createAddressGuard } from './net/address.ts'
import { fetchWhole } from './net/fetch.ts'
import { createUpstream, refuseAddress } from './net/upstream.ts'
import type { Registry } from './registry/registry.ts'
import type { Target } from './registry/target.ts'

interface Neighbours {
  readonly identity: OpenIdentity
  readonly origin: () => string
  /** Opened later, because it asks this room before a record names a key. */
  readonly registry: () => Registry | undefined
  readonly authority: () => OpenAuthority | undefined
}

/** Opens the keys of agents, with what ends when a key does. */
export async function openAgentKeysOf(
  foundation: Foundation,
  { identity, ...later }: Neighbours,
): Promise<OpenAgentKeys> {
  const { store, registryLedger, activityLedger, bus, clock, ids, keyring, log, disposer } = foundation
  const keys = await openAgentKeys({
    store,
    log: registryLedger,
    activity: activityLedger,
    bus,
    clock,
    ids,
    keyring,
    events: log,
    identity,
    origin: later.origin,
    nodeKey: identity.nodeSigner.key,
    target: (slugOrId, organization) => later.registry()?.target(slugOrId, organization),
    endMandates: async (ended, by, note) => await endMandates(later.authority(), ended, by, note),
    fetchText: documentReader(foundation),
  })
  disposer.add('keys of agents', async () => keys[Symbol.dispose]())
  return keys
}

/** Revokes what these keys hold, and all below it, acts under way included. */
async function endMandates(
  authority: OpenAuthority | undefined,
  keys: readonly string[],
  by: string,
  note: string,
): Promise<number> {
  if (authority === undefined) return 0
  const { mandates } = authority
  let ended = 0
  for (const { body, revoked } of mandates.book.entries()) {
    if (revoked || !keys.includes(body.holder)) continue
    ended += (await revoke(mandates, body.id, by, note)).revoked.length
  }
  return ended
}

/** Documents of other domains: over connections of their own, so that a slow one holds up no act. */
function documentReader({ config, clock, log, disposer }: Foundation): AgentKeyParts['fetchText'] {
  const guard = createAddressGuard(config.allowAddresses)
  const upstream = createUpstream(guard, { log, clock })
  disposer.add('connections for documents', async () => await upstream.close())
  return async (address, bytesMax, signal) => {
    const url = new URL(address)
    refuseAddress(url, guard)
    const headers = ['accept', 'application/did+json, application/json']
    const request = {
      url,
      method: 'GET' as const,
      headers,
      body: null,
      headTimeoutMs,
      idleTimeoutMs: headTimeoutMs,
    }
    const { status, body } = await fetchWhole(upstream, request, bytesMax, signal)
    if (status >= 300 && status < 400) throw notRead('it answered with a redirect, and none is followed', url)
    if (status !== 200) throw notRead(`it answered with the HTTP status ${status}`, url)
    if (!isUtf8(body)) throw notRead('it is not UTF-8', url)
    return body.toString('utf8')
  }
}

const headTimeoutMs = 10_000

function notRead(detail: string, url: URL): Fault {
  return new Fault('record.unreachable', { detail, where: url.origin + url.pathname })
}

/** Ends what an agent whose key was reported has under way on this replica: by which of its keys it came nobody asks. */
export function stopReported({ bus, disposer }: Foundation, inFlight: InFlight): void {
  const end = bus.subscribe(compromisedKey, ({ aic, key }) => {
    inFlight.stop(
      (act) => act.holderKey === key || act.callerAgent === aic,
      'agent-key.compromised',
      'a key of the calling agent was reported compromised',
    )
  })
  disposer.add('acts of reported keys', async () => end())
}

/** Keys that a mandate may name for an agent: those that speak for it, newest first, and before it is in force those of its record. */
export function keysFor(keys: AgentKeys, target: Pick<Target, 'id' | 'keys'>): readonly string[] {
  const known = keys.keysOf(target.id)
  const usable = known.filter(({ state }) => state === 'active').map(({ key }) => key)
  const named = new Set(known.map(({ key }) => key))
  return [...usable, ...(target.keys ?? []).filter((key) => !named.has(key))]
}
