import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import type { Holder } from './authority/authority.ts'
import { openA2aTaskStore } from './gateway/a2a/a2a-task-store.ts'
import { createCallbacks } from './gateway/a2a/push/callbacks.ts'
import type { Callbacks } from './gateway/a2a/push/callbacks.ts'
import { Courier } from './gateway/a2a/push/courier.ts'
import { rememberingHolders } from './gateway/a2a/push/push-act.ts'
import { openPushStore } from './gateway/a2a/push/push-store.ts'
import type { PushReader, PushWriter } from './gateway/a2a/push/push-store.ts'
import { createReceiver } from './gateway/a2a/push/receiver.ts'
import { createTaskOwners } from './gateway/a2a/task-owners.ts'
import type { TaskOwners } from './gateway/a2a/task-owners.ts'
import type { Gateway } from './gateway/gateway.ts'
import { BoundedMap } from './kernel/bounded-map.ts'
import type { DataPath } from './kernel/data-path.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'

/** Holders of callbacks remembered past their mandates' end: those whose agents push meanwhile. */
const holdersMax = 5000

/** What A2A keeps of tasks, for the sending side as well as for the receiving one. */
export interface TaskKeeping {
  readonly owners: TaskOwners
  readonly callbacks: Callbacks
  readonly pushes: PushReader & PushWriter
}

export async function openTaskKeeping(foundation: Foundation, origin: () => string): Promise<TaskKeeping> {
  const { store: rows, clock, ids, keyring, log, config, disposer } = foundation
  const owners = createTaskOwners(await openA2aTaskStore(rows), clock, log)
  disposer.add('task owners', async () => await owners.close())
  const store = await openPushStore(rows)
  const guard = createAddressGuard(config.allowAddresses)
  const callbacks = createCallbacks({ store, owners, keyring, guard, clock, ids, log, origin })
  disposer.add('push callbacks', async () => await callbacks.close())
  return { owners, callbacks, pushes: store }
}

/** Takes the pushes of agents and delivers them; what was left before the start is taken up. */
export async function openPushes(
  foundation: Foundation,
  domains: Domains,
  gateway: Gateway,
  { callbacks, pushes: store }: TaskKeeping,
): Promise<DataPath> {
  const { clock, keyring, log, config, disposer } = foundation
  // Connections of their own: receivers that answer slowly hold up no agent.
  const upstream = createUpstream(createAddressGuard(config.allowAddresses), { log, clock })
  disposer.add('webhook connections', async () => await upstream.close())
  const signer = domains.identity.nodeSigner
  const holderOf = rememberingHolders(
    (key, links) => domains.authority.holderOf(key, links),
    new BoundedMap<string, Holder>(holdersMax),
  )
  const target = (record: string) => domains.registry.target(record)
  const courier = new Courier({ gateway, store, holderOf, target, keyring, upstream, signer, clock, log })
  disposer.add('push deliveries', async () => await courier.close())
  await courier.start()
  const stored = (callback: string, holder: string): void => courier.wake(callback, holder)
  return createReceiver({ gateway, store, callbacks, holderOf, target, keyring, clock, log, stored })
}
