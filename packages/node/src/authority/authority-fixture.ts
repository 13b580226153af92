import type { Allow } from '@ambit/core/mandate'
import type { Clock } from '../kernel/clock.ts'
import type { Bus } from '../bus/bus.ts'
import { createLocalBus } from '../bus/local.ts'
import { openIdentity } from '../identity/identity.ts'
import type { OpenIdentity } from '../identity/identity.ts'
import { loadCatalog } from '../kernel/catalog.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import { silentLog } from '../kernel/log.ts'
import type { Store } from '../store/store.ts'
import { openAuthority } from './authority.ts'
import type { Authentication, Holder, KnownAgent, OpenAuthority } from './authority.ts'

const catalog = loadCatalog()
export const minuteMs = 60_000
export const dayMs = 86_400_000
const allow: Allow[] = [{ target: 'mail', capability: 'read*' }]
const delegate = { depthMax: 3 }

/** What tests of this room begin with: all a node would have, on a store; `open` starts the authority again on it. */
export async function world<C extends Clock, L extends LeafWriter>(
  store: Store,
  clock: C,
  leaves: L,
  bus: Bus = createLocalBus(silentLog),
) {
  const ids = createIds(clock)
  const keyring = createKeyring(Buffer.alloc(32, 7), clock)
  const identity: OpenIdentity = await openIdentity({ store, keyring, leaves, bus, clock, ids })
  const stopped: string[][] = []
  /** Registered agents by name: a test puts in those it needs. */
  const agents = new Map<string, KnownAgent>()
  const { person } = await someone(identity)
  const open = async (ofReplica = bus) =>
    await openAuthority({
      store,
      identity,
      leaves,
      log: silentLog,
      bus: ofReplica,
      clock,
      ids,
      catalog,
      target: () => undefined,
      agent: async (_organization, name) => agents.get(name),
      stop: async (revoked) => stopped.push([...revoked]),
    })
  return { clock, bus, identity, leaves, stopped, agents, person, open }
}

async function someone(identity: OpenIdentity) {
  const person = (await identity.members.people('main'))[0]!.id
  return { person }
}

export function request(person: string, clock: { now(): number }, change: object = {}) {
  const expiresAt = clock.now() + 30 * dayMs
  return {
    organization: 'main',
    person,
    purpose: 'read mail',
    allow,
    limits: {},
    delegate,
    expiresAt,
    ...change,
  }
}

const noToken = { client: undefined, expiresAt: undefined }

export function holderOf(answer: Authentication): Holder {
  if (!answer.ok) throw new Error(answer.code)
  return answer.holder
}

export async function tokenFor(authority: OpenAuthority, id: string, by: string, expiresAt?: number) {
  return await authority.mandates.tokens.create(authority.mandates.book.get(id)!, {
    ...noToken,
    expiresAt,
    by,
  })
}
