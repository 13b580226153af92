import { Fault } from '@ambit/core/fault'
import { processDiscoveryResponse } from 'oauth4webapi'
import type { AuthorizationServer } from 'oauth4webapi'
import { z } from 'zod'
import type { BearerChallenge } from './challenge.ts'
import { safeAddress } from './guarded-fetch.ts'
import type { GuardedFetch } from './guarded-fetch.ts'

/** Where one signs in for a server. */
export interface Discovered {
  /** The server's identifier as it publishes it, letter for letter: the audience of tokens (RFC 8707). */
  readonly resource: string
  readonly scopesSupported: readonly string[] | undefined
  readonly metadata: AuthorizationServer
}

/** Protected resource metadata (RFC 9728 section 2); other members are not used. */
const resourceSchema = z.looseObject({
  resource: z.string().max(2000),
  authorization_servers: z.array(z.string().max(2000)).min(1).max(20),
  scopes_supported: z.array(z.string().max(200)).max(200).optional(),
})
type ResourceMetadata = z.infer<typeof resourceSchema>

/** Finds out where to sign in for a server (MCP 2026-07-28, basic/authorization, "Discovery"). Throws `sign-in.unavailable`. */
export async function discover(
  fetch: GuardedFetch,
  server: URL,
  challenge: BearerChallenge,
): Promise<Discovered> {
  const found = await readResource(fetch, server, challenge)
  // Servers of 2025-03-26 publish no such document: they are their own authorization server.
  if (found === undefined) {
    const metadata = await readIssuer(fetch, server.origin)
    return { resource: withoutHash(server), scopesSupported: undefined, metadata }
  }
  if (!covers(found.resource, server)) {
    throw unavailable('its metadata is about another server: the `resource` in it does not match its address')
  }
  return {
    resource: found.resource,
    scopesSupported: found.scopes_supported,
    metadata: await readIssuer(fetch, found.authorization_servers[0]!),
  }
}

/** Reads the metadata of an authorization server by its issuer. Throws `sign-in.unavailable`. */
export async function readIssuer(fetch: GuardedFetch, issuer: string): Promise<AuthorizationServer> {
  const url = safeAddress(issuer)
  for (const address of issuerAddresses(url)) {
    const response = await getJson(fetch, address)
    if (response === undefined) continue
    try {
      return checked(await processDiscoveryResponse(url, response))
    } catch (error) {
      if (Fault.is(error)) throw error
      throw unavailable(
        'the metadata of its authorization server is not of its form, or names another issuer',
        error,
      )
    }
  }
  throw unavailable('its authorization server publishes no metadata where clients look for it')
}

/** What this node needs of an authorization server. */
function checked(metadata: AuthorizationServer): AuthorizationServer {
  const { token_endpoint: token, authorization_endpoint: authorization } = metadata
  if (token === undefined) throw unavailable('its authorization server names no token endpoint')
  // Where secrets go and where a person is sent.
  for (const address of [token, authorization, metadata.registration_endpoint])
    if (address !== undefined) safeAddress(address)
  return metadata
}

async function readResource(
  fetch: GuardedFetch,
  server: URL,
  { resourceMetadata }: BearerChallenge,
): Promise<ResourceMetadata | undefined> {
  // What the server named may have moved since it did.
  const named = resourceMetadata === undefined ? [] : [safeAddress(resourceMetadata).href]
  for (const address of [...named, ...resourceAddresses(server)]) {
    const response = await getJson(fetch, address)
    if (response === undefined) continue
    const parsed = resourceSchema.safeParse(await response.json().catch(() => undefined))
    if (parsed.success) return parsed.data
    throw unavailable('the document that says where to sign in is not of its form')
  }
  if (resourceMetadata === undefined) return undefined
  throw unavailable('the document that says where to sign in cannot be read')
}

/** Of the path first (RFC 9728 section 3.1). */
function resourceAddresses(server: URL): readonly string[] {
  const root = `${server.origin}/.well-known/oauth-protected-resource`
  const path = server.pathname.replace(/\/$/, '')
  return path === '' ? [root] : [`${root}${path}${server.search}`, root]
}

/** RFC 8414 with the path put in, then OpenID Connect the same way, then as it does itself (basic/authorization). */
function issuerAddresses(issuer: URL): readonly string[] {
  const known = (kind: string) => `${issuer.origin}/.well-known/${kind}`
  const path = issuer.pathname.replace(/\/$/, '')
  if (path === '') return [known('oauth-authorization-server'), known('openid-configuration')]
  return [
    `${known('oauth-authorization-server')}${path}`,
    `${known('openid-configuration')}${path}`,
    `${issuer.origin}${path}/.well-known/openid-configuration`,
  ]
}

/** The same origin, and the server's path is the resource's or below it. */
function covers(resource: string, server: URL): boolean {
  const url = URL.parse(resource)
  if (url === null || url.hash !== '' || url.origin !== server.origin) return false
  const path = url.pathname.replace(/\/$/, '')
  return (
    server.pathname === url.pathname || server.pathname === path || server.pathname.startsWith(`${path}/`)
  )
}

function withoutHash(server: URL): string {
  const url = new URL(server)
  url.hash = ''
  return url.href
}

/** Undefined where there is no such document. */
async function getJson(fetch: GuardedFetch, address: string): Promise<Response | undefined> {
  const response = await fetch(address, { method: 'GET', headers: { accept: 'application/json' } })
  return response.status === 200 ? response : undefined
}

export function unavailable(detail: string, cause?: unknown): Fault {
  return new Fault('sign-in.unavailable', { detail, ...(cause === undefined ? {} : { cause }) })
}
