import { Fault } from '@ambit/core/fault'
import {
  AuthorizationResponseError,
  ResponseBodyError,
  authorizationCodeGrantRequest,
  clientCredentialsGrantRequest,
  customFetch,
  allowInsecureRequests,
  processAuthorizationCodeResponse,
  genericTokenEndpointRequest,
  processClientCredentialsResponse,
  processGenericTokenEndpointResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  validateAuthResponse,
} from 'oauth4webapi'
import type { AuthorizationServer, TokenEndpointResponse } from 'oauth4webapi'
import { scopesIn } from './challenge.ts'
import { proofOf } from './client.ts'
import type { Client } from './client.ts'
import { readIssuer, unavailable } from './discovery.ts'
import type { GuardedFetch } from './guarded-fetch.ts'

/** What a person (or everyone) was given for one server. Sealed in the vault as JSON. */
export interface Grant {
  /** Principal id, or `*`. */
  readonly person: string
  readonly server: string
  /** The audience its tokens are for. */
  readonly resource: string
  readonly issuer: string
  readonly client: Client
  readonly accessToken: string
  /** In ms; undefined: the server did not say. */
  readonly expiresAt?: number | undefined
  readonly refreshToken?: string | undefined
  /** What was granted, where the server says so, else what was asked for. */
  readonly scopes: readonly string[]
  readonly asked: readonly string[]
  readonly obtainedAt: number
  /** When the person signed in, however often it was renewed since. */
  readonly since: number
}

/** What all tokens of one sign-in have in common. */
export type GrantFrame = Omit<
  Grant,
  'accessToken' | 'expiresAt' | 'refreshToken' | 'scopes' | 'obtainedAt' | 'since'
>

/** One that is in the middle: the person is at the authorization server. */
export interface Begun {
  readonly frame: GrantFrame
  readonly metadata: AuthorizationServer
  readonly redirect: string
  /** PKCE (RFC 7636). */
  readonly verifier: string
  /** Of the record it was begun for, where there is one. */
  readonly slug?: string | undefined
}

/** Longest token that goes into a header; visible ASCII (RFC 6750 section 2.1). */
const tokenForm = /^[\x21-\x7e]{1,8192}$/

/**
 * Ends a sign-in with what the authorization server sent the person back with. `state` and `iss` are checked here
 * (RFC 6749 section 10.12, RFC 9207). Throws `sign-in.refused` or `sign-in.unavailable`.
 */
export async function redeem(
  fetch: GuardedFetch,
  { frame, metadata, redirect, verifier }: Begun,
  answer: URLSearchParams,
  state: string,
  now: number,
): Promise<Grant> {
  const client = { client_id: frame.client.clientId }
  try {
    const checked = validateAuthResponse(metadata, client, answer, state)
    const response = await authorizationCodeGrantRequest(
      metadata,
      client,
      await proofOf(frame.client),
      checked,
      redirect,
      verifier,
      optionsOf(fetch, { resource: frame.resource }),
    )
    return grantFrom(frame, await processAuthorizationCodeResponse(metadata, client, response), now)
  } catch (error) {
    throw refusedFault(error)
  }
}

/**
 * A new access token by the refresh token, which may be exchanged with it (OAuth 2.1 section 4.3). Undefined: it counts
 * no more, and the person signs in again.
 */
export async function renew(fetch: GuardedFetch, grant: Grant, now: number): Promise<Grant | undefined> {
  const { refreshToken, issuer, resource } = grant
  if (refreshToken === undefined) return undefined
  const metadata = await readIssuer(fetch, issuer)
  const client = { client_id: grant.client.clientId }
  try {
    const response = await refreshTokenGrantRequest(
      metadata,
      client,
      await proofOf(grant.client),
      refreshToken,
      optionsOf(fetch, { resource }),
    )
    const answer = await processRefreshTokenResponse(metadata, client, response)
    return {
      ...grantFrom(grant, answer, now, grant.scopes),
      since: grant.since,
      refreshToken: answer.refresh_token ?? refreshToken,
    }
  } catch (error) {
    if (isOver(error)) return undefined
    throw refusedFault(error)
  }
}

/** A token for this node itself (`io.modelcontextprotocol/oauth-client-credentials`). */
export async function obtain(
  fetch: GuardedFetch,
  frame: GrantFrame,
  metadata: AuthorizationServer,
  now: number,
): Promise<Grant> {
  const client = { client_id: frame.client.clientId }
  const scope = frame.asked.join(' ')
  try {
    const response = await clientCredentialsGrantRequest(
      metadata,
      client,
      await proofOf(frame.client),
      { resource: frame.resource, ...(scope === '' ? {} : { scope }) },
      optionsOf(fetch),
    )
    return grantFrom(frame, await processClientCredentialsResponse(metadata, client, response), now)
  } catch (error) {
    throw refusedFault(error)
  }
}

/** A token for a person whom an identity provider vouches for (RFC 7523 section 2.1). */
export async function exchange(
  fetch: GuardedFetch,
  frame: GrantFrame,
  metadata: AuthorizationServer,
  assertion: string,
  now: number,
): Promise<Grant> {
  const client = { client_id: frame.client.clientId }
  const scope = frame.asked.join(' ')
  try {
    const response = await genericTokenEndpointRequest(
      metadata,
      client,
      await proofOf(frame.client),
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      { assertion, resource: frame.resource, ...(scope === '' ? {} : { scope }) },
      optionsOf(fetch),
    )
    return grantFrom(frame, await processGenericTokenEndpointResponse(metadata, client, response), now)
  } catch (error) {
    throw refusedFault(error)
  }
}

/** Every address was held against `safeAddress`, which knows loopback; the library knows https only. */
function optionsOf(fetch: GuardedFetch, additionalParameters: Record<string, string> = {}) {
  return { [customFetch]: fetch, [allowInsecureRequests]: true, additionalParameters } as const
}

function grantFrom(
  frame: GrantFrame,
  answer: TokenEndpointResponse,
  now: number,
  before: readonly string[] = frame.asked,
): Grant {
  const { access_token: accessToken, token_type: type, expires_in: seconds, scope } = answer
  if (type !== 'bearer' || !tokenForm.test(accessToken))
    throw unavailable('its token is of a kind that this node does not send')
  const { person, server, resource, issuer, client, asked } = frame
  return {
    person,
    server,
    resource,
    issuer,
    client,
    asked,
    accessToken,
    expiresAt: seconds === undefined ? undefined : now + seconds * 1000,
    refreshToken: answer.refresh_token,
    scopes: scope === undefined ? before : scopesIn(scope),
    obtainedAt: now,
    since: now,
  }
}

/** Whether an error of the token endpoint says that the grant counts no more (RFC 6749 section 5.2). */
function isOver(error: unknown): boolean {
  return error instanceof ResponseBodyError && overCodes.has(error.error)
}

const overCodes = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope'])

/** Whether the authorization server does not know the client (any more). */
export function isUnknownClient(error: unknown): boolean {
  const cause = Fault.is(error) ? error.cause : error
  return cause instanceof ResponseBodyError && cause.error === 'invalid_client'
}

/** The words of the protocol; any other ones are the server's own and are not repeated. */
const errorCodes = new Set([
  'access_denied',
  'consent_required',
  'insufficient_scope',
  'interaction_required',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'login_required',
  'server_error',
  'temporarily_unavailable',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
])

function refusedFault(error: unknown): Fault {
  if (Fault.is(error)) return error
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const code = errorCodes.has(error.error) ? error.error : 'another reason'
    return new Fault('sign-in.refused', { detail: `its authorization server says: ${code}`, cause: error })
  }
  // What the library throws names the member that is wrong, and tokens only as causes.
  return unavailable(
    'the answer of its authorization server is not of its form, or not of that server',
    error,
  )
}
