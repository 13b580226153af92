import { connect } from 'node:net'
import type { Socket } from 'node:net'

/**
 * A load generator in a process of its own: keeps N connections busy, one request after the other on each, and tells
 * how many answers came and how long each took.
 */
export interface LoadOrder {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  /** Whole HTTP requests: one for all connections, or one for each. */
  readonly requests: readonly string[]
}

export interface LoadResult {
  readonly calls: number
  readonly errors: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The first answer that was none, to say what went wrong. */
  readonly firstError?: string
}

const latenciesMax = 4_000_000
const headEnd = Buffer.from('\r\n\r\n')

async function run(order: LoadOrder): Promise<LoadResult> {
  const requests = order.requests.map((request) => Buffer.from(request))
  const latencies = new Float64Array(latenciesMax)
  const state = { calls: 0, errors: 0, firstError: undefined as string | undefined }
  const start = performance.now()
  const until = start + order.seconds * 1000
  await Promise.all(
    Array.from({ length: order.connections }, (_, at) =>
      keepBusy(order.port, requests[at % requests.length]!, until, latencies, state),
    ),
  )
  const seconds = (performance.now() - start) / 1000
  const sorted = latencies.subarray(0, Math.min(state.calls, latenciesMax)).toSorted()
  return {
    calls: state.calls,
    errors: state.errors,
    seconds,
    p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? 0,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    ...(state.firstError === undefined ? {} : { firstError: state.firstError }),
  }
}

interface State {
  calls: number
  errors: number
  firstError: string | undefined
}

function keepBusy(
  port: number,
  request: Buffer,
  until: number,
  latencies: Float64Array,
  state: State,
): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let rest: Buffer | undefined
    let sentAt = 0
    function send(): void {
      sentAt = performance.now()
      if (sentAt >= until) {
        socket.destroy()
        resolve()
        return
      }
      socket.write(request)
    }
    socket.on('connect', send)
    socket.on('error', () => {
      state.errors++
      resolve()
    })
    socket.on('close', () => resolve())
    socket.on('data', (chunk: Buffer) => {
      const data = rest === undefined ? chunk : Buffer.concat([rest, chunk])
      const end = answerEnd(data)
      if (end < 0 || data.length < end) {
        rest = data
        return
      }
      rest = undefined
      const took = performance.now() - sentAt
      if (data[9] === 0x32 && data.indexOf('"result"') >= 0 && data.indexOf('"isError":true') < 0) {
        if (state.calls < latenciesMax) latencies[state.calls] = took
        state.calls++
      } else {
        state.errors++
        state.firstError ??= data.toString('utf8', 0, 800)
      }
      send()
    })
  })
}

/** Where the answer at the start of `data` ends; -1 when that cannot be told yet. */
function answerEnd(data: Buffer): number {
  const head = data.indexOf(headEnd)
  if (head < 0) return -1
  const text = data.toString('latin1', 0, head)
  const length = /content-length: *(\d+)/i.exec(text)?.[1]
  if (length !== undefined) return head + 4 + Number(length)
  // Chunked: an answer ends with the empty chunk.
  const last = data.indexOf('0\r\n\r\n', head + 4)
  return last < 0 ? -1 : last + 5
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) =>
      process.send?.({
        result: { calls: 0, errors: 1, seconds: 0, p50Ms: 0, p99Ms: 0, firstError: String(error) },
      }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: 0 })
