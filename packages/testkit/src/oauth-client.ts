import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthTokens,
} from '@modelcontextprotocol/client'

/** What a stock desktop client keeps of its logins, in memory. */
export class TestOAuthProvider implements OAuthClientProvider {
  /** Where it would open a browser. */
  authorization: URL | undefined
  information: OAuthClientInformationMixed | undefined
  saved: OAuthTokens | undefined
  verifier = ''
  readonly redirectUrl: string
  readonly clientMetadataUrl?: string

  constructor(redirectUrl: string, clientMetadataUrl?: string) {
    this.redirectUrl = redirectUrl
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: 'Desk client',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
  }

  state(): string {
    return 'a-state'
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.information
  }

  saveClientInformation(information: OAuthClientInformationMixed): void {
    this.information = information
  }

  tokens(): OAuthTokens | undefined {
    return this.saved
  }

  saveTokens(tokens: OAuthTokens): void {
    this.saved = tokens
  }

  redirectToAuthorization(address: URL): void {
    this.authorization = address
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier
  }

  codeVerifier(): string {
    return this.verifier
  }

  invalidateCredentials(scope: string): void {
    if (scope === 'all' || scope === 'tokens') this.saved = undefined
    if (scope === 'all' || scope === 'client') this.information = undefined
  }
}

/** Connects as a stock client does; throws `UnauthorizedError` once a browser would be open. */
export async function connectWithLogin(url: string, authProvider: OAuthClientProvider) {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider })
  const client = new Client({ name: 'desk', version: '1.0.0' })
  await client.connect(transport)
  return { client, transport }
}

/** Begins a login: the address the client would open. */
export async function beginLogin(url: string, provider: TestOAuthProvider): Promise<string> {
  try {
    await connectWithLogin(url, provider)
  } catch (error) {
    if (error instanceof UnauthorizedError && provider.authorization !== undefined)
      return provider.authorization.href
    throw error
  }
  throw new Error('the client was let in without a login')
}

/** Ends a login with what the browser came back with. */
export async function endLogin(
  url: string,
  provider: TestOAuthProvider,
  code: URLSearchParams,
): Promise<void> {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider })
  await transport.finishAuth(code)
}

/** The same with the first SDK: what most desktop clients are made of today. */
export async function connectFirstWithLogin(url: string, authProvider: TestOAuthProvider) {
  const transport = new FirstTransport(new URL(url), { authProvider })
  const client = new FirstClient({ name: 'desk', version: '1.0.0' })
  await client.connect(transport)
  return client
}

export async function endFirstLogin(
  url: string,
  authProvider: TestOAuthProvider,
  code: string,
): Promise<void> {
  await new FirstTransport(new URL(url), { authProvider }).finishAuth(code)
}
