import { Fault } from '@ambit/core/fault'
import type { PushConfig } from '@ambit/core/wire/a2a/push'
import type { A2aVersion } from '@ambit/core/wire/a2a/version'
import type { Holder } from '../../../authority/authority.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { namedId } from '../../../kernel/ids.ts'
import type { Ids } from '../../../kernel/ids.ts'
import type { Keyring } from '../../../kernel/keyring.ts'
import type { Log } from '../../../kernel/log.ts'
import { createTurns } from '../../../kernel/turns.ts'
import type { AddressGuard } from '../../../net/address.ts'
import { refuseWebhook } from '../../../net/webhook.ts'
import type { TaskOwners } from '../task-owners.ts'
import {
  callbackOfUrl,
  callbackUrl,
  contentOf,
  keptConfig,
  newCallbackToken,
  openConfig,
  sealConfig,
  tokenHash,
} from './callback.ts'
import type { KeptConfig } from './callback.ts'
import type { CallbackRow, PushReader, PushWriter } from './push-store.ts'

/** Configurations of one task: one for each place that wants to know. */
const perTaskMax = 10
/** Configurations of one holder: more tasks than anyone follows at once. */
const perHolderMax = 2000
/** An act may wait a week for a person (AMBIT_APPROVAL_MINUTES) before its configuration is sent. */
const unsentMs = 8 * 86_400_000
/** How long an agent may still push after it said that the task is over. */
const afterEndMs = 86_400_000
/** No task goes on for longer. */
const keptMs = 90 * 86_400_000
const sweepEveryMs = 3_600_000

/** What the agent gets in place of the client's configuration. */
export interface AgentConfig {
  readonly url: string
  readonly token: string
  /** Only where the client's has one: agents that know nothing else then use it. */
  readonly authentication?: { readonly scheme: 'Bearer'; readonly credentials: string }
}

/**
 * The clients' configurations of push notifications and what the agents get in their place: an address of this node
 * with a token of its own, so that no agent learns where its caller is reached.
 */
export interface Callbacks {
  /**
   * Keeps a client's configuration, to be sent under the id given back. Throws `address.refused` where its address may
   * not be called, `push.too-many`, `input.invalid`.
   */
  prepare(holder: Holder, record: string, config: PushConfig, version?: A2aVersion): Promise<CallbackRow>
  /** The agent is about to get it. Undefined when it is gone. */
  arm(id: string, act: string, trace: string): Promise<AgentConfig | undefined>
  /** The agent has it, under this id; gives what the client sent. */
  settle(id: string, config: string | undefined): Promise<KeptConfig | undefined>
  /** The task that the message made; another holder's task is never bound. */
  bind(row: CallbackRow | string, task: string): Promise<boolean>
  /** Its agent may not push any more. */
  isOver(row: CallbackRow): boolean
  /** The client's configuration behind an address of this node, where it is this holder's for this task. */
  ofUrl(url: unknown, of: TaskOf): Promise<KeptConfig | undefined>
  /** Ends those with this id; what waits is not delivered any more. */
  end(of: TaskOf, config: string): Promise<void>
  /** Ends one, whatever became of it. Never rejects. */
  drop(id: string): void
  close(): Promise<void>
}

export interface TaskOf {
  readonly holder: string
  readonly record: string
  readonly task: string
}

export interface CallbacksParts {
  readonly store: PushReader & PushWriter
  readonly owners: TaskOwners
  readonly keyring: Keyring
  readonly guard: AddressGuard
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** Public address of the node, without a slash at the end; known once it listens. */
  readonly origin: () => string
}

export function createCallbacks(parts: CallbacksParts): Callbacks {
  const { store, owners, keyring, clock, log, origin } = parts
  const turns = createTurns()
  const dropping = new Set<Promise<void>>()
  let cancelSweep = clock.after(sweepEveryMs, sweep)
  function sweep(): void {
    cancelSweep = clock.after(sweepEveryMs, sweep)
    const now = clock.now()
    const before = { unsent: now - unsentMs, ended: now - afterEndMs, made: now - keptMs }
    store
      .sweep(before)
      .catch((error: unknown) => log.warn('a2a.callbacks-not-swept', { error: String(error) }))
  }
  async function rowOf(url: unknown, of: TaskOf): Promise<CallbackRow | undefined> {
    const id = callbackOfUrl(url)
    const row = id === undefined ? undefined : await store.callback(id)
    return row?.holder === of.holder && row.record === of.record && row.task === of.task ? row : undefined
  }
  async function bind(of: CallbackRow | string, task: string): Promise<boolean> {
    const row = typeof of === 'string' ? await store.callback(of) : of
    if (row === undefined || (row.task !== null && row.task !== task)) return false
    if (row.task === task) return true
    const owner = { key: row.holder, organization: row.organization }
    return (await owners.take(owner, row.record, task)) && (await store.bind(row.id, task))
  }
  return {
    async prepare(holder, record, config, version) {
      await refuseWebhook(config.url, parts.guard, clock)
      // One after the other, so that two at once do not both find room.
      return await turns.take(holder.key, async () => await prepare(parts, holder, record, config, version))
    },
    async arm(id, act, trace) {
      const row = await store.callback(id)
      if (row === undefined) return undefined
      const token = newCallbackToken((bytes) => clock.random(bytes))
      const maker = row.task === null ? act : ((await owners.actOf(row.record, row.task)) ?? act)
      await store.changeCallback(id, { token: tokenHash(token), act: maker, trace })
      const authenticated = openConfig(keyring, row).authentication !== undefined
      return {
        url: callbackUrl(origin(), id),
        token,
        ...(authenticated ? { authentication: { scheme: 'Bearer', credentials: token } } : {}),
      }
    },
    async settle(id, config) {
      const row = await store.callback(id)
      if (row === undefined) return undefined
      if (config !== undefined && config !== row.config) await store.changeCallback(id, { config })
      // A configuration of the same name is replaced by the new one.
      for (const other of await store.ofTask(row.holder, row.record, row.task ?? '')) {
        if (other.id !== id && other.config === (config ?? row.config)) await store.removeCallback(other.id)
      }
      return openConfig(keyring, row)
    },
    bind,
    isOver: ({ made, ended }) =>
      made + keptMs < clock.now() || (ended !== null && ended + afterEndMs < clock.now()),
    async ofUrl(url, of) {
      const row = await rowOf(url, of)
      return row === undefined ? undefined : openConfig(keyring, row)
    },
    async end(of, config) {
      for (const row of await store.ofTask(of.holder, of.record, of.task)) {
        if (row.config === config) await store.removeCallback(row.id)
      }
    },
    drop(id) {
      const dropped = store
        .removeCallback(id)
        .catch((error: unknown) => log.warn('a2a.callback-not-dropped', { id, error: String(error) }))
      dropping.add(dropped)
      void dropped.finally(() => dropping.delete(dropped))
    },
    async close() {
      cancelSweep()
      await Promise.all(dropping)
    },
  }
}

async function prepare(
  { store, keyring, clock, ids }: CallbacksParts,
  holder: Holder,
  record: string,
  config: PushConfig,
  version: A2aVersion | undefined,
): Promise<CallbackRow> {
  const task = config.taskId ?? null
  const kept = keptConfig(config, version)
  const content = contentOf(keyring, config.id, kept)
  // A client that asks again for what waits for a person asks for the same thing.
  const known = task === null ? undefined : await store.unsent(holder.key, record, task, content)
  if (known !== undefined) return known
  if ((await store.count(holder.key)) >= perHolderMax)
    throw tooMany(`${perHolderMax} of this holder are kept already`)
  if (task !== null) {
    const others = await store.ofTask(holder.key, record, task)
    if (others.length >= perTaskMax && !others.some((other) => other.config === config.id))
      throw tooMany(`this task has ${perTaskMax} already`)
  }
  const id = namedId(ids, 'cb')
  const row: CallbackRow = {
    id,
    organization: holder.organization,
    holder: holder.key,
    links: JSON.stringify(holder.chain.links),
    record,
    task,
    config: config.id ?? id,
    content,
    sealed: sealConfig(keyring, id, kept),
    token: null,
    act: null,
    trace: null,
    made: clock.now(),
    ended: null,
    heard: 0,
    last: null,
  }
  await store.addCallback(row)
  return row
}

function tooMany(detail: string): Fault {
  return new Fault('push.too-many', { detail })
}
