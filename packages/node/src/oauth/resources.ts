import type { HostNames } from '../kernel/host-names.ts'
import { proofAlgorithms } from './dpop.ts'

/** What a client may do under a mandate; which acts, the mandate says. */
export const actScope = 'acts'
/** The client may renew its access while the mandate lasts. */
const offlineScope = 'offline_access'
export const scopes = [actScope, offlineScope] as const
/** Names the request that a browser goes on with. */
export const resumeCookieName = 'ambit_oauth_resume'

const metadataPath = '/.well-known/oauth-protected-resource'
const resourceForm = /^\/(?:mcp|mcp\/[a-z0-9][a-z0-9-]{0,62}|a2a|a2a\/[a-z0-9][a-z0-9-]{0,62})$/
const slugForm = /^\/(?:mcp|a2a)\/([a-z0-9-]+)$/

/** What of this node a client wants access to: all servers, or the one at that slug. */
export interface Resource {
  readonly protocol: 'mcp' | 'a2a'
  readonly slug: string | undefined
}

/**
 * Reads a resource indicator (RFC 8707): an address of this node, by any name it answers for. Undefined for any other.
 * Every address is the same gateway: what a token is good for, its mandate says and not the address.
 */
export function readResource(text: string, names: HostNames): Resource | undefined {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return undefined
  if (!names.knowsOrigin(url.origin)) return undefined
  const path = url.pathname.replace(/\/$/, '')
  if (path === '') return { protocol: 'mcp', slug: undefined }
  if (!resourceForm.test(path)) return undefined
  return { protocol: path.startsWith('/a2a') ? 'a2a' : 'mcp', slug: slugForm.exec(path)?.[1] }
}

export function isMetadataPath(path: string): boolean {
  return path === metadataPath || path.startsWith(`${metadataPath}/`)
}

/**
 * Protected resource metadata (RFC 9728 sections 2 and 3.1): of the path, under the name by which it was asked, since
 * a client compares it with the address it was given. Undefined where nothing of this node stands.
 */
export function resourceMetadata(path: string, asked: string, issuer: string): object | undefined {
  const place = path.slice(metadataPath.length).replace(/\/$/, '')
  if (place !== '' && !resourceForm.test(place)) return undefined
  return {
    resource: `${asked}${place}`,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: proofAlgorithms,
    resource_name: 'Ambit',
  }
}
