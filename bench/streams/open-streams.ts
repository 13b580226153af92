import { addStdioTarget, addTarget } from './bed.ts'
import type { Bed, StreamCounts } from './bed.ts'
import { Connection } from './connection.ts'
import { heldWord, originCount, pulseTool, streamRequest } from './message.ts'
import type { Asked, Protocol } from './message.ts'

/** Streams that are being opened at the same time: the backlog of a listener holds them. */
const openingMax = 64
const pulses = 3
const pulseTimeoutMs = 30_000
const sampleEveryMs = 100
/** After this long with all streams open and silent, what opening them left behind is collected. */
const settleMs = 10_000

export interface OpenStreams extends StreamCounts {
  readonly protocol: Protocol
  readonly openS: number
  /** Until an event that the upstream wrote on every stream had reached every client. */
  readonly pulseMs: number
  /** The most that the node used from the first stream to the last event. */
  readonly rssMb: number
  readonly settledMb: number
  readonly emptyMb: number
}

/** Opens so many streams through the node, each with a stream of the upstream behind it, and lets events flow on all. */
export async function measureOpenStreams(
  bed: Bed,
  protocol: Protocol,
  counts: StreamCounts,
): Promise<OpenStreams> {
  const open = await openerFor(bed, protocol, counts)
  const emptyMb = bed.node.usage().rssMb
  const peak = samplePeak(bed)
  const start = performance.now()
  const connections: Connection[] = []
  let next = 0
  const openSome = async () => {
    for (let at = next++; at < counts.streams; at = next++) connections.push(await open.stream(at))
  }
  await Promise.all(Array.from({ length: openingMax }, openSome))
  const openS = (performance.now() - start) / 1000
  let pulseMs = 0
  for (let turn = 1; turn <= pulses; turn++) {
    const pulsed = performance.now()
    await open.pulse()
    await everyStreamHas(turn, connections)
    pulseMs = Math.max(pulseMs, performance.now() - pulsed)
  }
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  const settledMb = bed.node.usage().rssMb
  const rssMb = peak.stop()
  for (const connection of connections) connection.close()
  // Leaving a stream of A2A cancels no task, so its upstream may go on.
  if (protocol === 'mcp') await released(bed)
  return { protocol, ...counts, openS, pulseMs, rssMb, settledMb, emptyMb }
}

interface Opener {
  stream(at: number): Promise<Connection>
  /** Lets every upstream write one event on every stream. */
  pulse(): Promise<void>
}

async function openerFor(
  bed: Bed,
  protocol: Protocol,
  { streams, overStdio }: StreamCounts,
): Promise<Opener> {
  const targets: Asked[] = []
  for (let origin = 1; origin <= originCount; origin++) targets.push(await addTarget(bed, protocol, origin))
  const stdio = overStdio === 0 ? undefined : await addStdioTarget(bed)
  const requests = targets.map((asked) => streamRequest(protocol, asked, heldWord))
  const stdioRequest = stdio === undefined ? '' : streamRequest('mcp', stdio, heldWord)
  return {
    async stream(at) {
      const connection = await Connection.open(bed.node.port, `127.0.0.${1 + (at % originCount)}`)
      await connection.firstEvent(at < overStdio ? stdioRequest : requests[at % originCount]!)
      connection.hold()
      return connection
    },
    async pulse() {
      const { pulse: held } = await bed.upstream.ask<{ pulse: number }>('pulse')
      if (held !== streams - overStdio) throw new Error(`${held} streams are open upstream of ${streams}`)
      if (stdio === undefined) return
      const connection = await Connection.open(bed.node.port)
      await connection.ask(streamRequest('mcp', stdio, 'now', pulseTool))
      connection.close()
    },
  }
}

async function everyStreamHas(events: number, connections: readonly Connection[]): Promise<void> {
  const until = performance.now() + pulseTimeoutMs
  for (;;) {
    const missing = connections.filter((connection) => connection.events !== events).length
    if (missing === 0) return
    if (performance.now() > until)
      throw new Error(`${missing} of ${connections.length} streams did not get their event`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Clients that went away take their upstream streams with them. */
async function released(bed: Bed): Promise<void> {
  const until = performance.now() + pulseTimeoutMs
  for (;;) {
    const { held } = await bed.upstream.ask<{ held: number }>('held')
    if (held === 0) return
    if (performance.now() > until) throw new Error(`${held} streams stay open upstream without a client`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function samplePeak(bed: Bed): { stop(): number } {
  let most = 0
  const sample = () => (most = Math.max(most, bed.node.usage().rssMb))
  const timer = setInterval(sample, sampleEveryMs)
  return {
    stop() {
      clearInterval(timer)
      sample()
      return most
    },
  }
}
