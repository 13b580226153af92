import { decode, methodForms } from '@ambit/node/gateway/a2a/grpc/codec'
import { foreignError } from '@ambit/node/gateway/a2a/grpc/status'
import { foreignCanaries } from './canary.ts'
import { isStream } from './grpc-drafts.ts'
import type { GrpcShot } from './grpc-drafts.ts'
import type { GrpcAnswer } from './grpc-lane.ts'
import type { Objection } from './judge.ts'

const unknown = 2
const statusMax = 16
const frameHeadBytes = 5

/** Looks at what came back for one call. `known`: secrets of others that the caller gave itself. */
export function judgeGrpc(
  shot: GrpcShot,
  answer: GrpcAnswer,
  known: ReadonlySet<string>,
): Objection | undefined {
  const details = detailsOf(answer)
  const heads = JSON.stringify([answer.headers, answer.trailers])
  const text = [heads, details?.toString('latin1') ?? '', answer.body.toString('latin1')].join('\n')
  const leaked = foreignCanaries(text, shot.holder).filter((canary) => !known.has(canary))
  if (leaked.length > 0) return { kind: 'leak', why: `${shot.holder} got ${leaked.join(', ')}` }
  const why =
    answer.missing ??
    headObjection(answer) ??
    statusObjection(shot, answer, details) ??
    bodyObjection(shot, answer)
  return why === undefined ? undefined : { kind: 'undefined', why }
}

function headObjection({ headers, trailers }: GrpcAnswer): string | undefined {
  for (const name of ['x-injected', 'set-cookie']) {
    if (name in headers || name in trailers) return `the metadata ${name} came through`
  }
  return undefined
}

function statusObjection(
  shot: GrpcShot,
  { headers, trailers, whole }: GrpcAnswer,
  details: Buffer | undefined,
): string | undefined {
  if (!whole) return undefined
  const http = headers[':status']
  if (http !== 200) return http === 415 && !shot.plain ? undefined : `the HTTP status ${http}`
  const text = String(trailers['grpc-status'] ?? headers['grpc-status'])
  const code = Number(text)
  if (!/^\d{1,2}$/.test(text) || code > statusMax) return `the status ${text}`
  const words = String(trailers['grpc-message'] ?? headers['grpc-message'] ?? '')
  const infos = foreignError(code, words, details).details as readonly { metadata?: { code?: unknown } }[]
  if (infos.some(({ metadata }) => metadata?.code === 'internal'))
    return `an internal fault: ${words.slice(0, 300)}`
  const isBehindAgent = shot.flavour === 'odd' || shot.flavour === 'broken'
  return code === unknown && !isBehindAgent ? `an error without a name: ${words.slice(0, 300)}` : undefined
}

/** Frames that hold what the method gives: one answer, or events. */
function bodyObjection(shot: GrpcShot, { headers, trailers, body, whole }: GrpcAnswer): string | undefined {
  const { response } = methodForms[shot.method]
  let rest = body
  let count = 0
  while (rest.length >= frameHeadBytes) {
    const end = frameHeadBytes + rest.readUInt32BE(1)
    if (rest[0] !== 0) return `a frame with the flag ${String(rest[0])}`
    if (rest.length < end) break
    if (decode(response, rest.subarray(frameHeadBytes, end)) === undefined)
      return `no ${response.name} in a frame`
    rest = rest.subarray(end)
    count++
  }
  if (!whole) return undefined
  if (rest.length > 0) return 'a frame without its end'
  const isOk = (trailers['grpc-status'] ?? headers['grpc-status']) === '0'
  return isOk && !isStream(shot.method) && count !== 1 ? `${count} answers` : undefined
}

function detailsOf({ headers, trailers }: GrpcAnswer): Buffer | undefined {
  const text = trailers['grpc-status-details-bin'] ?? headers['grpc-status-details-bin']
  return typeof text === 'string' ? Buffer.from(text, 'base64') : undefined
}
