import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { createCardSigner } from './gateway/a2a/cards/card-signer.ts'
import type { KeyOf } from './gateway/a2a/card-signature.ts'
import { createA2aDescribe } from './gateway/a2a/describe.ts'
import { createA2aEgress } from './gateway/a2a/egress.ts'
import { createA2aGrpc } from './gateway/a2a/grpc/ingress.ts'
import { openGrpcListener } from './gateway/a2a/grpc/listener.ts'
import { createA2aIngress } from './gateway/a2a/ingress.ts'
import { createA2aPulse } from './gateway/a2a/pulse.ts'
import { createAuthzGrpc } from './gateway/authz/grpc.ts'
import { createAuthzHttp } from './gateway/authz/http.ts'
import { withCallbacks } from './gateway/a2a/push/callback-egress.ts'
import type { Callbacks } from './gateway/a2a/push/callbacks.ts'
import type { DataPath } from './kernel/data-path.ts'
import type { Egress } from './gateway/egress.ts'
import type { DecisionPoint, Gateway } from './gateway/gateway.ts'
import type { GrpcService } from './gateway/grpc-service.ts'
import { HoldWaits } from './gateway/hold-waits.ts'
import type { Planning } from './gateway/planning.ts'
import { createMcpDescribe } from './gateway/mcp/describe.ts'
import { createMcpEgress } from './gateway/mcp/egress.ts'
import { createLegacyEgress } from './gateway/mcp/legacy/egress-session.ts'
import { createLegacyIngress } from './gateway/mcp/legacy/ingress.ts'
import type { Decisions, IngressParts } from './gateway/mcp/ingress-parts.ts'
import { createMcpIngress } from './gateway/mcp/mcp.ts'
import type { McpIngress } from './gateway/mcp/mcp.ts'
import { createMcpPulse } from './gateway/mcp/pulse.ts'
import { createModernEgress } from './gateway/mcp/modern/egress.ts'
import { createModernIngress } from './gateway/mcp/modern/ingress.ts'
import { registeredServers } from './gateway/mcp/names/registered.ts'
import { createViews } from './gateway/mcp/names/views.ts'
import { createOperations } from './gateway/mcp/operations/operations.ts'
import { createStdioEgress } from './gateway/mcp/stdio/egress-stdio.ts'
import type { StdioEgress } from './gateway/mcp/stdio/egress-stdio.ts'
import { createHomes } from './gateway/mcp/stdio/homes.ts'
import { childUser } from './gateway/mcp/stdio/user.ts'
import { openHub } from './gateway/mcp/subscriptions/open-hub.ts'
import { createSecondLook } from './gateway/mcp/subscriptions/second-look.ts'
import type { Pulse } from './liveness/pulse.ts'
import type { OwnPath } from './http/own-address.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'
import { openPushes } from './pushes.ts'
import type { TaskKeeping } from './pushes.ts'
import type { Describe } from './registry/describe.ts'

export const nodeVersion = '0.1.0'
const info = { name: 'ambit', version: nodeVersion } as const

/** The sending side of every protocol. */
export interface Outgoing {
  readonly describers: readonly Describe[]
  readonly egresses: readonly Egress[]
  readonly pulses: readonly Pulse[]
  /** Whether the program of a record runs now. */
  readonly runs: (recordId: string) => boolean
  /** The last of what the program of a record wrote for people. */
  readonly errorOutput: (recordId: string) => string | undefined
}

export function openOutgoing(foundation: Foundation, callbacks: Callbacks, keyOf?: KeyOf): Outgoing {
  const { config, clock, log, disposer } = foundation
  const guard = createAddressGuard(config.allowAddresses)
  const upstream = createUpstream(guard, { log, clock })
  disposer.add('upstream connections', async () => await upstream.close())
  const { upstreamTimeoutMs: answerTimeoutMs } = config
  const programs = programsOf(foundation)
  const stdio = openPrograms(foundation, programs)
  const mcp = createMcpEgress({
    modern: createModernEgress({ upstream, timeoutMs: answerTimeoutMs, clientInfo: info }),
    sessions: createLegacyEgress({ upstream, clock, log, limits: { answerTimeoutMs } }),
    stdio,
  })
  const agents = createA2aEgress({
    upstream,
    guard,
    clock,
    timeouts: { answerMs: answerTimeoutMs, streamIdleMs: answerTimeoutMs },
  })
  const a2a = withCallbacks(agents, callbacks)
  for (const egress of [mcp, a2a]) disposer.add(`${egress.protocol} egress`, async () => await egress.close())
  return {
    describers: [
      createA2aDescribe({ upstream, guard, clock, ...(keyOf === undefined ? {} : { keyOf }) }),
      createMcpDescribe({ upstream, clock, ...programs }),
    ],
    egresses: [mcp, a2a],
    pulses: [createMcpPulse(), createA2aPulse()],
    runs: (recordId) => stdio.runs(recordId),
    errorOutput: (recordId) => stdio.stderr(recordId),
  }
}

/** How programs run, to be described and to be called. */
function programsOf({ config, clock, log }: Foundation) {
  const user = childUser(config.childUser)
  const homes = createHomes({ dataFolder: config.dataFolder, user, clock, log })
  return { environment: config.childEnvironment, user, homes, memoryBytesMax: config.childMemoryBytes }
}

function openPrograms(
  { config, clock, log, metrics }: Foundation,
  programs: ReturnType<typeof programsOf>,
): StdioEgress {
  const failures = metrics
    .counter('ambit_child_failures_total', 'Programs that ended by themselves.')
    .series()
  const egress = createStdioEgress({
    clock,
    log,
    ...programs,
    limits: { answerTimeoutMs: config.upstreamTimeoutMs },
    failed: () => void (failures.value += 1),
  })
  metrics.gauge('ambit_children', 'Supervised programs running.', () => egress.running)
  return egress
}

/** The receiving side of every protocol. */
export interface Incoming {
  readonly dataPaths: readonly DataPath[]
  /** Those that agents reach over mutual TLS. */
  readonly agentPaths: readonly DataPath[]
  /** Those that answer at an agent's own address. */
  readonly own: { readonly a2a: OwnPath; readonly mcp: OwnPath }
  /** Undefined: gRPC is not served. */
  readonly grpcPort: number | undefined
}

/** Opens the port of gRPC; what comes over HTTP is for the one server to take. */
export async function openIncoming(
  foundation: Foundation,
  domains: Domains,
  gateway: Gateway & DecisionPoint,
  origin: () => string,
  keeping: TaskKeeping,
  planning: Planning,
): Promise<Incoming> {
  const { clock, bus } = foundation
  const mcp = openMcp(foundation, domains, gateway, planning)
  let grpcPort: number | undefined
  const a2a = createA2aIngress({
    gateway,
    registry: domains.registry,
    cardSigner: createCardSigner(domains.identity.nodeSigner),
    origin,
    grpcAddress: () => (grpcPort === undefined ? undefined : `${new URL(origin()).hostname}:${grpcPort}`),
    owners: keeping.owners,
    callbacks: keeping.callbacks,
    planning,
    clock,
    onApproval: (id, listener) =>
      bus.subscribe('approval.*', (message) => {
        if (message['id'] === id) listener()
      }),
  })
  const desk = {
    gateway,
    records: domains.registry,
    placeHeader: foundation.config.authzPlaceHeader,
    log: foundation.log,
  }
  grpcPort = await openGrpc(foundation, [
    createA2aGrpc({ parts: a2a.parts, registry: domains.registry }),
    createAuthzGrpc(desk),
  ])
  const pushes = await openPushes(foundation, domains, gateway, keeping)
  const { witness, ca } = domains
  return {
    dataPaths: [mcp, pushes, a2a, createAuthzHttp(desk), witness.dataPath, ca.dataPath],
    // What data planes ask for their clients, and what is public, has nothing to do with who is connected.
    agentPaths: [mcp, pushes, a2a],
    own: { a2a, mcp },
    grpcPort,
  }
}

async function openGrpc(
  foundation: Foundation,
  services: readonly GrpcService[],
): Promise<number | undefined> {
  const { config, clock, log, disposer } = foundation
  const { addresses, grpcPort: port, tls } = config
  if (port === undefined) return undefined
  const listener = await openGrpcListener({ addresses, port, tls, services, clock, log })
  disposer.add('gRPC listener', async () => await listener.close())
  return listener.port
}

/** An SDK gives a call up after a minute. */
const decideSoonMs = 45_000

function openDecisions({ bus, clock, config }: Foundation): Decisions {
  const soon = new HoldWaits(bus, clock, decideSoonMs)
  // A little longer than a person has, so that whoever is told was told of an end.
  const later = new HoldWaits(bus, clock, config.approvalMs + 60_000)
  return {
    soon,
    later,
    close() {
      soon.close()
      later.close()
    },
  }
}

/** What may change the view of an MCP client. */
const viewSubjects = ['record.*', 'ruling.*', 'mandate.*', 'rule.*']

function openMcp(foundation: Foundation, domains: Domains, gateway: Gateway, planning: Planning): McpIngress {
  const { clock, ids, keyring, log, bus, config } = foundation
  function onChange(listener: () => void): () => void {
    const ends = viewSubjects.map((subject) => bus.subscribe(subject, listener))
    return () => ends.forEach((end) => end())
  }
  let revision = 0
  onChange(() => void revision++)
  const views = createViews({
    visible: (holder) => gateway.visible(holder, 'mcp'),
    targets: (holder, slug) => registeredServers(domains.registry, holder, slug),
    revision: () => revision,
    toolsListedMax: config.toolsListedMax,
    mayAsk: (holder, target, capability) => planning.mayAsk(holder, target, capability),
  })
  const toolsChanged = createSecondLook({
    probe: async ({ id, organization }, person) => await domains.registry.probe(id, organization, person),
    clock,
    failed: ({ id }, error) => log.warn('registry.probe-failed', { record: id, error: String(error) }),
  })
  const hub = openHub({ gateway, views, clock, onChange, toolsChanged })
  const parts: IngressParts = {
    gateway,
    views,
    operations: createOperations({ gateway, keyring, clock }),
    planning,
    decisions: openDecisions(foundation),
    hub,
    clock,
    ids,
    keyring,
    log,
    serverInfo: info,
    onChange,
  }
  return createMcpIngress({
    gateway,
    log,
    views,
    modern: createModernIngress(parts),
    legacy: createLegacyIngress(parts),
    hub,
  })
}
