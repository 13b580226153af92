import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A token that an authorization server gave out. */
export interface GivenToken {
  /** Who signed in; `client` for a client that came for itself. */
  readonly user: string
  readonly scopes: readonly string[]
  readonly resource: string
}

export interface TokenRequest {
  readonly grant: string
  readonly authorization: string | undefined
  readonly parameters: URLSearchParams
}

interface Code {
  readonly given: GivenToken
  readonly challenge: string
  readonly redirect: string
}

/** `path`: the issuer has one, as those of tenants do. */
export async function startAuthorizationServer({ path = '' } = {}): Promise<TestAuthorizationServer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return new TestAuthorizationServer(server, `http://127.0.0.1:${port}`, path)
}

/** A small true OAuth 2.1 authorization server: code with PKCE, refresh with rotation, client credentials, registration. */
export class TestAuthorizationServer implements AsyncDisposable {
  readonly issuer: string
  /** Members of its metadata that differ; null takes one out. */
  readonly metadata: Record<string, unknown> = {}
  /** How long its tokens live, in seconds. */
  lifeS = 3600
  /** In the address it sends people back with; undefined: none. */
  iss: string | undefined
  /** Users that it vouches for no more. */
  readonly left = new Set<string>()
  readonly registrations: Readonly<Record<string, unknown>>[] = []
  readonly authorizations: URLSearchParams[] = []
  readonly tokenRequests: TokenRequest[] = []
  /** Access tokens that count. */
  readonly tokens = new Map<string, GivenToken>()
  readonly #server: Server
  readonly #path: string
  readonly #codes = new Map<string, Code>()
  readonly #refreshes = new Map<string, GivenToken>()
  #count = 0

  constructor(server: Server, origin: string, path: string) {
    this.#server = server
    this.#path = path
    this.issuer = `${origin}${path}`
    this.iss = this.issuer
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    })
  }

  /** Goes to the address as that user would, allows all, and gives the parameters one is sent back with. */
  async visit(address: string, user: string): Promise<URLSearchParams> {
    const response = await fetch(address, { redirect: 'manual', headers: { 'x-user': user } })
    return new URL(response.headers.get('location') ?? '').searchParams
  }

  /** Ends access tokens; with `all` also what renews them. */
  revoke(all?: 'all'): void {
    this.tokens.clear()
    if (all !== undefined) this.#refreshes.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', this.issuer)
    const body = await textOf(request)
    switch (pathname) {
      case `/.well-known/oauth-authorization-server${this.#path}`:
        return json(response, 200, metadataOf(this))
      case `${this.#path}/authorize`:
        return this.#authorize(searchParams, request, response)
      case `${this.#path}/token`:
        return this.#token(new URLSearchParams(body), request, response)
      case `${this.#path}/exchange`:
        return this.#vouch(new URLSearchParams(body), response)
      case `${this.#path}/register`:
        return this.#register(JSON.parse(body) as Record<string, unknown>, response)
      default:
        return json(response, 404, { error: 'not_found' })
    }
  }

  #register(asked: Record<string, unknown>, response: ServerResponse): void {
    this.registrations.push(asked)
    const id = `client-${this.registrations.length}`
    json(response, 201, { ...asked, client_id: id, client_secret: 'of-the-node' })
  }

  #authorize(asked: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    this.authorizations.push(asked)
    const code = `code-${++this.#count}`
    const redirect = asked.get('redirect_uri') ?? ''
    const user = String(request.headers['x-user'])
    this.#codes.set(code, {
      given: { user, scopes: scopesOf(asked), resource: asked.get('resource') ?? '' },
      challenge: asked.get('code_challenge') ?? '',
      redirect,
    })
    const back = new URL(redirect)
    back.searchParams.set('code', code)
    back.searchParams.set('state', asked.get('state') ?? '')
    if (this.iss !== undefined) back.searchParams.set('iss', this.iss)
    response.writeHead(302, { location: back.href }).end()
  }

  #token(parameters: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const grant = parameters.get('grant_type') ?? ''
    this.tokenRequests.push({ grant, authorization: request.headers.authorization, parameters })
    const given = this.#givenFor(grant, parameters)
    if (given === undefined) {
      json(response, 400, { error: 'invalid_grant', error_description: '<b>words of a server</b>' })
      return
    }
    const access = `at-${given.user}-${++this.#count}`
    const refresh = `rt-${given.user}-${this.#count}`
    const renewable = grant === 'authorization_code' || grant === 'refresh_token'
    this.tokens.set(access, given)
    if (renewable) this.#refreshes.set(refresh, given)
    json(response, 200, {
      access_token: access,
      token_type: 'Bearer',
      expires_in: this.lifeS,
      scope: given.scopes.join(' '),
      ...(renewable ? { refresh_token: refresh } : {}),
    })
  }

  /** As an identity provider: the ID token `header.<user>.signature` counts until its user is in `left`. */
  #vouch(parameters: URLSearchParams, response: ServerResponse): void {
    this.tokenRequests.push({
      grant: parameters.get('grant_type') ?? '',
      authorization: undefined,
      parameters,
    })
    const user = (parameters.get('subject_token') ?? '').split('.')[1] ?? ''
    if (parameters.get('requested_token_type') !== assertionType || this.left.has(user)) {
      json(response, 400, { error: 'invalid_grant' })
      return
    }
    const assertion = `vouched.${user}.${parameters.get('resource') ?? ''}`
    json(response, 200, { access_token: assertion, issued_token_type: assertionType, token_type: 'N_A' })
  }

  #givenFor(grant: string, parameters: URLSearchParams): GivenToken | undefined {
    const resource = parameters.get('resource') ?? ''
    switch (grant) {
      case 'client_credentials':
        return { user: 'client', scopes: scopesOf(parameters), resource }
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
        const [, user = '', ...rest] = (parameters.get('assertion') ?? '').split('.')
        return { user, scopes: [], resource: rest.join('.') }
      }
      case 'refresh_token':
        return taken(this.#refreshes, parameters.get('refresh_token'))
      default: {
        const code = taken(this.#codes, parameters.get('code'))
        const proof = createHash('sha256')
          .update(parameters.get('code_verifier') ?? '')
          .digest('base64url')
        const holds = proof === code?.challenge && parameters.get('redirect_uri') === code.redirect
        return holds ? code.given : undefined
      }
    }
  }
}

const assertionType = 'urn:ietf:params:oauth:token-type:id-jag'

/** What counts once. */
function taken<T>(from: Map<string, T>, key: string | null): T | undefined {
  const found = from.get(key ?? '')
  from.delete(key ?? '')
  return found
}

function scopesOf(parameters: URLSearchParams): readonly string[] {
  return (parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
}

function metadataOf({ issuer, metadata }: TestAuthorizationServer): Record<string, unknown> {
  const whole = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
    authorization_response_iss_parameter_supported: true,
    ...metadata,
  }
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== null))
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
