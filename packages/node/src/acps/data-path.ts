import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { readBody } from '../gateway/body.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import { Bucket } from '../kernel/bucket.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { Log } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import { atrProblem, registryProblem } from './problem.ts'

/** A specification of 256 KiB, also as a text within JSON. */
const bodyBytesMax = 640 * 1024
const underWayMax = 256
/** Requests of one address a second: each costs a few rows, or a signature. */
const perSecond = 100
const addressesMax = 10_000

/** What a request brings, read as far as its row asks for it. */
export interface Exchange {
  /** What stands in the path, by name; decoded. */
  readonly part: (name: string) => string
  readonly query: URLSearchParams
  /** Undefined: there is none. */
  readonly body: unknown
  /** Who sends it; asked at the beginning of whatever is not public. */
  readonly caller: () => Promise<Caller>
  /** AIC in the client certificate of the connection. */
  readonly peer: string | undefined
}

export interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One address of the interface. */
export interface Row {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: RegExp
  /** In which of the two forms errors are told. */
  readonly errors: 'registry' | 'atr'
  readonly handle: (exchange: Exchange) => Promise<Reply>
}

export interface AcpsPathParts {
  readonly rows: readonly Row[]
  readonly claims: (path: string) => boolean
  readonly callerOf: (request: IncomingMessage) => Promise<Caller>
  readonly peerOf: (request: IncomingMessage) => string | undefined
  readonly clock: Clock
  readonly log: Log
}

/** Serves rows of the interfaces of an ACPs registry. */
export function createAcpsPath(parts: AcpsPathParts): DataPath {
  const { rows, claims, clock, log } = parts
  const rate = createRate(clock)
  let underWay = 0
  return {
    claims,
    handle(request, response) {
      const { method = 'GET', url = '/' } = request
      const path = url.split('?', 1)[0]!
      const here = rows.filter((row) => row.path.test(path))
      const asked = method === 'HEAD' ? 'GET' : method
      const row = here.find((each) => each.method === asked)
      underWay++
      Promise.resolve()
        .then(async () => {
          rate(request.socket.remoteAddress ?? '', underWay)
          if (row === undefined) throw nothingThere(here)
          return await answer(parts, row, request, path)
        })
        .then((reply) => send(request, response, { ...reply, content: JSON.stringify(reply.body) }))
        .catch((error: unknown) => {
          const fault = Fault.from(error)
          if (fault.status >= 500)
            log.error('acps.request-failed', {
              error: fault.cause instanceof Error ? fault.cause.message : fault.message,
            })
          const isAtr = (row ?? here[0])?.errors === 'atr'
          send(request, response, {
            ...(isAtr ? atrProblem(fault) : registryProblem(fault)),
            headers: { ...allow(row, here), ...later(fault) },
          })
        })
        .catch(() => response.destroy())
        .finally(() => underWay--)
    },
  }
}

async function answer(
  parts: AcpsPathParts,
  row: Row,
  request: IncomingMessage,
  path: string,
): Promise<Reply> {
  const [, query = ''] = (request.url ?? '').split('?', 2)
  const parameters = new URLSearchParams(query)
  const groups = row.path.exec(path)?.groups ?? {}
  return await row.handle({
    part: (name) => decoded(groups[name] ?? ''),
    query: parameters,
    body: row.method === 'GET' ? undefined : await bodyOf(request),
    caller: async () => await parts.callerOf(request),
    peer: parts.peerOf(request),
  })
}

/** JSON, or a form as OAuth's password grant sends it, whose members are texts. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    readBody(request, bodyBytesMax, (fault, body) => (fault === undefined ? resolve(body) : reject(fault)))
  })
  if (bytes.length === 0) return undefined
  const type = request.headers['content-type'] ?? ''
  if (/^application\/x-www-form-urlencoded(?:;|$)/i.test(type))
    return Object.fromEntries(new URLSearchParams(bytes.toString()))
  if (!/^application\/json(?:;|$)/i.test(type))
    throw new Fault('input.invalid', { detail: 'the body is no application/json', where: 'content-type' })
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new Fault('input.invalid', { detail: 'the body is not JSON', where: 'body' })
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw nothingThere([])
  }
}

function nothingThere(here: readonly Row[]): Fault {
  if (here.length === 0)
    return new Fault('input.not-found', { detail: 'nothing stands at that address', where: 'path' })
  return new Fault('input.invalid', { detail: 'that method is not for this address', where: 'method' })
}

function allow(row: Row | undefined, here: readonly Row[]): Readonly<Record<string, string>> {
  if (row !== undefined || here.length === 0) return {}
  return { allow: here.map(({ method }) => method).join(', ') }
}

function later({ extra }: Fault): Readonly<Record<string, string>> {
  const retryMs = extra?.['retryAfterMs']
  return typeof retryMs === 'number' ? { 'retry-after': String(Math.max(1, Math.ceil(retryMs / 1000))) } : {}
}

/** Throws `acps.too-many`, which says when to try again. */
function createRate(clock: Clock): (address: string, underWay: number) => void {
  const buckets = new BoundedMap<string, Bucket>(addressesMax)
  return (address, underWay) => {
    const bucket = buckets.get(address) ?? new Bucket(perSecond)
    buckets.set(address, bucket)
    const retryAfterMs = underWay > underWayMax ? 1000 : bucket.take(clock.monotonicMs())
    if (retryAfterMs > 0)
      throw new Fault('acps.too-many', { detail: 'that address asks too often', extra: { retryAfterMs } })
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: {
    readonly status: number
    readonly type?: string
    readonly content: string
    readonly headers?: Readonly<Record<string, string>>
  },
): void {
  const bytes = Buffer.from(reply.content)
  response.writeHead(reply.status, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-type': reply.type ?? 'application/json',
    'content-length': bytes.length,
    // The body of a refused request may still be on its way.
    ...(request.complete || request.method === 'GET' ? {} : { connection: 'close' }),
    ...reply.headers,
  })
  if (request.method === 'HEAD') response.end()
  else response.end(bytes)
}
