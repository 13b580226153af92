import {
  Client,
  ClientCredentialsProvider,
  CrossAppAccessProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
  auth,
  extractWWWAuthenticateParams,
  requestJwtAuthorizationGrant,
} from '@modelcontextprotocol/client'
import type { OAuthClientProvider } from '@modelcontextprotocol/client'
import type { DrivenServer } from './conformance-mcp-client.ts'

/** What a scenario tells its client, by its own form. */
export interface SignInContext {
  readonly client_id?: string
  readonly client_secret?: string
  readonly private_key_pem?: string
  readonly signing_algorithm?: string
  readonly idp_client_id?: string
  readonly idp_id_token?: string
  readonly idp_token_endpoint?: string
}

/** The document by which clients of the scenarios are known. */
export const clientDocument = 'https://conformance-test.local/client-metadata.json'
const redirect = 'http://localhost:3000/callback'

/** Signs in and calls the server with a client of the official SDK, as a scenario `auth/…` of the runner expects. */
export async function driveSignIn(scenario: string, server: DrivenServer): Promise<void> {
  const context = (server.context ?? {}) as SignInContext
  const own = ownProvider(scenario, context)
  const provider = own ?? personProvider(context)
  const fetching = own === undefined ? signingFetch(provider, server.url) : fetch
  const client = new Client(
    { name: 'conformance-client', version: '1.0.0' },
    server.version === '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {},
  )
  const options = own === undefined ? { fetch: fetching } : { authProvider: own }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), options))
  await client.listTools()
  await client.callTool({ name: 'test-tool', arguments: {} })
  await client.close()
}

/** Of scenarios in which the client itself is let in, and nobody signs in. */
function ownProvider(scenario: string, context: SignInContext): OAuthClientProvider | undefined {
  const { client_id: clientId = '', client_secret: clientSecret = '' } = context
  switch (scenario) {
    case 'auth/client-credentials-basic':
      return new ClientCredentialsProvider({ clientId, clientSecret })
    case 'auth/client-credentials-jwt':
      return new PrivateKeyJwtProvider({
        clientId,
        privateKey: context.private_key_pem ?? '',
        algorithm: context.signing_algorithm ?? 'ES256',
      })
    case 'auth/cross-app-access-complete-flow':
    case 'auth/enterprise-managed-authorization':
      return new CrossAppAccessProvider({
        clientId,
        clientSecret,
        async assertion({ authorizationServerUrl, resourceUrl, fetchFn }) {
          const granted = await requestJwtAuthorizationGrant({
            tokenEndpoint: context.idp_token_endpoint ?? '',
            audience: authorizationServerUrl,
            resource: resourceUrl,
            idToken: context.idp_id_token ?? '',
            clientId: context.idp_client_id ?? '',
            fetchFn,
          })
          return granted.jwtAuthGrant
        },
      })
    default:
      return undefined
  }
}

interface PersonProvider extends OAuthClientProvider {
  /** What the person was sent back with. */
  answer(): URLSearchParams
  granted(): string
}

/** A person who goes wherever they are sent and allows all. */
function personProvider({ client_id: id, client_secret: secret }: SignInContext): PersonProvider {
  let client: Awaited<ReturnType<OAuthClientProvider['clientInformation']>> =
    id === undefined ? undefined : { client_id: id, ...(secret && { client_secret: secret }) }
  let tokens: ReturnType<OAuthClientProvider['tokens']>
  let verifier = ''
  let answer = new URLSearchParams()
  return {
    redirectUrl: redirect,
    clientMetadataUrl: clientDocument,
    clientMetadata: {
      client_name: 'conformance-client',
      redirect_uris: [redirect],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    clientInformation: () => client,
    saveClientInformation: (given) => void (client = given),
    tokens: () => tokens,
    saveTokens: (given) => void (tokens = given),
    saveCodeVerifier: (given) => void (verifier = given),
    codeVerifier: () => verifier,
    invalidateCredentials(what) {
      if (what === 'all' || what === 'client') client = undefined
      if (what === 'all' || what === 'tokens') tokens = undefined
    },
    async redirectToAuthorization(address) {
      answer = await sentBack(address.href)
    },
    answer: () => answer,
    granted: () => (tokens as { scope?: string } | undefined)?.scope ?? '',
  }
}

/** The parameters that an authorization server sends a person back with. */
export async function sentBack(address: string): Promise<URLSearchParams> {
  const response = await fetch(address, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '').searchParams
}

/** Signs in when the server asks for it, and sends the request once more. */
function signingFetch(provider: OAuthClientProvider, serverUrl: string): typeof fetch {
  const person = provider as PersonProvider
  async function send(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const tokens = (await person.tokens()) as { access_token: string } | undefined
    const headers = new Headers(init?.headers)
    if (tokens !== undefined) headers.set('authorization', `Bearer ${tokens.access_token}`)
    return await fetch(input, { ...init, headers })
  }
  return async (input, init) => {
    const first = await send(input, init)
    if (first.status !== 401 && first.status !== 403) return first
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(first)
    const scopes = first.status === 403 ? `${person.granted()} ${scope ?? ''}`.trim() : scope
    const options = {
      serverUrl,
      ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
      ...(scopes === undefined ? {} : { scope: scopes }),
    }
    const begun = await auth(person, { ...options, forceReauthorization: first.status === 403 })
    if (begun === 'REDIRECT') {
      const answer = person.answer()
      const iss = answer.get('iss')
      await auth(person, {
        ...options,
        authorizationCode: answer.get('code') ?? '',
        ...(iss === null ? {} : { iss }),
      })
    }
    const second = await send(input, init)
    if (second.status === 401 || second.status === 403) throw new Error('the server lets nobody in')
    return second
  }
}
