import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Decision } from '@ambit/core/decision'
import type { Fault } from '@ambit/core/fault'
import { strictestProfile } from '@ambit/core/record'
import type { Interface } from '@ambit/core/record'
import type { Pending } from '@ambit/node/approval/approval'
import { openA2aTaskStore } from '@ambit/node/gateway/a2a/a2a-task-store'
import { createCardSigner } from '@ambit/node/gateway/a2a/cards/card-signer'
import { createA2aDescribe } from '@ambit/node/gateway/a2a/describe'
import { createA2aEgress } from '@ambit/node/gateway/a2a/egress'
import type { A2aTimeouts } from '@ambit/node/gateway/a2a/egress'
import { createA2aGrpc } from '@ambit/node/gateway/a2a/grpc/ingress'
import { openGrpcListener } from '@ambit/node/gateway/a2a/grpc/listener'
import { createA2aIngress } from '@ambit/node/gateway/a2a/ingress'
import { createTaskOwners } from '@ambit/node/gateway/a2a/task-owners'
import type { Intake } from '@ambit/node/gateway/gateway'
import { systemClock } from '@ambit/node/kernel/clock'
import { digestValue } from '@ambit/node/kernel/digest'
import { silentLog } from '@ambit/node/kernel/log'
import { createAddressGuard } from '@ambit/node/net/address'
import { createUpstream } from '@ambit/node/net/upstream'
import type { Described } from '@ambit/node/registry/describe'
import type { Target, TargetCapability } from '@ambit/node/registry/target'
import { openStore } from '@ambit/node/store/store'
import { memorySigner } from './signers.ts'
import { createOpenGateway, testHolder } from './a2a-gateway.ts'
import type { OpenGateway } from './a2a-gateway.ts'

export interface A2aNodeOptions {
  /** Agents by slug: the address of each. */
  readonly agents: Readonly<Record<string, string>>
  readonly decide?: (intake: Intake) => Pending | Decision | Fault | undefined
  readonly timeouts?: A2aTimeouts
  /** Serves gRPC with this certificate. */
  readonly grpcTls?: { readonly certFile: string; readonly keyFile: string }
  /** What is changed about an agent's target, e.g. its state. */
  readonly change?: (target: Target) => Target
}

/** The A2A rooms of a node on a real socket, joined by a gateway that judges nothing. */
export interface A2aNode extends AsyncDisposable {
  readonly url: string
  /** Where it serves gRPC: `127.0.0.1:…` */
  readonly grpcAddress: string
  readonly gateway: OpenGateway
  agentUrl(slug: string): string
  /** An approval changed: whoever subscribed hears it. */
  tell(approval: string): void
}

/** Tokens: `ada` and `bob`. */
export async function startA2aNode(options: A2aNodeOptions): Promise<A2aNode> {
  const guard = createAddressGuard(['127.0.0.0/8'])
  const upstream = createUpstream(guard)
  const store = await openStore('sqlite::memory:')
  const owners = createTaskOwners(await openA2aTaskStore(store), systemClock, silentLog)
  const documents = new Map<string, string | undefined>()
  const targets = await describeAll(options, upstream, documents)
  const egress = createA2aEgress({
    upstream,
    guard,
    clock: systemClock,
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
  })
  const holders = new Map(['ada', 'bob'].map((name) => [name, testHolder(name)]))
  const gateway = createOpenGateway({
    egress,
    targets,
    holders,
    ...(options.decide === undefined ? {} : { decide: options.decide }),
  })
  const listeners = new Map<string, Set<() => void>>()
  const server = createServer({ requireHostHeader: false })
  const url = await listen(server)
  const registry = {
    target: (slug: string) => targets.find((target) => target.slug === slug),
    document: async (record: string) => await Promise.resolve(documents.get(record)),
  }
  let grpcAddress = ''
  const ingress = createA2aIngress({
    gateway,
    registry,
    cardSigner: createCardSigner(memorySigner()),
    origin: () => url,
    grpcAddress: () => grpcAddress,
    owners,
    clock: systemClock,
    onApproval: (id, listener) => subscribe(listeners, id, listener),
  })
  server.on('request', (request, response) => {
    if (ingress.claims(request.url ?? '')) ingress.handle(request, response)
    else response.writeHead(404).end()
  })
  const grpc = await openGrpcListener({
    addresses: ['127.0.0.1'],
    port: 0,
    tls: options.grpcTls,
    services: [createA2aGrpc({ parts: ingress.parts, registry })],
    clock: systemClock,
    log: silentLog,
  })
  grpcAddress = `127.0.0.1:${grpc.port}`
  return {
    url,
    grpcAddress,
    gateway,
    agentUrl: (slug) => `${url}/a2a/${slug}`,
    tell: (approval) => {
      for (const listener of listeners.get(approval) ?? []) listener()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      ingress.close?.()
      await egress.close()
      await grpc.close()
      await upstream.close()
      await owners.close()
      await store[Symbol.asyncDispose]()
    },
  }
}

function subscribe(listeners: Map<string, Set<() => void>>, id: string, listener: () => void): () => void {
  const set = listeners.get(id) ?? new Set()
  listeners.set(id, set.add(listener))
  return () => set.delete(listener)
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function describeAll(
  options: A2aNodeOptions,
  upstream: ReturnType<typeof createUpstream>,
  documents: Map<string, string | undefined>,
): Promise<readonly Target[]> {
  const guard = createAddressGuard(['127.0.0.0/8'])
  const describe = createA2aDescribe({ upstream, guard, clock: systemClock })
  const targets: Target[] = []
  for (const [slug, url] of Object.entries(options.agents)) {
    const described = await describe.describe({ url }, {}, new AbortController().signal)
    const target = a2aTarget(slug, described)
    documents.set(target.id, described.document)
    targets.push(options.change === undefined ? target : options.change(target))
  }
  return targets
}

/** The target of a described agent, active and with its definitions accepted. */
export function a2aTarget(
  slug: string,
  described: Pick<Described, 'name' | 'interfaces' | 'capabilities'>,
): Target {
  const capabilities = described.capabilities.map((capability): TargetCapability => ({
    id: capability.id,
    definition: digestValue(capability.served),
    profile: strictestProfile,
    accepted: true,
    held: false,
    served: capability.served,
  }))
  return {
    id: `1.2.156.3088.0001.${slug}`,
    slug,
    organization: 'org',
    kind: 'agent',
    digest: digestValue({ slug }),
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: described.name,
    interfaces: described.interfaces,
    capabilities: new Map(capabilities.map((capability) => [capability.id, capability])),
  }
}

/** A target that nobody described: one interface, every capability, streaming. */
export function bareA2aTarget(slug: string, url: string, transport: Interface['transport']): Target {
  const served = { name: slug, capabilities: { streaming: true } }
  const ids = ['message', 'task.get', 'task.list', 'task.cancel', 'task.track']
  return a2aTarget(slug, {
    name: slug,
    interfaces: [{ protocol: 'a2a', version: '1.0', url, transport, security: [] }],
    capabilities: ids.map((id) => ({
      id,
      name: id,
      description: '',
      inputSchema: undefined,
      outputSchema: undefined,
      hints: {},
      served: id === 'message' ? served : { id },
    })),
  })
}
