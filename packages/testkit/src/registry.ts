import { Fault } from '@ambit/core/fault'
import type { Bus } from '@ambit/node/bus/bus'
import { createLocalBus } from '@ambit/node/bus/local'
import { loadCatalog } from '@ambit/node/kernel/catalog'
import { createIds } from '@ambit/node/kernel/ids'
import { createKeyring } from '@ambit/node/kernel/keyring'
import { silentLog } from '@ambit/node/kernel/log'
import type { Caller } from '@ambit/node/kernel/route'
import type { Describe, Described, DescribedCapability } from '@ambit/node/registry/describe'
import { openRegistry } from '@ambit/node/registry/registry'
import type { ProvedDomains } from '@ambit/node/registry/registry'
import { openRulings } from '@ambit/node/ruling/ruling'
import type { Store } from '@ambit/node/store/store'
import { handClock } from './clock.ts'
import { memoryLog } from './logs.ts'
import { memorySigner } from './signers.ts'

export const operator: Caller = {
  person: 'p_operator',
  organization: 'main',
  roles: ['operator'],
  by: 'session',
}

export const auditor: Caller = { ...operator, person: 'p_auditor', roles: ['auditor'] }

export function toolOf(
  id: string,
  description = '',
  properties: Record<string, unknown> = {},
): DescribedCapability {
  const inputSchema = { type: 'object', properties }
  return {
    id,
    name: id,
    description,
    inputSchema,
    outputSchema: undefined,
    hints: {},
    served: { name: id, description, inputSchema },
  }
}

/** A tool server that answers from memory; change `tools` and it serves something else. */
export interface FakeUpstream extends Describe {
  tools: DescribedCapability[]
  isUp: boolean
  name: string
  /** What it was sent with the last question. */
  lastHeaders: Readonly<Record<string, string>>
  lastEnv: Readonly<Record<string, string>>
  asked: number
  interfaceUrl: string | undefined
  /** The document it describes itself in, where it has one. */
  document: string | undefined
}

export function fakeUpstream(): FakeUpstream {
  return {
    protocol: 'mcp',
    tools: [toolOf('list_notes', 'Lists notes'), toolOf('delete_note', 'Deletes a note', { id: {} })],
    isUp: true,
    name: 'Notes',
    lastHeaders: {},
    lastEnv: {},
    asked: 0,
    interfaceUrl: undefined,
    document: undefined,
    async describe(source, headers): Promise<Described> {
      this.asked += 1
      this.lastHeaders = headers
      this.lastEnv = 'command' in source ? source.command.env : {}
      if (!this.isUp) throw new Fault('upstream.unreachable', { detail: 'nobody is there' })
      const url = 'url' in source ? (this.interfaceUrl ?? source.url) : 'stdio:'
      return {
        kind: 'tool-server',
        name: this.name,
        description: 'Keeps notes',
        version: '1.2.0',
        provider: { organization: 'Example', url: undefined },
        interfaces: [
          {
            protocol: 'mcp',
            version: '2025-06-18',
            url,
            transport: 'url' in source ? 'streamable-http' : 'stdio',
            security: [],
          },
        ],
        capabilities: this.tools,
        ...(this.document === undefined ? {} : { document: this.document }),
        remarks: [],
      }
    },
  }
}

/** A vault in memory. */
export function memorySecrets() {
  const entries = new Map<string, string>()
  const key = (...parts: readonly string[]) => JSON.stringify(parts)
  return {
    entries,
    async put(entry: {
      readonly organization: string
      readonly person: string
      readonly record: string
      readonly name: string
      readonly value: string
    }) {
      entries.set(key(entry.organization, entry.person, entry.record, entry.name), entry.value)
    },
    async get(organization: string, person: string, record: string, name: string) {
      return (
        entries.get(key(organization, person, record, name)) ??
        entries.get(key(organization, '*', record, name))
      )
    },
  }
}

/** No server of such a test has a sign-in. */
const nobodySignsIn = {
  authorization: async () => undefined,
  refused: async () => undefined,
  begin: async () => await Promise.reject(new Error('no server of this test has a sign-in')),
  status: async () => ({ signedIn: false, forEveryone: false, scopes: [] }),
  forget: async () => undefined,
  setClient: async () => undefined,
  setIdentity: async () => undefined,
}

/** A registry with everything it needs and nothing else; `again` opens it anew on the same store. */
export async function registryRoom(
  store: Store,
  bus: Bus = createLocalBus(silentLog),
  domains?: ProvedDomains,
  /** Names that mandates in force say, and until when. */
  named: ReadonlyMap<string, number> = new Map(),
) {
  const clock = handClock()
  const log = memoryLog()
  const activity = memoryLog()
  const signer = memorySigner()
  const secrets = memorySecrets()
  const upstream = fakeUpstream()
  const keyring = createKeyring(clock.random(32), clock)
  const catalog = loadCatalog()
  const identity = {
    createHolderKey: async () => memorySigner().key,
    createHolderKeys: async (_organization: string, count: number) =>
      Array.from({ length: count }, () => memorySigner().key),
    person: async (id: string) => ({
      id,
      name: 'Olga Operator',
      organization: 'main',
      roles: ['operator'] as const,
    }),
  }
  const open = async (ofReplica = bus) => {
    const rulings = await openRulings({ store, log, signer, bus: ofReplica, clock, ids: createIds(clock) })
    const registry = await openRegistry({
      store,
      log,
      activity,
      rulings,
      identity,
      secrets,
      signIns: nobodySignsIn,
      describers: [upstream],
      keyring,
      bus: ofReplica,
      clock,
      catalog,
      events: silentLog,
      ids: createIds(clock),
      namedInMandates: () => named,
      ...(domains === undefined ? {} : { domains }),
    })
    return { rulings, registry }
  }
  return { clock, log, activity, bus, secrets, upstream, catalog, ...(await open()), again: open }
}
