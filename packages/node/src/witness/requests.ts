import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatTreeSize, treeSizeType } from '@ambit/core/log/witness'
import { Bucket } from '../kernel/bucket.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import { addCheckpoint } from './cosigning.ts'
import type { Answer, CosigningParts } from './cosigning.ts'
import { addShards } from './following.ts'
import type { ListAnswer } from './following.ts'

/** Both prefixes of c2sp.org/tlog-witness, for submission and for monitors. */
const prefix = '/witness/'
const submission = `${prefix}add-checkpoint`
/** Ours: a node tells its witness which log follows the last one. */
const introduction = `${prefix}add-shards`
const monitoring = /^\/witness\/([0-9a-f]{64})\/checkpoint$/
/** 63 hashes, and a checkpoint with sixteen signatures of ML-DSA-44. */
const bodyBytesMax = 128 * 1024
/** Requests under way, each with a body in memory. */
const underWayMax = 64
/** Of all who ask together: each costs a check of a signature, about a tenth of a millisecond. */
const perSecondMax = 400
/** A checkpoint a second, and one more for each receipt that somebody waits for: they come one after the other. */
const perLogPerSecondMax = 100
const logsMax = 1000
const text = 'text/plain; charset=utf-8'

export interface RequestParts extends Omit<CosigningParts, 'turn'> {
  readonly log: Log
  readonly metrics: Metrics
}

/**
 * The interface of a witness (c2sp.org/tlog-witness): `POST /witness/add-checkpoint` and, for monitors,
 * `GET /witness/<SHA-256 of the origin>/checkpoint`; and `POST /witness/add-shards` for nodes like this one. Nobody signs in: the log's own signature is what counts.
 */
export function createWitnessRequests(parts: RequestParts): DataPath {
  const all = new Bucket(perSecondMax)
  const ofLogs = new BoundedMap<string, Bucket>(logsMax)
  const answers = parts.metrics.counter(
    'ambit_witness_answers_total',
    'Answers to checkpoints that logs sent to be cosigned.',
    ['status'],
  )
  const cosigning: CosigningParts = {
    ...parts,
    turn(origin) {
      let bucket = ofLogs.get(origin)
      if (bucket === undefined) ofLogs.set(origin, (bucket = new Bucket(perLogPerSecondMax)))
      return bucket.take(parts.clock.monotonicMs())
    },
  }
  let underWay = 0
  function run(response: ServerResponse, work: () => Promise<void>): void {
    const waitMs = all.take(parts.clock.monotonicMs())
    if (waitMs > 0 || underWay >= underWayMax) {
      answerAdded(response, { status: 429, reason: 'this witness is asked too much', retryAfterMs: waitMs })
      return
    }
    underWay++
    work()
      .catch((error: unknown) => {
        parts.log.error('witness.failed', { error: String(error) })
        send(response, 500, text, 'the witness could not look at it; try again in a moment\n')
      })
      .finally(() => underWay--)
  }
  return {
    claims: (path) =>
      path.startsWith(prefix) && (path === submission || path === introduction || monitoring.test(path)),
    handle(request, response) {
      const path = pathOf(request)
      const method = path === submission || path === introduction ? 'POST' : 'GET'
      if (request.method !== method) {
        send(response, 405, text, `this address takes ${method}\n`, { allow: method })
        return
      }
      run(response, async () => {
        if (method === 'GET') return await serveCheckpoint(path, response, parts)
        const body = await readBody(request)
        if (body === 'broken') {
          response.destroy()
          return
        }
        const answer =
          body === 'too-large'
            ? ({ status: 413, reason: `the body is longer than ${bodyBytesMax} bytes` } as const)
            : await (path === introduction ? addShards(body, parts) : addCheckpoint(body, cosigning))
        answers.series(String(answer.status)).value += 1
        answerAdded(response, answer)
      })
    },
  }
}

async function serveCheckpoint(
  path: string,
  response: ServerResponse,
  { store }: Pick<RequestParts, 'store'>,
): Promise<void> {
  const log = await store.logById(monitoring.exec(path)?.[1] ?? '')
  if (log?.checkpoint === undefined) {
    send(response, 404, text, 'this witness has cosigned nothing of such a log\n')
    return
  }
  send(response, 200, text, log.checkpoint, {
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  })
}

function answerAdded(
  response: ServerResponse,
  answer: Answer | ListAnswer | { readonly status: 413; readonly reason: string },
): void {
  if (answer.status === 204) response.writeHead(204, { 'cache-control': 'no-store' }).end()
  else if (answer.status === 200) send(response, 200, text, answer.lines.join(''))
  else if (answer.status === 409) send(response, 409, treeSizeType, formatTreeSize(answer.size))
  else if (answer.status === 429) {
    const seconds = String(Math.max(1, Math.ceil(answer.retryAfterMs / 1000)))
    send(response, 429, text, `${answer.reason}\n`, { 'retry-after': seconds })
  } else send(response, answer.status, text, `${answer.reason}\n`)
}

/** Of a body that is too large the rest is not waited for. */
async function readBody(request: IncomingMessage): Promise<Buffer | 'too-large' | 'broken'> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > bodyBytesMax) return 'too-large'
      chunks.push(chunk)
    }
  } catch {
    // Whoever sent it went away in the middle; nobody is left to answer.
    return 'broken'
  }
  return Buffer.concat(chunks)
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // The body of a refused request may still be on its way.
    ...(response.req.complete ? {} : { connection: 'close' }),
    ...headers,
  })
  response.end(body)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split(/[?#]/, 1)[0] ?? ''
}
