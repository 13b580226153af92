import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault, problemOf } from '@ambit/core/fault'
import type { FaultCode } from '@ambit/core/fault'
import { pem } from '@ambit/core/pem'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { Log } from '../kernel/log.ts'
import { acmeBase } from './acme.ts'
import type { Acme } from './acme.ts'
import type { AcmeAnswer } from './acme-room.ts'
import type { Authority } from './authority.ts'
import type { RevocationList } from './ca-store.ts'
import { statePaths } from './issue.ts'
import { answerOcsp, ocspBytesMax, refusal } from './ocsp.ts'
import { createRates } from './rates.ts'
import type { RevocationLists } from './revocation-lists.ts'
import type { ShortLived } from './short-lived.ts'
import type { Standing } from './standing.ts'

const base = '/acps-atr-v2'
/** A request for a certificate, twice in base64. */
const bodyBytesMax = 64 * 1024
const hourMs = 3_600_000

export interface CaPathParts {
  readonly acme: Acme
  readonly lists: RevocationLists
  readonly authority: Authority
  readonly standing: Standing
  readonly responder: () => ShortLived
  readonly trustBundle: string
  readonly origin: () => string
  readonly clock: Clock
  readonly log: Log
}

/** An answer as it is written. */
interface Reply {
  readonly status: number
  readonly type?: string
  readonly content?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** ACME's own names of errors (ACPs reference server 2.1), by ours; what is not here is a request of wrong form. */
const acmeNames: Readonly<Partial<Record<FaultCode, string>>> = {
  'acme.nonce': 'bad_nonce',
  'acme.signature': 'bad_signature',
  'acme.algorithm': 'unsupported_algorithm',
  'acme.binding': 'external_account_required',
  'acme.account': 'account_not_found',
  'acme.order': 'order_not_found',
  'acme.order-state': 'order_not_ready',
  'acme.identifier': 'invalid_identifier',
  'acme.identifier-type': 'unsupported_identifier',
  'acme.unauthorized': 'unauthorized',
  'ca.name': 'unauthorized',
  'ca.record': 'unauthorized',
  'ca.not-found': 'certificate_not_found',
  'ca.too-many': 'rate_limited',
  'ca.signer': 'server_internal',
  'ca.ended': 'server_internal',
  internal: 'server_internal',
  'input.too-large': 'malformed_request',
}

/** The public side of the authority, at the paths of the ACPs reference server (aip 4.3 and 4.4). Nobody signs in. */
export function createCaPath(parts: CaPathParts): DataPath {
  const rates = createRates(parts.clock)
  async function answer(request: IncomingMessage, path: string, isAcme: boolean): Promise<Reply> {
    const leave = rates.enter(request.socket.remoteAddress, request.method === 'POST')
    try {
      return isAcme ? await answerAcme(parts, request, path) : await answerState(parts, request, path)
    } finally {
      leave()
    }
  }
  return {
    claims: (path) =>
      path.startsWith(`${base}/`) && /^\/acps-atr-v2\/(?:acme|ca|crl|ocsp)(?:\/|$)/.test(path),
    handle(request, response) {
      const [path = '/'] = (request.url ?? '/').split('?', 1)
      const isAcme = path.startsWith(`${acmeBase}/`)
      answer(request, path, isAcme)
        .catch((error: unknown) => faultReply(parts, Fault.from(error), isAcme, path))
        .then((reply) => send(request, response, reply))
        .catch(() => response.destroy())
    },
  }
}

async function answerAcme({ acme }: CaPathParts, request: IncomingMessage, path: string): Promise<Reply> {
  const at = path.slice(acmeBase.length)
  const headers = { 'replay-nonce': acme.nonce() }
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (at === '/directory') return { status: 200, ...json(acme.directory()) }
    if (at === '/new-nonce') return { status: 200, headers }
    throw new Fault('input.not-found', { detail: 'nothing is read there without a signed request' })
  }
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'GET, HEAD, POST' } }
  if (!/^application\/jose\+json(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Fault('acme.malformed', {
      detail: 'the body is no application/jose+json',
      where: 'content-type',
    })
  const body = parsed(await bodyOf(request, bodyBytesMax))
  const answer: AcmeAnswer = await acme.post(at, body)
  const location = answer.location === undefined ? {} : { location: answer.location }
  const index = {
    link: `<${acme.directory()['newNonce'] as string}>;rel="index"`.replace('new-nonce', 'directory'),
  }
  return {
    status: answer.status,
    ...(answer.text !== undefined
      ? { type: answer.text.type, content: answer.text.content }
      : answer.body === undefined
        ? {}
        : json(answer.body)),
    headers: { ...headers, ...index, ...location },
  }
}

async function answerState(parts: CaPathParts, request: IncomingMessage, path: string): Promise<Reply> {
  const { method } = request
  if (path === statePaths.ocsp && method === 'POST')
    return await ocspReply(parts, await bodyOf(request, ocspBytesMax))
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD, POST' } }
  if (path === `${base}/ca/trust-bundle`)
    return { status: 200, type: pemType, content: parts.trustBundle, headers: kept(3600) }
  if (path === `${base}/ca/intermediate`)
    return { status: 200, type: pemType, content: parts.authority.intermediatePem, headers: kept(3600) }
  // Where the reference's command line asks for it.
  if (path === `${base}/crl`) return await listReply(parts, 'current')
  const [, kind, rest = ''] = /^\/acps-atr-v2\/(crl|ocsp)\/(.{1,8192})$/.exec(path) ?? []
  if (kind === 'crl') return await listReply(parts, rest)
  if (kind === 'ocsp') {
    const [, serial] = /^certificate\/([0-9A-Fa-f]{1,40})$/.exec(rest) ?? []
    if (serial !== undefined) return stateReply(parts, serial.toUpperCase())
    // RFC 6960, appendix A.1: base64 with what addresses cannot hold escaped.
    return await ocspReply(parts, Buffer.from(decoded(rest), 'base64'))
  }
  throw nothingThere()
}

const pemType = 'application/x-pem-file'

async function ocspReply(parts: CaPathParts, body: Uint8Array): Promise<Reply> {
  const content = await answerOcsp(body, parts)
  return { status: 200, type: 'application/ocsp-response', content, headers: { 'cache-control': 'no-store' } }
}

/** The same state in JSON, for people and programs without DER. */
function stateReply({ standing, clock }: CaPathParts, serial: string): Reply {
  const revoked = standing.revocation(serial)
  if (revoked !== undefined)
    return {
      status: 200,
      ...json({ serial, status: 'revoked', revokedAt: timeText(revoked.at), reason: revoked.reason }),
    }
  return {
    status: 200,
    ...json({ serial, status: standing.holds(serial, clock.now()) ? 'good' : 'unknown' }),
  }
}

async function listReply({ lists, origin, clock }: CaPathParts, what: string): Promise<Reply> {
  const [, hour] = /^version\/(\d{10})$/.exec(what) ?? []
  if (what === 'distribution-points')
    return { status: 200, ...json({ distributionPoints: [origin() + statePaths.list] }) }
  if (hour !== undefined) {
    const from = Date.parse(hour.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:00:00Z'))
    const list = Number.isNaN(from) ? undefined : await lists.of(from, from + hourMs)
    if (list === undefined) throw nothingThere()
    return derReply(list, clock)
  }
  if (what !== 'current' && what !== 'current/pem' && what !== 'info') throw nothingThere()
  const list = await lists.current()
  if (what === 'current') return derReply(list, clock)
  if (what === 'current/pem')
    return {
      status: 200,
      type: pemType,
      content: pem('X509 CRL', list.der),
      headers: listHeaders(list, clock),
    }
  const { number, thisUpdate, nextUpdate, entries } = list
  const times = { thisUpdate: timeText(thisUpdate), nextUpdate: timeText(nextUpdate) }
  return { status: 200, ...json({ crlNumber: number, ...times, revokedCount: entries }) }
}

function derReply(list: RevocationList, clock: Clock): Reply {
  return { status: 200, type: 'application/pkix-crl', content: list.der, headers: listHeaders(list, clock) }
}

/** Few minutes only: a revocation makes a new list at once. */
function listHeaders({ number, nextUpdate }: RevocationList, clock: Clock): Readonly<Record<string, string>> {
  const seconds = Math.max(0, Math.min(300, Math.floor((nextUpdate - clock.now()) / 1000)))
  return { ...kept(seconds), etag: `"${number}"` }
}

function kept(seconds: number): Readonly<Record<string, string>> {
  return { 'cache-control': `public, max-age=${seconds}`, 'access-control-allow-origin': '*' }
}

function nothingThere(): Fault {
  return new Fault('input.not-found', { detail: 'nothing stands at that address' })
}

function faultReply({ acme, log }: CaPathParts, fault: Fault, isAcme: boolean, path: string): Reply {
  if (fault.status >= 500)
    log.error('ca.request-failed', {
      error: fault.cause instanceof Error ? fault.cause.message : fault.message,
    })
  const problem = problemOf(fault)
  const retryMs = fault.extra?.['retryAfterMs']
  const retry =
    typeof retryMs === 'number' ? { 'retry-after': String(Math.max(1, Math.ceil(retryMs / 1000))) } : {}
  if (!isAcme && isOcsp(path))
    return { status: 200, type: 'application/ocsp-response', content: refusal('later'), headers: retry }
  const type = isAcme ? `urn:acps:error:acme:${acmeNames[fault.code] ?? 'malformed'}` : problem.type
  return {
    status: fault.status,
    type: 'application/problem+json',
    content: JSON.stringify({ ...problem, type }),
    headers: { ...retry, ...(isAcme ? { 'replay-nonce': acme.nonce() } : {}) },
  }
}

/** Of a body that is too large the rest is not waited for. */
async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytesMax)
      throw new Fault('input.too-large', {
        detail: `the body is longer than ${bytesMax} bytes`,
        where: 'body',
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function isOcsp(path: string): boolean {
  const rest = path.startsWith(statePaths.ocsp) ? path.slice(statePaths.ocsp.length) : undefined
  return rest === '' || (rest?.startsWith('/') === true && !rest.startsWith('/certificate/'))
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Fault('acme.malformed', { detail: 'the body is not JSON', where: 'body' })
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw nothingThere()
  }
}

function json(body: unknown): { readonly type: string; readonly content: string } {
  return { type: 'application/json', content: JSON.stringify(body) }
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, type, content = '', headers } = reply
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  response.writeHead(status, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(type === undefined ? {} : { 'content-type': type }),
    'content-length': bytes.length,
    // The body of a refused request may still be on its way.
    ...(request.complete || request.method !== 'POST' ? {} : { connection: 'close' }),
    ...headers,
  })
  if (request.method === 'HEAD') response.end()
  else response.end(bytes)
}
