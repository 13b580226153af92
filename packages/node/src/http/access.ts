import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { defaultOrganization, sessionCookieName } from '../identity/identity.ts'
import type { Identity } from '../identity/identity.ts'
import type { Caller, Route } from '../kernel/route.ts'

/** Someone who proved who they are, and by what. */
export interface Authenticated {
  readonly caller: Caller
  readonly credential: string
  /** A browser sends a cookie by itself, also when a page of another origin makes it. */
  readonly byCookie: boolean
}

const unsafeMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Who calls, if they may call this route at all. Undefined only for public routes. Throws Faults `auth.*`, `request.cross-site`. */
export async function authorize(
  route: Route,
  headers: IncomingHttpHeaders,
  identity: Pick<Identity, 'callerOf'>,
): Promise<Authenticated | undefined> {
  if (route.access === 'public') {
    // Nobody is asked, but no other page may sign a browser in under another name either.
    if (unsafeMethods.has(route.method) && comesFromBrowser(headers)) refuseCrossSite(headers)
    return undefined
  }
  const authenticated = await authenticate(headers, identity)
  if (unsafeMethods.has(route.method) && authenticated.byCookie) refuseCrossSite(headers)
  checkRole(route, authenticated.caller)
  return authenticated
}

async function authenticate(
  headers: IncomingHttpHeaders,
  identity: Pick<Identity, 'callerOf'>,
): Promise<Authenticated> {
  const { authorization } = headers
  const cookie = authorization === undefined ? sessionOf(headers.cookie) : undefined
  if (authorization === undefined && cookie === undefined)
    throw new Fault('auth.missing', { detail: 'the request names neither a session nor a token' })
  const credential = cookie ?? bearerOf(authorization ?? '')
  if (credential.startsWith('ambm_'))
    throw new Fault('auth.unknown-token', {
      detail: 'a mandate token (ambm_) is for acts, not for this API',
      where: 'authorization',
      remedy: 'Sign in, or use an API token (amba_).',
    })
  const caller = await identity.callerOf(credential)
  if (caller === undefined)
    throw new Fault('auth.unknown-token', {
      detail: 'the session or token is none of this node, was revoked, or is past its end',
      where: cookie === undefined ? 'authorization' : 'cookie',
      remedy: 'Sign in again, or make a new API token.',
    })
  return { caller, credential, byCookie: cookie !== undefined }
}

function bearerOf(authorization: string): string {
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1]
  if (token === undefined)
    throw new Fault('auth.unknown-token', {
      detail: 'the Authorization header is not of the form `Bearer <token>`',
      where: 'authorization',
      remedy: 'Send `Authorization: Bearer ambs_…` or `Bearer amba_…`.',
    })
  return token
}

/** The cookie carries sessions only: an API token in it is not looked at. */
function sessionOf(cookies: string | undefined): string | undefined {
  for (const cookie of cookies?.split(';') ?? []) {
    const [name, value] = cookie.trim().split('=')
    if (name === sessionCookieName && value?.startsWith('ambs_') === true) return value
  }
  return undefined
}

/** An owner may do everything, an auditor may read everything; for the rest the route names the roles. */
function checkRole({ access, method, sessionOnly, nodeOnly }: Route, caller: Caller): void {
  if (sessionOnly === true && caller.by !== 'session')
    throw new Fault('auth.session-only', { detail: 'an API token cannot do this for a person' })
  if (nodeOnly === true && caller.organization !== defaultOrganization)
    throw new Fault('identity.node-operators', { detail: 'it concerns all organisations of this node' })
  if (access === 'person' || access === 'public' || caller.roles.includes('owner')) return
  if (method === 'GET' && caller.roles.includes('auditor')) return
  if (access.some((role) => caller.roles.includes(role))) return
  throw new Fault('auth.role', {
    detail: `this needs the role ${[...access.filter((role) => role !== 'owner'), 'owner'].join(' or ')}`,
    extra: { roles: access },
  })
}

function comesFromBrowser(headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined
}

/**
 * Cross-site request forgery: a request that changes something and came with a cookie must say that a page of this
 * very origin made it. SameSite is not enough: to it all ports of localhost are one site.
 */
function refuseCrossSite(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site']
  const siteHolds = site === undefined || site === 'same-origin'
  const originHolds =
    headers.origin === undefined ||
    headers.origin.replace(/^https?:\/\//, '').toLowerCase() === headers.host?.toLowerCase()
  if (siteHolds && originHolds && comesFromBrowser(headers)) return
  throw new Fault('request.cross-site', {
    detail: 'the Origin and Sec-Fetch-Site headers do not say that a page of this node sent it',
    where: 'origin',
  })
}
