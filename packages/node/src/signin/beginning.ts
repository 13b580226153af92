import { Fault } from '@ambit/core/fault'
import { calculatePKCECodeChallenge } from 'oauth4webapi'
import type { AuthorizationServer } from 'oauth4webapi'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { digestBytes } from '../kernel/digest.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { everyone } from '../vault/vault.ts'
import { scopesIn, scopeUnion } from './challenge.ts'
import { clientOf } from './client.ts'
import type { Client } from './client.ts'
import { discover, unavailable } from './discovery.ts'
import type { Discovered } from './discovery.ts'
import { isUnknownClient, redeem } from './grant.ts'
import type { Begun } from './grant.ts'
import type { Grants } from './grants.ts'
import { forgetClient, knownClient } from './registration.ts'
import type { RegistrationParts } from './registration.ts'
import type { SignInReader, SignInWriter } from './signin-store.ts'
import type { Who } from './signin.ts'

export interface BeginningParts extends RegistrationParts {
  readonly store: SignInReader & SignInWriter
  readonly keyring: Keyring
  readonly clock: Clock
  readonly grants: Grants
}

/** Where a person signs in. */
export interface SignInAddress {
  readonly url: string
  /** RFC 3339. */
  readonly expires: string
}

/** As long as people take to find a password and a second factor. */
const begunMs = 15 * 60_000
/** Begun by one person at a time; the oldest gives way. */
const begunMax = 20
const sealPurpose = 'sign-in'
const chanceBytes = 32
/** Longest `state`: ours has 43 characters. */
const stateCharactersMax = 100
const offline = 'offline_access'

/** Finds out where and as which client to sign in, and makes the address the person goes to. Throws `sign-in.unavailable`. */
export async function begin(
  parts: BeginningParts,
  who: Who,
  server: string,
  slug: string | undefined,
): Promise<SignInAddress> {
  const { store, keyring, clock, fetch, grants } = parts
  const [own, common] = await Promise.all([
    store.wanted({ organization: who.organization, person: who.person, server }),
    store.wanted({ organization: who.organization, person: everyone, server }),
  ])
  const known = [own?.metadata, common?.metadata].find((address) => address !== undefined && address !== '')
  const found = await discover(fetch, new URL(server), known === undefined ? {} : { resourceMetadata: known })
  const { metadata, resource } = found
  refuseUnsafe(metadata)
  const before = await grants.read(who, server)
  const asked = withOffline(
    scopeUnion(before?.asked ?? [], scopesIn(own?.scope), basicScopes(found, common?.scope)),
    metadata,
  )
  const client = await clientFor(parts, who, server, metadata)
  const begun: Begun = {
    frame: { person: who.person, server, resource, issuer: metadata.issuer, client, asked },
    metadata: kept(metadata),
    redirect: parts.redirect(),
    verifier: clock.random(chanceBytes).toString('base64url'),
    ...(slug === undefined ? {} : { slug }),
  }
  const state = clock.random(chanceBytes).toString('base64url')
  const now = clock.now()
  const name = digestBytes(state)
  const sealed = keyring.seal(sealPurpose, name, JSON.stringify(begun))
  const expires = now + begunMs
  const { organization, person } = who
  await store.begin({ state: name, organization, person, sealed, expires_at: expires }, now, begunMax)
  return { url: await addressOf(begun, state), expires: timeText(expires) }
}

/**
 * Takes what the person came back with. Only whoever began it may end it, else one could be led to sign in with one's own
 * account for somebody else; and only once.
 */
export async function complete(
  parts: BeginningParts,
  who: Who,
  answer: URLSearchParams,
): Promise<{ readonly server: string; readonly slug?: string }> {
  const { store, keyring, clock, fetch, grants } = parts
  const state = answer.get('state') ?? ''
  const name = digestBytes(state)
  const row = state.length > stateCharactersMax ? undefined : await store.begun(name)
  if (row === undefined || row.expires_at <= clock.now() || row.organization !== who.organization)
    throw unknown()
  if (row.person !== who.person)
    throw new Fault('sign-in.not-yours', {
      detail: 'the person signed in to this node is not the one who began it',
    })
  if (!(await store.take(name))) throw unknown()
  // Sealed by a node with this key: its form is what `begin` wrote.
  const begun = JSON.parse(keyring.open(sealPurpose, name, row.sealed).toString()) as Begun
  const { frame, slug } = begun
  try {
    await grants.keep(who.organization, await redeem(fetch, begun, answer, state, clock.now()))
  } catch (error) {
    if (isUnknownClient(error)) await forgetClient(parts, who.organization, frame.issuer)
    throw error
  }
  return { server: frame.server, ...(slug === undefined ? {} : { slug }) }
}

function unknown(): Fault {
  return new Fault('sign-in.unknown', { detail: 'there is no sign-in under way with that state' })
}

/** Registered by an operator, else by its document or by itself. */
async function clientFor(
  parts: BeginningParts,
  { organization }: Who,
  server: string,
  metadata: AuthorizationServer,
): Promise<Client> {
  const settings = await parts.grants.client(organization, server)
  if (settings === undefined) return await knownClient(parts, organization, metadata)
  if (settings.grant === 'client_credentials')
    throw unavailable('this node is let in by itself here, so nobody signs in')
  if (settings.grant === 'jwt_bearer')
    throw unavailable('an identity provider says here who you are: hand in an ID token of yours')
  return clientOf(await parts.grants.pinned(organization, server, settings, metadata.issuer), metadata)
}

/** Without proof that it knows PKCE, codes could be used by who intercepts them (basic/authorization, "PKCE"). */
function refuseUnsafe({
  authorization_endpoint: address,
  code_challenge_methods_supported: methods,
}: AuthorizationServer) {
  if (address === undefined) throw unavailable('its authorization server has no page to sign in at')
  if (methods?.includes('S256') !== true)
    throw unavailable('its authorization server does not say that it protects codes (PKCE with S256)')
}

/** What the server asked for, else all that it knows, else nothing (basic/authorization, "Scope Selection Strategy"). */
function basicScopes(
  { scopesSupported = [] }: Discovered,
  challenged: string | undefined,
): readonly string[] {
  const scopes = scopesIn(challenged)
  return scopes.length > 0 ? scopes : scopesIn(scopesSupported.join(' '))
}

/** Only where it is known there; alone it would stand for the scopes that are meant when none is named. */
function withOffline(
  scopes: readonly string[],
  { scopes_supported: known }: AuthorizationServer,
): readonly string[] {
  return scopes.length > 0 && known?.includes(offline) === true ? scopeUnion(scopes, [offline]) : scopes
}

/** What the end of the sign-in needs of the metadata: it must be that of the beginning (mix-up attacks, RFC 9207). */
function kept(metadata: AuthorizationServer): AuthorizationServer {
  const { issuer, token_endpoint, authorization_endpoint, jwks_uri } = metadata
  const {
    authorization_response_iss_parameter_supported: says,
    id_token_signing_alg_values_supported: signs,
  } = metadata
  return {
    issuer,
    ...(token_endpoint === undefined ? {} : { token_endpoint }),
    ...(authorization_endpoint === undefined ? {} : { authorization_endpoint }),
    ...(jwks_uri === undefined ? {} : { jwks_uri }),
    ...(says === undefined ? {} : { authorization_response_iss_parameter_supported: says }),
    ...(signs === undefined ? {} : { id_token_signing_alg_values_supported: signs }),
  }
}

async function addressOf({ frame, metadata, redirect, verifier }: Begun, state: string): Promise<string> {
  const url = new URL(metadata.authorization_endpoint!)
  const parameters = {
    response_type: 'code',
    client_id: frame.client.clientId,
    redirect_uri: redirect,
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    resource: frame.resource,
    ...(frame.asked.length === 0 ? {} : { scope: frame.asked.join(' ') }),
    // OpenID Connect gives no refresh token without asking the person (section 11).
    ...(frame.asked.includes(offline) ? { prompt: 'consent' } : {}),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}
