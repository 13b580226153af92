import { aicChecksum } from '@ambit/core/id/aic'
import { sign } from '@ambit/core/signature'
import type { Signer } from '@ambit/core/signature'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { createLocalBus } from '../bus/local.ts'
import type { Bus } from '../bus/bus.ts'
import { timeText } from '../kernel/clock.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import type { Target } from '../registry/target.ts'
import type { Store } from '../store/store.ts'
import { openAgentKeys } from './did.ts'
import { changedKeys } from './key-room.ts'

export const owner: Caller = { person: 'p_ada', organization: 'main', roles: ['owner'], by: 'session' }
export const second: Caller = { ...owner, person: 'p_ben' }
export const dayMs = 86_400_000

/** The code of the n-th agent of a test. */
export function aicOf(n: number): string {
  const body = `1.2.156.3088.1.1.1.${n.toString(36).toUpperCase()}.1`
  return `${body}.${aicChecksum(body, Uint8Array.of(1, 2))}`
}

/** The room of agents' keys with a registry of records that a test puts in; `open` starts a replica on the same store. */
export async function keyWorld(store: Store, bus: Bus = createLocalBus(silentLog)) {
  const clock = handClock()
  const memory = memoryLog()
  const log = {
    leaves: memory.leaves,
    /** As when the log can take no more. */
    fails: false,
    async write(entry: string) {
      if (log.fails) throw new Error('the log is away')
      return await memory.write(entry)
    },
  }
  const activity = memoryLog()
  const targets = new Map<string, Target>()
  const kept = new Map<string, Signer>()
  /** Keys whose mandates were ended, in order. */
  const ended: string[] = []
  /** Documents by address. */
  const documents = new Map<string, string>()
  const node = memorySigner()

  function record(aic: string, change: Partial<Target>): void {
    const before = targets.get(aic)
    targets.set(aic, { ...(before ?? targetOf(aic)), ...change })
  }
  /** As the registry has it: of a named organisation, only its own. */
  const byAic = (aic: string, organization: string | undefined) => {
    const found = targets.get(aic)
    return organization === undefined || found?.organization === organization ? found : undefined
  }
  const open = async (ofReplica = bus) =>
    await openAgentKeys({
      store,
      log,
      activity,
      bus: ofReplica,
      clock,
      ids: createIds(clock),
      keyring: createKeyring(Buffer.alloc(32, 7), clock),
      events: silentLog,
      identity: {
        async createHolderKey() {
          const signer = memorySigner()
          kept.set(signer.key, signer)
          return signer.key
        },
        holderSigner: async (key) => kept.get(key),
      },
      target: (name, organization) =>
        byAic(name, organization) ??
        [...targets.values()].find(
          (each) => each.slug === name && (organization ?? 'main') === each.organization,
        ),
      async endMandates(keys) {
        ended.push(...keys)
        return keys.length
      },
      async fetchText(url) {
        const text = documents.get(url)
        if (text === undefined) throw new Error('nothing is there')
        return text
      },
      origin: () => 'https://node.example',
      nodeKey: node.key,
    })
  return { clock, log, activity, targets, kept, ended, documents, node, record, open, bus }
}

export type KeyWorld = Awaited<ReturnType<typeof keyWorld>>
export type World = KeyWorld & { readonly keys: Awaited<ReturnType<KeyWorld['open']>> }

function targetOf(aic: string): Target {
  return {
    id: aic,
    slug: `agent-${aic.split('.').at(-3)!.toLowerCase()}`,
    organization: 'main',
    kind: 'agent',
    digest: `sha256:${'0'.repeat(64)}`,
    version: '1.0.0',
    state: 'draft',
    ruling: undefined,
    title: 'An agent',
    interfaces: [],
    capabilities: new Map(),
  }
}

/** An agent in force with a key of its own. */
export async function bringIn({ keys, record, bus }: World, aic: string): Promise<Signer> {
  const signer = memorySigner()
  await keys.admission.claim(aic, 'main', { keys: [signer.key], aliases: [] })
  record(aic, { keys: [signer.key], state: 'active' })
  await activate(bus, aic)
  return signer
}

/** Whoever follows the rulings writes the keys down behind the turn, and then tells. */
export async function activate(bus: Bus, aic: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = bus.subscribe(changedKeys, () => resolve())
  bus.publish('ruling.activation', { record: aic })
  await promise
  end()
}

export async function rotation(
  { clock }: Pick<KeyWorld, 'clock'>,
  agent: string,
  old: Signer,
  next: Signer,
  change: object = {},
) {
  const body = {
    v: 1 as const,
    type: 'agent-key.rotation' as const,
    agent,
    key: old.key,
    next: next.key,
    at: timeText(clock.now()),
    nonce: clock.random(18).toString('base64url'),
    ...change,
  }
  const { signature } = await sign(body, old)
  return { body, signature, proof: (await sign(body, next)).signature }
}
