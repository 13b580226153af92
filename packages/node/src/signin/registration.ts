import type { AuthorizationServer } from 'oauth4webapi'
import { z } from 'zod'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { secretMethod } from './client.ts'
import type { Client } from './client.ts'
import { unavailable } from './discovery.ts'
import type { GuardedFetch } from './guarded-fetch.ts'
import type { ClientKey, SignInReader, SignInWriter } from './signin-store.ts'

export interface RegistrationParts {
  readonly fetch: GuardedFetch
  readonly store: SignInReader & SignInWriter
  readonly keyring: Keyring
  readonly clock: Clock
  /** Where people come back to. */
  readonly redirect: () => string
  /** https address of the document that names this node as a client; undefined while it has none. */
  readonly document: () => string | undefined
}

const sealPurpose = 'sign-in-client'

/**
 * How this node becomes known to an authorization server it was not registered with by hand: by the address of its
 * document (client id metadata documents), else by registering itself (RFC 7591), once for each issuer.
 */
export async function knownClient(
  parts: RegistrationParts,
  organization: string,
  metadata: AuthorizationServer,
): Promise<Client> {
  const document = parts.document()
  if (metadata['client_id_metadata_document_supported'] === true && document !== undefined)
    return { clientId: document, method: 'none' }
  const key = { organization, issuer: metadata.issuer, redirect: parts.redirect() }
  const kept = await read(parts, key)
  if (kept !== undefined) return kept
  if (metadata.registration_endpoint === undefined) {
    throw unavailable(
      'its authorization server registers no clients by itself: an operator registers this node there and gives the client id',
    )
  }
  const { expires, ...client } = await register(parts, metadata.registration_endpoint, metadata)
  const sealed = parts.keyring.seal(sealPurpose, JSON.stringify(key), JSON.stringify({ client, expires }))
  await parts.store.putClient(key, sealed)
  return client
}

/** The authorization server does not know the client any more: the next sign-in registers again. */
export async function forgetClient(
  parts: RegistrationParts,
  organization: string,
  issuer: string,
): Promise<void> {
  await parts.store.removeClient({ organization, issuer, redirect: parts.redirect() })
}

/** The document under whose address this node is known, and what it says when it registers. */
export function clientMetadata(redirect: string) {
  return {
    client_name: 'Ambit',
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // Only programs of a person's own machine come back to http (OpenID Connect registration, section 2).
    application_type: redirect.startsWith('http:') ? 'native' : 'web',
  }
}

async function read(parts: RegistrationParts, key: ClientKey): Promise<Client | undefined> {
  const sealed = await parts.store.client(key)
  if (sealed === undefined) return undefined
  const text = parts.keyring.open(sealPurpose, JSON.stringify(key), sealed).toString()
  const { client, expires } = JSON.parse(text) as { client: Client; expires?: number }
  return expires !== undefined && expires <= parts.clock.now() ? undefined : client
}

const registeredSchema = z.looseObject({
  client_id: z.string().min(1).max(2000),
  client_secret: z.string().max(4000).optional(),
  /** In seconds; 0: never. Some servers leave it out against RFC 7591. */
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().max(100).optional(),
})

async function register(
  parts: RegistrationParts,
  endpoint: string,
  metadata: AuthorizationServer,
): Promise<Client & { readonly expires?: number }> {
  const asked = {
    ...clientMetadata(parts.redirect()),
    // Where the server takes a secret, one that was registered stays useless to who only saw the client id.
    token_endpoint_auth_method: secretMethod(true, undefined, metadata),
  }
  const response = await parts.fetch(endpoint, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  })
  const parsed = registeredSchema.safeParse(await response.json().catch(() => undefined))
  if (!response.ok || !parsed.success) {
    throw unavailable(`its authorization server did not register this node (HTTP status ${response.status})`)
  }
  const { client_id: clientId, client_secret: given, token_endpoint_auth_method: method } = parsed.data
  const clientSecret = given === '' ? undefined : given
  const expiresS = parsed.data.client_secret_expires_at ?? 0
  return {
    clientId,
    clientSecret,
    method: secretMethod(clientSecret !== undefined, method, metadata),
    ...(clientSecret === undefined || expiresS === 0 ? {} : { expires: expiresS * 1000 }),
  }
}
