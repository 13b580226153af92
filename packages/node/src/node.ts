import type { Protocol } from '@ambit/core/record'
import { channelSources } from './channels.ts'
import { openClientAccess } from './client-access.ts'
import { countActs, countObserved, openTraffic } from './counting.ts'
import { stopReported } from './agent-keys.ts'
import { createAgents, openAgentPort } from './agents.ts'
import type { Agents } from './agents.ts'
import type { Config } from './config.ts'
import type { AgentKeys } from './did/did.ts'
import { openDomains } from './domains.ts'
import type { Domains } from './domains.ts'
import { openFoundation } from './foundation.ts'
import type { Foundation } from './foundation.ts'
import { createGateway, stopMandates, stopSubject } from './gateway/create-gateway.ts'
import type { Egress } from './gateway/egress.ts'
import { createPlanning } from './gateway/planning.ts'
import { HoldWaits } from './gateway/hold-waits.ts'
import { InFlight } from './gateway/in-flight.ts'
import type { PathParts } from './gateway/parts.ts'
import type { Traffic } from './gateway/traffic.ts'
import { performUndo } from './gateway/undo.ts'
import { consoleFolder } from './http/static.ts'
import { openServer } from './http/server.ts'
import type { HttpServer } from './http/server.ts'
import { defaultOrganization } from './identity/identity.ts'
import { signInLink } from './identity/people-routes.ts'
import { createKeyProofs } from './oauth/oauth.ts'
import type { DataPath } from './kernel/data-path.ts'
import type { Route } from './kernel/route.ts'
import { createBackups } from './ops/backup.ts'
import type { Backups } from './ops/backup.ts'
import { createDiskWatch } from './ops/disk-watch.ts'
import type { DiskWatch } from './ops/disk-watch.ts'
import { openHealth } from './ops/health.ts'
import type { Health } from './ops/health.ts'
import { countMergeDelay, ledgerCheck } from './ops/merge-delay.ts'
import { openJournal } from './journal.ts'
import { openDecommissionOf } from './ending.ts'
import { openLivenessOf } from './living.ts'
import { nodeVersion, openIncoming, openOutgoing } from './protocols.ts'
import { openTaskKeeping } from './pushes.ts'
import { openProjectionOf } from './projecting.ts'
import { createReceiptAnswers, createReceipts } from './receipt/receipt.ts'
import { keepActs, sharers } from './acts.ts'
import { openResponse } from './response/response.ts'
import type { Response } from './response/response.ts'
import { routesOf } from './routes.ts'
import { openStopping, orderOf } from './stopping.ts'
import type { Stopping } from './response/stop.ts'
import { observing } from './ops/status.ts'

export interface RunningNode extends AsyncDisposable {
  /** Where people reach it. */
  readonly origin: string
  readonly port: number
  /** Undefined: gRPC is not served. */
  readonly grpcPort: number | undefined
  /** Undefined: agents are not served over mutual TLS. */
  readonly agentsPort: number | undefined
  readonly metricsPort: number
  readonly at: readonly string[]
  /** A one-time link for the owner. */
  readonly signInLink: string
  /** Takes no new acts, lets those under way end, writes everything down, and closes. */
  stop(): Promise<void>
}

/** Acts under way when the node stops have this long to end by themselves. */
const drainMs = 10_000

/** Starts a node in this process. Whatever was opened is closed again when a later part fails. */
export async function startNode(config: Config): Promise<RunningNode> {
  const foundation = await openFoundation(config)
  try {
    return await startOn(foundation)
  } catch (error) {
    await foundation.disposer.dispose()
    throw error
  }
}

async function startOn(foundation: Foundation): Promise<RunningNode> {
  const { config, clock } = foundation
  const inFlight = new InFlight()
  const traffic = openTraffic(foundation)
  const holdWaits = new HoldWaits(foundation.bus, clock, config.holdWaitMs)
  let server: HttpServer | undefined
  let stopping: Stopping | undefined
  const origin = () => server?.origin ?? ''
  const keeping = await openTaskKeeping(foundation, origin)
  let keys: AgentKeys | undefined
  const outgoing = openOutgoing(foundation, keeping.callbacks, async (kid, signal) => {
    // Nobody is described before the rooms are open.
    return await keys?.resolve(kid, signal)
  })
  const domains = await openDomains(foundation, {
    describers: outgoing.describers,
    origin,
    stopMandates: async (ids) => stopMandates(inFlight, ids).length,
    stopAgent: async (caller, suspended, what) => {
      await stopping?.stop(caller, orderOf(caller, suspended, what))
    },
  })
  keys = domains.agentKeys
  await keepActs(foundation, domains, inFlight)
  const disk = await watchDisk(foundation, inFlight)
  const agents = createAgents(foundation, domains, origin)
  const proofs = createKeyProofs(clock, origin)
  const { senderOf } = agents.proofs
  const oauth = await openClientAccess(foundation, domains, { origin, proofs, senderOf })
  const path = pathParts(foundation, domains, outgoing.egresses, inFlight, traffic, holdWaits, origin)
  const gateway = createGateway({
    parts: path,
    targets: (organization) => domains.registry.targets(organization),
    bus: foundation.bus,
    origin,
    proves: proofs.proves,
    logsIn: oauth !== undefined,
    agents: agents.side,
  })
  const planning = createPlanning({ parts: path, ...domains, origin })
  const outbox = await openJournal(foundation, domains, async (undoing) => await performUndo(path, undoing))
  // Only now: what was approved before is announced again, and the gateway listens.
  await domains.approvals.recover()
  const response = respond(foundation, domains, inFlight)
  stopReported(foundation, inFlight)
  const { pushes } = keeping
  const decommission = await openDecommissionOf(foundation, domains, { response, pushes })
  const liveness = await openLivenessOf(foundation, domains, outgoing, response)
  stopping = await openStopping(foundation, domains, inFlight)
  const receipts = createReceipts(foundation.activityLedger, async () => await domains.contents.settle())
  const incoming = await openIncoming(foundation, domains, gateway, origin, keeping, planning)
  const { dataPaths, agentPaths, grpcPort } = incoming
  const routes = routesOf({
    foundation,
    domains,
    outbox,
    response,
    decommission,
    liveness,
    projection: openProjectionOf(foundation, domains, origin),
    stopping,
    receipts,
    inFlight,
    traffic,
    disk,
    backups: backupsOf(foundation),
    errorOutput: outgoing.errorOutput,
    oauth,
    origin,
  })
  const withOAuth = (paths: readonly DataPath[]) => (oauth === undefined ? paths : [...paths, oauth.dataPath])
  server = await openPublic(foundation, domains, { routes, dataPaths: withOAuth(dataPaths), agents })
  const agentsPort = await openAgentPort(foundation, domains, agents, inFlight, withOAuth(agentPaths))
  // Only now: what people are sent to is there.
  await domains.channels.start(channelSources(domains))
  const health = await openHealthOf(foundation, domains, inFlight, disk)
  if (config.probeEveryMs !== undefined) await liveness.start(config.probeEveryMs)
  return runningNode({
    foundation,
    inFlight,
    holdWaits,
    dataPaths,
    server,
    health,
    grpcPort,
    agentsPort,
    signInLink: signInLink(server.origin, await ownerToken(domains)),
  })
}

interface PublicParts {
  readonly routes: readonly Route[]
  readonly dataPaths: readonly DataPath[]
  readonly agents: Agents
}

/** The port of console, API and protocols. */
async function openPublic(
  { config, clock, log, metrics, registryLedger, activityLedger }: Foundation,
  { identity }: Domains,
  { routes, dataPaths, agents }: PublicParts,
): Promise<HttpServer> {
  return await openServer({
    ...config,
    routes,
    dataPaths,
    files: new Map([
      ['registry', async (path) => await registryLedger.file(path)],
      ['activity', async (path) => await activityLedger.file(path)],
    ]),
    consoleFolder,
    identity,
    clock,
    log,
    metrics,
    signed: (request) => agents.proofs.signed(request),
  })
}

async function openHealthOf(
  foundation: Foundation,
  domains: Domains,
  inFlight: InFlight,
  disk: DiskWatch,
): Promise<Health> {
  return await openHealth({
    ...foundation,
    addresses: ['127.0.0.1', '::1'],
    port: foundation.config.metricsPort,
    hosts: foundation.config.hosts,
    warnings: () => warningsOf(foundation),
    checks: checksOf(foundation, domains, inFlight, disk),
  })
}

interface RunningParts {
  readonly foundation: Foundation
  readonly inFlight: InFlight
  readonly holdWaits: HoldWaits
  readonly dataPaths: readonly DataPath[]
  readonly server: HttpServer
  readonly health: Health
  readonly grpcPort: number | undefined
  readonly agentsPort: number | undefined
  readonly signInLink: string
}

/** Stops in order: no new acts, those under way to their end, then everything that was opened. */
function runningNode(parts: RunningParts): RunningNode {
  const { foundation, inFlight, holdWaits, dataPaths, server, health } = parts
  let stopping: Promise<void> | undefined
  async function stop(): Promise<void> {
    // What would stay open by itself is no reason to wait.
    for (const dataPath of dataPaths) dataPath.close?.()
    holdWaits.close()
    await inFlight.drain((run) => foundation.clock.after(drainMs, run))
    await server.close()
    await health[Symbol.asyncDispose]()
    await foundation.disposer.dispose()
  }
  return {
    origin: server.origin,
    port: server.port,
    grpcPort: parts.grpcPort,
    agentsPort: parts.agentsPort,
    metricsPort: health.port,
    at: server.at,
    signInLink: parts.signInLink,
    stop: async () => await (stopping ??= stop()),
    [Symbol.asyncDispose]: async () => await (stopping ??= stop()),
  }
}

/** Carries out what authorities rule, on the acts under way here. */
function respond(foundation: Foundation, { registry }: Domains, inFlight: InFlight): Response {
  const { activityLedger, clock } = foundation
  return openResponse({
    registry,
    async stop(subject) {
      const acts = stopSubject(inFlight, subject)
      return { stopped: acts.length, acts }
    },
    log: activityLedger,
    clock,
    gateway: activityLedger.name,
  })
}

/** Stops acts before the disk is full. */
async function watchDisk(foundation: Foundation, inFlight: InFlight): Promise<DiskWatch> {
  const { config, disposer } = foundation
  const disk = createDiskWatch({
    ...foundation,
    folder: config.dataFolder,
    reserveBytes: config.diskReserveBytes,
    onFull: (fault) => inFlight.hold(fault),
  })
  const stopLooking = await disk.start()
  disposer.add('disk watch', async () => stopLooking())
  return disk
}

function backupsOf(foundation: Foundation): Backups {
  const { config, registryLedger, activityLedger } = foundation
  return createBackups({
    ...config,
    ...foundation,
    logs: () =>
      [registryLedger, activityLedger].map((ledger) => {
        const place = ledger.place(ledger.size)
        return { origin: place.origin, size: place.index }
      }),
    version: nodeVersion,
  })
}

function pathParts(
  foundation: Foundation,
  domains: Domains,
  egresses: readonly Egress[],
  inFlight: InFlight,
  traffic: Traffic,
  holdWaits: HoldWaits,
  origin: () => string,
): PathParts {
  const { metrics, clock, ids, log, activityLedger, registryLedger } = foundation
  countMergeDelay(metrics, [activityLedger, registryLedger])
  metrics.gauge('ambit_acts_in_flight', 'Acts under way.', () => inFlight.size)
  return {
    authority: domains.authority,
    targets: domains.registry,
    rulings: domains.rulings,
    ledger: activityLedger,
    receipts: createReceiptAnswers({
      ledger: activityLedger,
      settle: async () => await domains.contents.settle(),
      clock,
      urlOf: (act) => `${origin()}/api/acts/${act}/receipt`,
    }),
    contents: domains.contents.acts,
    approvals: domains.approvals,
    holdWaits,
    vault: domains.vault,
    observe: foundation.config.observe,
    signIns: domains.signIns,
    signInUrl: (slug) => `${origin()}/registry/${slug}/sign-in`,
    egresses: new Map<Protocol, Egress>(egresses.map((egress) => [egress.protocol, egress])),
    inFlight,
    replica: sharers(foundation)?.self,
    traffic,
    metrics: { act: countActs(metrics), observed: countObserved(foundation) },
    clock,
    ids,
    log,
  }
}

function checksOf(
  { activityLedger, registryLedger, store }: Foundation,
  { contents }: Domains,
  inFlight: InFlight,
  disk: DiskWatch,
) {
  return [
    ...[activityLedger, registryLedger].map((ledger) => ledgerCheck(ledger.name, ledger)),
    { name: 'acts', reason: async () => (inFlight.draining ? 'the node is stopping' : undefined) },
    {
      name: 'disk',
      reason: async () => (disk.state.level === 'full' ? 'too little room to begin acts' : undefined),
    },
    { name: 'contents', reason: async () => contents.acts.refusal?.detail },
    {
      name: 'store',
      async reason() {
        await store.ping()
        return undefined
      },
    },
  ]
}

function warningsOf({ config, bus }: Foundation): string[] {
  return [...(config.observe ? [observing] : []), ...(bus.connected ? [] : [busAway])]
}

const busAway = 'NATS is away: what other replicas change is seen here up to ten seconds later'

/** The first link of the owner, or a new one: whoever starts the node can always sign in. */
async function ownerToken({ identity }: Domains): Promise<string> {
  const first = await identity.firstRunToken()
  if (first !== undefined) return first
  const people = await identity.members.people(defaultOrganization)
  const owner = people.find((person) => person.roles.includes('owner'))
  return (await identity.members.createLink(defaultOrganization, owner!.id, owner!.id)).token
}
