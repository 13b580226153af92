import { createHash } from 'node:crypto'
import { issueAic } from '@ambit/core/id/aic'
import type { AgentRecord, RecordState } from '@ambit/core/record'
import type { Bus } from '@ambit/node/bus/bus'
import { createLocalBus } from '@ambit/node/bus/local'
import { openCa } from '@ambit/node/ca/ca'
import type { CaParts, OpenCertificateAuthority } from '@ambit/node/ca/ca'
import { createIds } from '@ambit/node/kernel/ids'
import { createKeyring } from '@ambit/node/kernel/keyring'
import { silentLog } from '@ambit/node/kernel/log'
import { createMetrics } from '@ambit/node/kernel/metrics'
import { createAddressGuard } from '@ambit/node/net/address'
import { createUpstream } from '@ambit/node/net/upstream'
import type { HttpServer } from '@ambit/node/http/server'
import type { Registry } from '@ambit/node/registry/registry'
import type { Target } from '@ambit/node/registry/target'
import type { Store } from '@ambit/node/store/store'
import { agentDocument } from './agent-record.ts'
import { handClock } from './clock.ts'
import type { HandClock } from './clock.ts'
import { startControlServer } from './control-server.ts'

const salt = Buffer.from('1234', 'hex')

/** Records in memory, as much of a registry as a certificate authority asks. */
export interface FewRecords {
  /** Gives the identity code of a new record in force. */
  add(slug: string, more?: Partial<AgentRecord>, organization?: string): string
  /** Puts a record of that very identity code in force. */
  put(aic: string, slug: string): void
  set(aic: string, change: { readonly state?: RecordState; readonly organization?: string }): void
  readonly registry: Registry
}

export interface CaRoom extends AsyncDisposable {
  readonly ca: OpenCertificateAuthority
  readonly clock: HandClock
  readonly bus: Bus
  readonly records: FewRecords
  /** Entries of the log, as they were written. */
  readonly entries: readonly Readonly<Record<string, unknown>>[]
  readonly server: HttpServer
  /** `http://localhost:<port>` */
  readonly origin: string
}

/** A certificate authority on a real server, with a clock that stands still. */
export async function openCaRoom(
  store: Store,
  more: Partial<CaParts> & { readonly clock?: HandClock; readonly records?: FewRecords } = {},
): Promise<CaRoom> {
  const { records = fewRecords(), clock = handClock(Date.UTC(2026, 10, 21)) } = more
  const keyring = createKeyring(createHash('sha256').update('a node').digest(), clock)
  const bus = more.bus ?? createLocalBus(silentLog)
  const entries: Record<string, unknown>[] = []
  const upstream = createUpstream(createAddressGuard(['127.0.0.0/8', '::1']))
  const at = { origin: '' }
  const ca = await openCa({
    store,
    keyring,
    bus,
    clock,
    upstream,
    log: silentLog,
    metrics: createMetrics(),
    ids: createIds(clock),
    registry: records.registry,
    leaves: {
      async write(entry) {
        entries.push(JSON.parse(entry) as Record<string, unknown>)
        return entries.length - 1
      },
    },
    nodeName: 'example.com',
    keyPlace: { kind: 'store' },
    trustRootsFile: undefined,
    foreignListRequired: true,
    origin: () => at.origin,
    ...more,
  })
  const server = await startControlServer({ dataPaths: [ca.dataPath], clock })
  at.origin = server.origin
  return {
    ca,
    clock,
    bus,
    records,
    entries,
    server,
    origin: server.origin,
    async [Symbol.asyncDispose]() {
      await server.close()
      await ca[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

export function fewRecords(): FewRecords {
  const kept = new Map<string, { record: AgentRecord; target: Target }>()
  function put(id: string, slug: string, more: Partial<AgentRecord>, organization: string): void {
    const record = { ...agentDocument(slug, more), id, organization, keys: [] } as AgentRecord
    const target = {
      id,
      slug,
      organization,
      kind: 'agent',
      state: 'active',
      title: slug,
    } as unknown as Target
    kept.set(id, { record, target })
  }
  const find = (slugOrId: string, organization = 'main') =>
    kept.get(slugOrId) ??
    [...kept.values()].find(({ target }) => target.slug === slugOrId && target.organization === organization)
  const registry: Pick<Registry, 'target' | 'read'> = {
    target: (slugOrId, organization) => find(slugOrId, organization)?.target,
    async read(slugOrId, organization) {
      const found = find(slugOrId, organization)
      if (found === undefined) throw new Error(`no record ${slugOrId}`)
      return found
    },
  }
  return {
    add(slug, more = {}, organization = 'main') {
      const entity = String(kept.size + 1)
      const id = issueAic({ registrar: '1', provider: '34C2', ontology: '478BDF', entity }, salt)
      put(id, slug, more, organization)
      return id
    },
    put: (aic, slug) => put(aic, slug, {}, 'main'),
    set(aic, change) {
      const { record, target } = kept.get(aic)!
      const organization = change.organization ?? target.organization
      kept.set(aic, { record: { ...record, organization }, target: { ...target, ...change } })
    },
    registry: registry as Registry,
  }
}
