import { IncomingMessage } from 'node:http'
import type { ServerResponse } from 'node:http'
import { Fault, problemOf } from '@ambit/core/fault'
import type { Provider } from 'oidc-provider'
import { readBody } from '../gateway/body.ts'
import { retryAfterHeaders } from '../gateway/retry-after.ts'
import { sessionCookieName } from '../identity/identity.ts'
import type { Caller } from '../kernel/route.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import { Bucket } from '../kernel/bucket.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { Log } from '../kernel/log.ts'
import { senderOf } from '../kernel/sender.ts'
import { readClientMetadata } from './client-metadata.ts'
import { exchangeGrant } from './exchange.ts'
import type { ExchangeAnswer } from './exchange.ts'
import { actScope, isMetadataPath, resourceMetadata, resumeCookieName, scopes } from './resources.ts'
import { isServerMetadataPath, serverMetadata } from './server-metadata.ts'

/** Parameters of a request to the token endpoint: a chain of mandates is the largest. */
const formBytesMax = 128 * 1024
const registrationBytesMax = 16 * 1024
/** Requests of one address a second that cost a row or a signature, with twice as many at once: offices share one. */
const perSecond = 50
/** Of those that leave a row for half an hour or a day, which anybody may: registrations, and requests that begin. */
const beginningsPerSecond = 20
/** Addresses whose requests are counted. */
const addressesMax = 10_000
/** Where the authorization server answers by itself; the rest below `/oauth/` is the console's. */
const endpoints = new Set([
  '/oauth/authorize',
  '/oauth/token',
  '/oauth/register',
  '/oauth/revoke',
  '/oauth/jwks',
])
/** Of what says the same to everyone, in any page. */
const publicHeaders = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' } as const
const resumePrefix = '/oauth/authorize/'

export interface DataPathParts {
  readonly provider: () => Promise<Provider>
  /** Address of this node: the issuer. */
  readonly issuer: () => string
  readonly callerOf: (credential: string) => Promise<Caller | undefined>
  readonly exchange: (form: URLSearchParams, request: IncomingMessage) => Promise<ExchangeAnswer>
  readonly clock: Clock
  readonly log: Log
}

/** The addresses of the authorization server and of the metadata by which clients find it. */
export function createOAuthPath(parts: DataPathParts): DataPath {
  const rates = createRates(parts.clock)
  return {
    claims: (path) =>
      path.startsWith('/.well-known/')
        ? isMetadataPath(path) || isServerMetadataPath(path)
        : path.startsWith('/oauth/') && (endpoints.has(path) || path.startsWith(resumePrefix)),
    handle(request, response) {
      answer(parts, rates, request, response).catch((error: unknown) => {
        const fault = Fault.from(error)
        if (fault.code === 'internal') parts.log.error('oauth.request-failed', { error: String(error) })
        sendFault(response, fault)
      })
    },
  }
}

async function answer(
  parts: DataPathParts,
  rates: Rates,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? '/'
  const [path = '/'] = url.split('?', 1)
  const registers = path === '/oauth/register' && request.method === 'POST'
  if (isMetadataPath(path)) return sendResourceMetadata(parts, request, response, path)
  if (isServerMetadataPath(path))
    return sendJson(response, 200, serverMetadata(parts.issuer()), publicHeaders)
  rates(senderOf(request.socket.remoteAddress), registers || path === '/oauth/authorize')
  underPublicName(request, parts.issuer())
  if (path === '/oauth/authorize') request.url = withKnownScope(url)
  else if (path.startsWith(resumePrefix)) await refuseOtherBrowser(parts, request, path)
  if (request.method !== 'POST') return pass(parts, request, response)
  const body = await bodyOf(request, registers ? registrationBytesMax : formBytesMax)
  if (registers) return register(parts, request, response, body)
  if (path === '/oauth/token') {
    const form = new URLSearchParams(body.toString('utf8'))
    if (form.get('grant_type') === exchangeGrant) {
      const { status, body: reply } = await parts.exchange(form, request)
      return sendJson(response, status, reply)
    }
  }
  return pass(parts, replayed(request, body), response)
}

/** What this server reads of a registration (RFC 7591), and its own error where that does not hold. */
function register(
  parts: DataPathParts,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const reading = readClientMetadata(parse(body))
  if (reading.ok)
    return pass(parts, replayed(request, Buffer.from(JSON.stringify(reading.metadata))), response)
  return sendJson(response, 400, { error: reading.error, error_description: reading.what })
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/**
 * The issuer has one name, and links, cookies and proofs are made for that one, whatever name the socket was reached
 * by. What a client sent of a proxy's headers counts for nothing.
 */
function underPublicName(request: IncomingMessage, issuer: string): void {
  const { host, protocol } = new URL(issuer)
  request.headers.host = host
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
  delete request.headers['x-forwarded-host']
  delete request.headers['x-forwarded-for']
}

/** A client that asks for no scope, or for one that means nothing here, asks to act. */
function withKnownScope(url: string): string {
  const parsed = new URL(url, 'http://node')
  const asked = (parsed.searchParams.get('scope') ?? '').split(' ')
  const known = scopes.filter((scope) => scope === actScope || asked.includes(scope))
  parsed.searchParams.set('scope', known.join(' '))
  return `${parsed.pathname}${parsed.search}`
}

/**
 * The browser that goes on must be signed in as the person who decided. Else somebody could send the address of their
 * own request to another person, and get in with what that person allowed.
 */
async function refuseOtherBrowser(
  { provider, callerOf }: DataPathParts,
  request: IncomingMessage,
  path: string,
): Promise<void> {
  const uid = path.slice(resumePrefix.length)
  // The library goes on with the request that the cookie names, whatever the address says.
  const named = (request.headers.cookie ?? '').split(`${resumeCookieName}=`).slice(1)
  if (named.length > 1 || (named[0] ?? uid).split(';', 1)[0] !== uid)
    throw new Fault('oauth.request', { detail: 'the address and the cookie name two requests' })
  const decided = await (await provider()).Interaction.find(uid)
  const person = decided?.result?.login?.accountId
  if (person === undefined) return
  const session = sessionIn(request.headers.cookie)
  const caller = session === undefined ? undefined : await callerOf(session)
  if (caller?.by === 'session' && caller.person === person) return
  throw new Fault('oauth.not-yours', { detail: 'this browser is not signed in as the person who decided' })
}

function sessionIn(cookies: string | undefined): string | undefined {
  for (const cookie of cookies?.split(';') ?? []) {
    const [name, value] = cookie.trim().split('=')
    if (name === sessionCookieName && value?.startsWith('ambs_') === true) return value
  }
  return undefined
}

function pass(parts: DataPathParts, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  const failed = (error: unknown) => {
    parts.log.error('oauth.request-failed', { error: String(error) })
    sendFault(response, new Fault('internal', { detail: 'the authorization server failed', cause: error }))
  }
  parts
    .provider()
    .then(async (provider) => await provider.callback()(request, response))
    .catch(failed)
}

/** A request whose body was read, for somebody who reads it again. */
function replayed(request: IncomingMessage, body: Buffer): IncomingMessage {
  const again = new IncomingMessage(request.socket)
  Object.assign(again, {
    method: request.method,
    url: request.url,
    headers: { ...request.headers, 'content-length': String(body.length) },
    httpVersion: request.httpVersion,
    complete: true,
  })
  delete again.headers['transfer-encoding']
  again.push(body)
  again.push(null)
  return again
}

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    readBody(request, bytesMax, (fault, body) => {
      if (fault === undefined) resolve(body)
      else reject(fault)
    })
  })
}

function sendResourceMetadata(
  { issuer }: DataPathParts,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  const own = issuer()
  const { host } = request.headers
  const asked = host === undefined ? own : `${new URL(own).protocol}//${host}`
  const metadata = resourceMetadata(path, asked, own)
  if (metadata === undefined)
    throw new Fault('input.not-found', { detail: 'nothing of this node stands at that address' })
  sendJson(response, 200, metadata, publicHeaders)
}

/** Throws `oauth.too-many`, which says when to try again. */
type Rates = (address: string, begins: boolean) => void

/** Each address has its own; who asks from many is held by the counts of the store. */
function createRates(clock: Clock): Rates {
  const all = new BoundedMap<string, Bucket>(addressesMax)
  const beginnings = new BoundedMap<string, Bucket>(addressesMax)
  function take(buckets: BoundedMap<string, Bucket>, address: string, rate: number): void {
    const bucket = buckets.get(address) ?? new Bucket(rate)
    buckets.set(address, bucket)
    const retryAfterMs = bucket.take(clock.monotonicMs())
    if (retryAfterMs > 0)
      throw new Fault('oauth.too-many', { detail: 'that address asks too often', extra: { retryAfterMs } })
  }
  return (address, begins) => {
    take(all, address, perSecond)
    if (begins) take(beginnings, address, beginningsPerSecond)
  }
}

function sendFault(response: ServerResponse, fault: Fault): void {
  if (response.headersSent) response.destroy()
  else
    sendJson(response, fault.status, problemOf(fault), {
      'content-type': 'application/problem+json',
      ...retryAfterHeaders(fault),
    })
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}
