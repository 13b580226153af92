import { a2aDraft } from './a2a-drafts.ts'
import type { RawAnswer } from './answer-reader.ts'
import { startFuzzBed } from './bed.ts'
import type { FuzzBed, FuzzHolder, Protocol } from './bed.ts'
import { foreignCanaries } from './canary.ts'
import { Failures } from './failures.ts'
import type { Shot } from './draft.ts'
import { checkHealth, rssMbOf } from './health.ts'
import { shotOf } from './hostile-request.ts'
import { grpcShot } from './grpc-drafts.ts'
import type { GrpcShot } from './grpc-drafts.ts'
import { GrpcLane } from './grpc-lane.ts'
import { judge } from './judge.ts'
import { judgeGrpc } from './judge-grpc.ts'
import { Lane } from './lane.ts'
import type { Exchange } from './lane.ts'
import { mcpDraft } from './mcp-drafts.ts'
import { randomAt } from './random.ts'
import type { Random } from './random.ts'
import { callbacks } from './upstream-a2a.ts'

/** Connections at the same time; of those for A2A so many are of gRPC. */
const laneCount = 32
const grpcLaneCount = 4
/** Most messages one behind the other on one connection. */
const pipelinedMax = 4
const healthEvery = 1000
/** What a node under this traffic may use: its limits (actBodyBytesMax, answerBytesMax) times the lanes, and itself. */
const rssMbMax = 1200
/** A run that keeps finding the same ends early. */
const failuresMax = 2000

export interface CampaignOptions {
  readonly protocol: Protocol
  readonly messages: number
  readonly seed: number
  /** Told now and then how far it is. */
  readonly progress?: (line: string) => void
}

export interface CampaignReport {
  readonly messages: number
  readonly crashes: number
  readonly leaks: number
  readonly undefinedErrors: number
  readonly seed: number
  readonly perS: number
  readonly rssMb: number
  /** The longest that a check of its health took. */
  readonly slowestCheckMs: number
  /** Answers of hostile upstreams. */
  readonly upstreamAnswers: number
  /** What was found, each kind once, and the file that holds the messages; absent when nothing was. */
  readonly failures?: readonly string[]
  readonly reproducers?: string
}

/** Sends hostile messages to a node with hostile upstreams and says what it did that no protocol allows. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { protocol, seed } = options
  const failures = new Failures(protocol, seed)
  await using bed = await startFuzzBed(protocol)
  const run: Run = {
    options,
    bed,
    failures,
    next: 0,
    nextLook: healthEvery,
    rssMb: 0,
    slowestMs: 0,
    underWay: [],
    over: false,
  }
  const begun = performance.now()
  const grpcFrom = protocol === 'a2a' ? laneCount - grpcLaneCount : laneCount
  await Promise.all(
    Array.from(
      { length: laneCount },
      async (_, place) => await (place < grpcFrom ? runLane(run, place) : runGrpcLane(run, place)),
    ),
  )
  const perS = Math.round(run.next / ((performance.now() - begun) / 1000))
  await look(run)
  for (const secret of bed.loggedSecrets) failures.add('leak', `a log line held ${secret}`, undefined)
  if (bed.upstream.withoutCredential > 0 && bed.upstream.asked > 0) {
    const { withoutCredential } = bed.upstream
    failures.add(
      'undefined',
      `${withoutCredential} requests upstream lacked the credential of the record`,
      undefined,
    )
  }
  const reproducers = failures.write(bed.lastLog)
  return {
    messages: run.next,
    crashes: failures.count('crash'),
    leaks: failures.count('leak'),
    undefinedErrors: failures.count('undefined'),
    seed,
    perS,
    rssMb: Math.round(run.rssMb),
    slowestCheckMs: Math.round(run.slowestMs),
    upstreamAnswers: bed.upstream.asked,
    ...(reproducers === undefined ? {} : { failures: failures.kinds(), reproducers }),
  }
}

interface Run {
  readonly options: CampaignOptions
  readonly bed: FuzzBed
  readonly failures: Failures
  next: number
  /** The message after which the health of the node is looked at. */
  nextLook: number
  rssMb: number
  slowestMs: number
  /** What each connection sent last. */
  readonly underWay: (readonly Shot[])[]
  over: boolean
}

async function runLane(run: Run, place: number): Promise<void> {
  const { options, bed } = run
  const lane = new Lane(bed.node.port)
  while (run.next < options.messages && !run.over) {
    const at = run.next
    const random = randomAt(options.seed, at)
    const holder = random.onceIn(2) ? bed.holders.ann : bed.holders.bob
    const shots = volley(run, holder, at)
    run.next += shots.length
    run.underWay[place] = shots
    for (const { bytes } of shots) {
      for (const canary of foreignCanaries(bytes.toString('latin1'), holder.name)) holder.known.add(canary)
    }
    try {
      const exchange = await lane.send(random, shots)
      if (exchange.missing !== undefined) await settle()
      if (bed.exit === undefined) judgeAll(run, holder, shots, exchange)
    } catch (error) {
      await settle()
      ended(run, `no connection: ${String(error)}`)
    }
    await lookNow(run)
  }
  lane.close()
}

/** The same over gRPC, one call after the other. */
async function runGrpcLane(run: Run, place: number): Promise<void> {
  const { options, bed, failures } = run
  const lane = new GrpcLane(bed.node.grpcPort)
  while (run.next < options.messages && !run.over) {
    const at = run.next++
    const random = randomAt(options.seed, at)
    const holder = random.onceIn(2) ? bed.holders.ann : bed.holders.bob
    const shot = grpcShot(random, at, { ...sceneOf(bed, holder, random), agents: bed.names })
    run.underWay[place] = [shot]
    for (const canary of foreignCanaries(shot.bytes.toString('latin1'), holder.name)) holder.known.add(canary)
    const answer = await lane.send(random, shot)
    if (answer?.missing !== undefined) await settle()
    if (answer !== undefined && bed.exit === undefined) {
      const objection = judgeGrpc(shot, answer, holder.known)
      if (objection !== undefined)
        failures.add(objection.kind, `${shot.what}: ${objection.why}`, [withHead(shot)])
    }
    await lookNow(run)
  }
  lane.close()
}

/** A call's path and metadata are no part of its bytes; for whoever reads what was found they stand before these. */
function withHead(shot: GrpcShot): GrpcShot {
  const head = Buffer.from(`${shot.path} ${JSON.stringify(shot.metadata)} ${shot.manner}\n`)
  return { ...shot, bytes: Buffer.concat([head, shot.bytes]) }
}

async function lookNow(run: Run): Promise<void> {
  if (run.bed.exit !== undefined) ended(run, run.bed.exit)
  else if (run.next >= run.nextLook) {
    run.nextLook += healthEvery
    await look(run)
  }
  if (run.failures.total > failuresMax) run.over = true
}

/** A connection breaks before the end of its process is heard of. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 200))
}

/** The node is gone: what was under way on all connections is what may have ended it. */
function ended(run: Run, why: string): void {
  if (run.over) return
  run.over = true
  run.failures.add('crash', run.bed.exit ?? why, run.underWay.flat())
}

/** One to a few messages; one in ten is sent twice. */
function volley(run: Run, holder: FuzzHolder, first: number): readonly Shot[] {
  const { options, bed } = run
  const count = 1 + Math.max(0, randomAt(options.seed, first).below(pipelinedMax * 2) - pipelinedMax)
  for (const { path, token } of callbacks.splice(0)) holder.memory.keep('callback', `${path} ${token}`)
  const shots: Shot[] = []
  for (let at = first; shots.length < count; at++) {
    const random = randomAt(options.seed + 1, at)
    const known = sceneOf(bed, holder, random)
    const draft =
      options.protocol === 'mcp'
        ? mcpDraft({ ...known, tools: bed.names })
        : a2aDraft({ ...known, agents: bed.names })
    const shot = shotOf(random, at, holder.name, draft)
    shots.push(shot)
    // After what HTTP may cut elsewhere nothing can be told of what follows.
    if (!shot.framed) break
    if (random.onceIn(10) && shots.length < count) shots.push(shot)
  }
  return shots
}

function sceneOf(bed: FuzzBed, { name, token, memory }: FuzzHolder, random: Random) {
  const other = name === 'ann' ? bed.holders.bob : bed.holders.ann
  return { random, holder: name, token, own: memory, other: other.memory }
}

function judgeAll(run: Run, holder: FuzzHolder, shots: readonly Shot[], exchange: Exchange): void {
  const { options, failures } = run
  for (const [at, answer] of exchange.answers.entries()) {
    const shot = shots[Math.min(at, shots.length - 1)]!
    learn(holder, answer)
    const objection = judge(options.protocol, shot, answer, holder.known)
    if (objection !== undefined && (shot.framed || objection.kind === 'leak' || answer.status >= 500)) {
      failures.add(objection.kind, `${shot.what}: ${objection.why}`, [shot])
    }
  }
  if (exchange.missing !== undefined) failures.add('undefined', exchange.missing, shots)
}

const learned: readonly (readonly [kind: string, form: RegExp])[] = [
  ['task', /"(?:id|taskId)":"(task-CANARY-[\w-]+|[\w-]{20,60})"/g],
  ['context', /"contextId":"([\w-]{8,80})"/g],
  ['state', /"requestState":"([^"\\]{1,2000})"/g],
  ['cursor', /"nextCursor":"([^"\\]{1,500})"/g],
  ['page', /"nextPageToken":"([^"\\]{1,500})"/g],
  ['push', /"(?:pushNotificationConfigId|configId)":"([\w-]{1,80})"/g],
  ['event', /^id: ?(\S+)/gm],
]

/** Takes from an answer what later messages can name. */
function learn({ memory }: FuzzHolder, { headers, body }: RawAnswer): void {
  const session = headers.get('mcp-session-id')?.[0]
  if (session !== undefined) memory.keep('session', session)
  if (body.length > 20_000) return
  const text = body.toString('utf8')
  for (const [kind, form] of learned) {
    for (const match of text.matchAll(form)) memory.keep(kind, match[1]!)
  }
}

/** Whether the node still answers as it should, and how much it uses. */
async function look(run: Run): Promise<void> {
  const { bed, failures, options } = run
  if (bed.exit !== undefined) return
  run.rssMb = Math.max(run.rssMb, rssMbOf(bed.node.child.pid!))
  if (run.rssMb > rssMbMax) {
    failures.add('crash', `the node uses ${Math.round(run.rssMb)} MB`, undefined)
    run.over = true
  }
  const begun = performance.now()
  const why = await checkHealth(options.protocol, bed)
  run.slowestMs = Math.max(run.slowestMs, performance.now() - begun)
  if (why !== undefined) failures.add('crash', why, undefined)
  options.progress?.(`${run.next} messages, ${failures.total} failures, ${Math.round(run.rssMb)} MB`)
}
