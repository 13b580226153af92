import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Clock } from '../kernel/clock.ts'
import type { RouteStream } from '../kernel/route.ts'

/** Below what proxies and browsers take for a dead connection (30 s and more). */
const heartbeatMs = 15_000
/** A reader that takes nothing for this long is let go; it comes back and reads the current state. */
const stalledMs = 30_000
const nameForm = /^[A-Za-z0-9._:-]{1,200}$/

export interface SseOptions {
  readonly response: ServerResponse
  readonly headers: OutgoingHttpHeaders
  readonly events: RouteStream['events']
  readonly clock: Clock
  /** Aborts when the reader goes away or the server closes. */
  readonly signal: AbortSignal
  /** Whether the caller may still listen: asked before each event and each heartbeat. */
  readonly allowed: () => Promise<boolean>
}

/**
 * Writes a stream of server-sent events (HTML Standard, section 9.2) until it ends, the reader leaves or may no longer
 * listen. Nothing is queued here: the next event is taken when the reader has taken the one before.
 */
export async function writeEvents(options: SseOptions): Promise<void> {
  const { response, clock, signal, allowed } = options
  response.writeHead(200, {
    ...options.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  // A first line at once, so that readers and proxies see that the stream is open.
  response.write(': open\n\n')
  const iterator = options.events[Symbol.asyncIterator]()
  const stopBeating = beat(response, clock, allowed)
  try {
    while (!signal.aborted && !response.destroyed) {
      const next = await unlessAborted(signal, iterator.next())
      if (next === undefined || next.done === true || !(await allowed())) break
      if (!response.write(eventText(next.value)) && !(await drained(response, clock, signal))) break
    }
  } finally {
    stopBeating()
    // A source that waits for its next event ends by its own signal; nobody waits for it here.
    iterator.return?.().catch(() => undefined)
    response.end()
  }
}

function eventText({ event, data, id }: { event: string; data: unknown; id?: string }): string {
  // A line break in a name would let its writer forge whole events.
  if (!nameForm.test(event) || (id !== undefined && !nameForm.test(id)))
    throw new Error('an event has a name or id that cannot stand in a stream')
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

function beat(response: ServerResponse, clock: Clock, allowed: () => Promise<boolean>): () => void {
  let cancel = clock.after(heartbeatMs, tick)
  function tick(): void {
    cancel = clock.after(heartbeatMs, tick)
    sendBeat(response, allowed).catch(() => response.destroy())
  }
  return () => cancel()
}

async function sendBeat(response: ServerResponse, allowed: () => Promise<boolean>): Promise<void> {
  if (!(await allowed())) response.destroy()
  else if (!response.writableNeedDrain && !response.writableEnded) response.write(': beat\n\n')
}

/** Undefined when the signal aborts first. Leaves no listener behind, however long the stream. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  let stop: () => void = () => undefined
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** False when the reader took nothing in time, or left. */
async function drained(response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const cancel = clock.after(stalledMs, () => resolve(false))
  const drain = () => resolve(true)
  response.once('drain', drain)
  const took = await unlessAborted(signal, promise)
  cancel()
  response.removeListener('drain', drain)
  if (took !== true) response.destroy()
  return took === true
}
