import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
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

/** A small true OAuth 2.1 authorization server: code with PKCE, refresh with rotation, client credentials, registration. */
export interface TestAuthorizationServer extends AsyncDisposable {
  readonly issuer: string
  /** Members of its metadata that differ; null takes one out. */
  readonly metadata: Record<string, unknown>
  /** How long its tokens live, in seconds. */
  lifeS: number
  /** In the address it sends people back with; undefined: none. */
  iss: string | undefined
  readonly registrations: readonly Readonly<Record<string, unknown>>[]
  readonly authorizations: readonly URLSearchParams[]
  readonly tokenRequests: readonly TokenRequest[]
  /** Of access tokens that count. */
  readonly tokens: ReadonlyMap<string, GivenToken>
  /** Goes to the address as that user would, allows all, and gives the parameters one is sent back with. */
  visit(address: string, user: string): Promise<URLSearchParams>
  /** Ends access tokens; with `all` also what renews them. */
  revoke(all?: 'all'): void
}

interface Code {
  readonly given: GivenToken
  readonly challenge: string
  readonly client: string
  readonly redirect: string
}

/** `path`: the issuer has one, as those of tenants do. */
export async function startAuthorizationServer({ path = '' } = {}): Promise<TestAuthorizationServer> {
  const codes = new Map<string, Code>()
  const refreshes = new Map<string, GivenToken>()
  const tokens = new Map<string, GivenToken>()
  const registrations: Record<string, unknown>[] = []
  const authorizations: URLSearchParams[] = []
  const tokenRequests: TokenRequest[] = []
  let count = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', self.issuer)
    const body = await textOf(request)
    if (url.pathname === `/.well-known/oauth-authorization-server${path}`)
      json(response, 200, metadataOf(self))
    else if (url.pathname === `${path}/authorize`) authorize(url.searchParams, request, response)
    else if (url.pathname === `${path}/token`) token(new URLSearchParams(body), request, response)
    else if (url.pathname === `${path}/register`) {
      const asked = JSON.parse(body) as Record<string, unknown>
      registrations.push(asked)
      json(response, 201, {
        ...asked,
        client_id: `client-${registrations.length}`,
        client_secret: 'of-the-node',
      })
    } else json(response, 404, { error: 'not_found' })
  }

  function authorize(asked: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    authorizations.push(asked)
    const code = `code-${++count}`
    const redirect = asked.get('redirect_uri') ?? ''
    codes.set(code, {
      given: {
        user: String(request.headers['x-user']),
        scopes: (asked.get('scope') ?? '').split(' ').filter((scope) => scope !== ''),
        resource: asked.get('resource') ?? '',
      },
      challenge: asked.get('code_challenge') ?? '',
      client: asked.get('client_id') ?? '',
      redirect,
    })
    const back = new URL(redirect)
    back.searchParams.set('code', code)
    back.searchParams.set('state', asked.get('state') ?? '')
    if (self.iss !== undefined) back.searchParams.set('iss', self.iss)
    response.writeHead(302, { location: back.href }).end()
  }

  function token(parameters: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const grant = parameters.get('grant_type') ?? ''
    const { authorization } = request.headers
    tokenRequests.push({ grant, authorization, parameters })
    const given = givenFor(grant, parameters)
    if (given === undefined) {
      json(response, 400, { error: 'invalid_grant', error_description: '<b>words of a server</b>' })
      return
    }
    const access = `at-${given.user}-${++count}`
    const refresh = `rt-${given.user}-${count}`
    tokens.set(access, given)
    if (grant !== 'client_credentials') refreshes.set(refresh, given)
    json(response, 200, {
      access_token: access,
      token_type: 'Bearer',
      expires_in: self.lifeS,
      scope: given.scopes.join(' '),
      ...(grant === 'client_credentials' ? {} : { refresh_token: refresh }),
    })
  }

  function givenFor(grant: string, parameters: URLSearchParams): GivenToken | undefined {
    if (grant === 'client_credentials') {
      const scopes = (parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
      return { user: 'client', scopes, resource: parameters.get('resource') ?? '' }
    }
    if (grant === 'refresh_token') {
      const used = parameters.get('refresh_token') ?? ''
      const given = refreshes.get(used)
      refreshes.delete(used)
      return given
    }
    const code = codes.get(parameters.get('code') ?? '')
    codes.delete(parameters.get('code') ?? '')
    const proof = createHash('sha256')
      .update(parameters.get('code_verifier') ?? '')
      .digest('base64url')
    return proof === code?.challenge && parameters.get('redirect_uri') === code.redirect
      ? code.given
      : undefined
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const self: TestAuthorizationServer = {
    issuer,
    metadata: {},
    lifeS: 3600,
    iss: issuer,
    registrations,
    authorizations,
    tokenRequests,
    tokens,
    async visit(address, user) {
      const response = await fetch(address, { redirect: 'manual', headers: { 'x-user': user } })
      return new URL(response.headers.get('location') ?? '').searchParams
    },
    revoke(all) {
      tokens.clear()
      if (all !== undefined) refreshes.clear()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
  return self
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
