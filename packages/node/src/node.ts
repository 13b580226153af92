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
import type { Health } from './ops/health.ts'
import { countMergeDelay } from './ops/merge-delay.ts'
import { watchTokens } from './ops/token-watch.ts'
import { openHealthOf } from './health.ts'
import { openJournal } from './journal.ts'
import { openDecommissionOf, openTakeOversOf } from './ending.ts'
import { openLivenessOf } from './living.ts'
import type { Liveness } from './liveness/liveness.ts'
import { nodeVersion, openIncoming, openOutgoing } from './protocols.ts'
import { openTaskKeeping } from './pushes.ts'
import { serveOwnAddresses } from './own-addresses.ts'
import type { ServedAtOwn } from './own-addresses.ts'
import { openProjectionOf } from './projecting.ts'
import { openAcpsOf } from './registering.ts'
import { createReceiptAnswers, createReceipts } from './receipt/receipt.ts'
import { keepActs, sharers } from './acts.ts'
import { openResponse } from './response/response.ts'
import type { Response } from './response/response.ts'
import { routesOf } from './routes.ts'
import { openScansOf } from './scanning.ts'
import { openStopping, orderOf } from './stopping.ts'
import type { Stopping } from './response/stop.ts'

export interface RunningNode extends AsyncDisposable {
  /** Where people reach it. */
  readonly origin: string
  readonly port: number
  /** Undefined: gRPC is not served. */
  readonly grpcPort: number | undefined
  /** Undefined: agents are not served over mutual TLS. */
  readonly agentsPort: number | undefined
  readonly metricsPort: number
  /** Where metrics and health are: `127.0.0.1:7103`, `[::1]:7103`. */
  readonly metricsAt: readonly string[]
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
  const { config, clock, bus } = foundation
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
  const { registry } = domains
  const { proves } = proofs
  const logsIn = oauth !== undefined
  const gateway = createGateway({ parts: path, registry, bus, origin, proves, logsIn, agents: agents.side })
  const planning = createPlanning({ parts: path, ...domains, origin })
  const outbox = await openJournal(foundation, domains, async (undoing) => await performUndo(path, undoing))
  // Only now: what was approved before is announced again, and the gateway listens.
  await domains.approvals.recover()
  const response = respond(foundation, domains, inFlight)
  stopReported(foundation, inFlight)
  const decommission = await openDecommissionOf(foundation, domains, { response, pushes: keeping.pushes })
  const takeOvers = await openTakeOversOf(foundation, domains, { response, decommission })
  const liveness = await openLivenessOf(foundation, domains, outgoing, response)
  stopping = await openStopping(foundation, domains, inFlight)
  const receipts = createReceipts(foundation.activityLedger, async () => await domains.contents.settle())
  const incoming = await openIncoming(foundation, domains, gateway, origin, keeping, planning)
  const { dataPaths, agentPaths, grpcPort } = incoming
  const ownPorts = new Set<number>()
  const projection = openProjectionOf(foundation, domains, origin)
  const served = serveOwnAddresses(foundation, { domains, projection, paths: incoming.own })
  const routes = routesOf({
    foundation,
    domains,
    outbox,
    response,
    decommission,
    takeOvers,
    liveness,
    projection,
    scans: openScansOf(foundation, domains, ownPorts),
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
  const acps = await openAcpsOf(foundation, domains, { projection, response, senderOf, origin })
  const also = oauth === undefined ? [] : [oauth.dataPath]
  const paths = [...dataPaths, acps.dataPath, ...also]
  server = await openPublic(foundation, domains, { routes, dataPaths: paths, agents, served })
  const forAgents = { dataPaths: [...agentPaths, acps.agentPath, ...also], ...served }
  const agentsPort = await openAgentPort(foundation, domains, agents, inFlight, forAgents)
  // Only now: what people are sent to is there.
  await domains.channels.start(channelSources(domains))
  const health = await openHealthOf(foundation, domains, inFlight, disk)
  for (const port of [server.port, agentsPort, grpcPort, health.port]) ownPorts.add(port ?? server.port)
  beginProbing(foundation, liveness)
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

/** Nobody waits for it: of many records it takes a while. */
function beginProbing({ config: { probeEveryMs }, log }: Foundation, liveness: Liveness): void {
  if (probeEveryMs === undefined) return
  liveness
    .start(probeEveryMs)
    .catch((error: unknown) => log.error('liveness.not-started', { error: String(error) }))
}

interface PublicParts {
  readonly routes: readonly Route[]
  readonly dataPaths: readonly DataPath[]
  readonly agents: Agents
  readonly served: ServedAtOwn
}

/** The port of console, API and protocols. */
async function openPublic(
  { config, clock, log, metrics, registryLedger, activityLedger }: Foundation,
  { identity }: Domains,
  { routes, dataPaths, agents, served }: PublicParts,
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
    ...served,
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
    metricsAt: health.at,
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

/** Stops acts before the disk is full, and while a log is not signed. */
async function watchDisk(foundation: Foundation, inFlight: InFlight): Promise<DiskWatch> {
  const { config, disposer } = foundation
  const disk = createDiskWatch({
    ...foundation,
    folder: config.dataFolder,
    reserveBytes: config.diskReserveBytes,
    onFull: (fault) => inFlight.hold('disk', fault),
  })
  const stopLooking = await disk.start()
  disposer.add('disk watch', async () => stopLooking())
  const stopWatching = watchTokens({
    ...foundation,
    ledgers: [foundation.activityLedger, foundation.registryLedger],
    onUnsigned: (fault) => inFlight.hold('log', fault),
  })
  disposer.add('token watch', async () => stopWatching())
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

/** The first link of the owner, or a new one: whoever starts the node can always sign in. */
async function ownerToken({ identity }: Domains): Promise<string> {
  const first = await identity.firstRunToken()
  if (first !== undefined) return first
  const people = await identity.members.people(defaultOrganization)
  const owner = people.find((person) => person.roles.includes('owner'))
  return (await identity.members.createLink(defaultOrganization, owner!.id, owner!.id)).token
}
