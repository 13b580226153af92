import { connect } from 'node:net'
import type { Report } from './bench.ts'
import { mcpRequest } from './call/message.ts'
import { startMeasured } from './process.ts'
import type { Measured } from './process.ts'
import { bringOnline, startRunningNode } from './running-node.ts'
import type { RunningNode } from './running-node.ts'

const rounds = 20
/** A call that is not cancelled after this long counts as lost. */
const giveUpMs = 10_000
const pollMs = 5

/**
 * From the moment a recall is sent to the moment the last call under way was cancelled for its caller and a new call
 * refused; and the same for a stop, by which a person ends all that is done in their name. `--gateways 1` is what one
 * node is; `--inflight M` calls hang in an upstream that never answers.
 */
export async function run(args: readonly string[]): Promise<Report> {
  const gateways = option(args, '--gateways', 1)
  const inflight = option(args, '--inflight', 1000)
  if (gateways !== 1) throw new Error('one node is one gateway; several come with the shared bus')
  const upstream = await startMeasured(new URL('./recall/hanging-upstream.ts', import.meta.url))
  await using node = await startRunningNode()
  await bringOnline(node.ambit, { url: `http://127.0.0.1:${upstream.port}/mcp` }, 'hanging')
  const mandate = await node.ambit.mandates.grant({
    purpose: 'measure a recall',
    allow: [{ target: 'hanging', capability: '*', decision: 'autonomous' }],
  })
  const { token } = await node.ambit.mandates.connect(mandate.id)
  const scene: Scene = { node, upstream, token, inflight }
  const recalled = await measure(scene, recall)
  const stopped = await measure(scene, stop)
  await upstream.stop()
  const json = {
    gateways,
    inflight,
    rounds,
    p50Ms: recalled.p50Ms,
    p99Ms: recalled.p99Ms,
    maxMs: recalled.maxMs,
    inFlightCancelled: recalled.cancelled,
    receipts: recalled.proven,
    stopP50Ms: stopped.p50Ms,
    stopP99Ms: stopped.p99Ms,
    stopMaxMs: stopped.maxMs,
    stopInFlightCancelled: stopped.cancelled,
    stopReceipts: stopped.proven,
  }
  const table = [
    { what: 'recall', ...recalled },
    { what: 'stop', ...stopped },
  ]
  return { table, json }
}

interface Scene {
  readonly node: RunningNode
  readonly upstream: Measured
  readonly token: string
  readonly inflight: number
}

/** One way to end everything under way. */
type Ending = (node: RunningNode) => Promise<{
  /** Acts that the node says it ended. */
  readonly stopped: number
  /** Whether it left what proves it. */
  readonly isProven: boolean
  /** Lets calls through again. */
  readonly undo: () => Promise<unknown>
}>

const recall: Ending = async ({ ambit }) => {
  const { stopped, ruling } = await ambit.records.recall('hanging', { note: 'measured' })
  return {
    stopped,
    isProven: ruling.signature.value !== '',
    undo: async () => await ambit.records.reinstate('hanging', 'measured'),
  }
}

const stop: Ending = async ({ ambit }) => {
  const { stopped, stop: set } = await ambit.stops.set({ what: 'person', note: 'measured' })
  const { proof } = await ambit.stops.proof(set.id)
  return { stopped, isProven: proof !== '', undo: async () => await ambit.stops.lift(set.id) }
}

interface Ends {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Of each round: calls that were ended for their callers and by the node's own count. */
  readonly cancelled: number
  readonly proven: number
}

async function measure({ node, upstream, token, inflight }: Scene, ending: Ending): Promise<Ends> {
  const times: number[] = []
  let cancelled = 0
  let proven = 0
  for (let round = 0; round < rounds; round++) {
    const calls = Array.from({ length: inflight }, (_, at) => hangingCall(node.port, token, at + 1))
    await reached(upstream, inflight)
    const start = performance.now()
    const ended = ending(node)
    const ends = await Promise.all(calls)
    const { stopped, isProven, undo } = await ended
    times.push(Math.max(...ends.filter((end) => end > 0)) - start)
    cancelled += Math.min(stopped, ends.filter((end) => end > 0).length)
    proven += isProven ? 1 : 0
    await reached(upstream, 0)
    await undo()
  }
  times.sort((left, right) => left - right)
  return {
    p50Ms: times[rounds / 2]!,
    p99Ms: times[Math.floor(rounds * 0.99)]!,
    maxMs: times.at(-1)!,
    cancelled: cancelled / rounds,
    proven,
  }
}

function option(args: readonly string[], name: string, value: number): number {
  const at = args.indexOf(name)
  return at < 0 ? value : Number(args[at + 1])
}

/** Until so many calls hang in the upstream. */
async function reached(upstream: Measured, count: number): Promise<void> {
  const until = performance.now() + giveUpMs
  for (;;) {
    const { open } = await upstream.ask<{ open: number }>('open')
    if (open === count) return
    if (performance.now() > until) throw new Error(`${open} calls hang upstream, not ${count}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** When the answer came, in ms; -1 when none came in time. */
function hangingCall(port: number, token: string, id: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const timer = setTimeout(() => finish(-1), giveUpMs)
    function finish(at: number): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(at)
    }
    socket.on('connect', () => socket.write(mcpRequest(token, id)))
    socket.on('data', () => finish(performance.now()))
    socket.on('error', () => finish(-1))
  })
}
