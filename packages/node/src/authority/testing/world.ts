import type { Allow } from '@ambit/core/mandate'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { expect } from 'vitest'
import { createLocalBus } from '../../bus/local.ts'
import { openIdentity } from '../../identity/identity.ts'
import type { OpenIdentity } from '../../identity/identity.ts'
import { loadCatalog } from '../../kernel/catalog.ts'
import { createIds } from '../../kernel/ids.ts'
import { createKeyring } from '../../kernel/keyring.ts'
import { silentLog } from '../../kernel/log.ts'
import type { Store } from '../../store/store.ts'
import { openAuthority } from '../authority.ts'
import type { Authentication, Holder, OpenAuthority } from '../authority.ts'

const catalog = loadCatalog()
export const minuteMs = 60_000
export const dayMs = 86_400_000
const allow: Allow[] = [{ target: 'mail', capability: 'read*' }]
const delegate = { depthMax: 3 }

/** Everything a node would have, in a store of its own; `open` starts the authority again on the same store. */
export async function world(store: Store) {
  const clock = handClock()
  const ids = createIds(clock)
  const bus = createLocalBus(silentLog)
  const keyring = createKeyring(Buffer.alloc(32, 7), clock)
  const identity: OpenIdentity = await openIdentity({ store, keyring, bus, clock, ids })
  const leaves = memoryLog()
  const stopped: string[][] = []
  const { person } = await someone(identity)
  const open = async () =>
    await openAuthority({
      store,
      identity,
      leaves,
      log: silentLog,
      bus,
      clock,
      ids,
      catalog,
      target: () => undefined,
      agent: async () => undefined,
      stop: async (revoked) => stopped.push([...revoked]),
    })
  return { clock, bus, identity, leaves, stopped, person, open }
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

/** Lets background work that a timer began come to its end. */
export async function settled(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true)
}
