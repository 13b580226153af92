import { createHash, randomBytes } from 'node:crypto'
import { agree, patiently } from './consenting.ts'

/** What an answer of the token endpoint holds. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** A client that does each step by hand, so that a test can do it wrong. */
export class RawOAuthClient {
  readonly node: string
  readonly redirect: string
  readonly verifier = randomBytes(32).toString('base64url')
  id = ''

  constructor(node: string, redirect = 'http://127.0.0.1:33418/callback') {
    this.node = node
    this.redirect = redirect
  }

  async register(metadata: object = {}): Promise<TokenAnswer> {
    return await patiently(async () => await this.registerOnce(metadata))
  }

  /** Does not try again where too many begin. */
  async registerOnce(metadata: object = {}): Promise<TokenAnswer> {
    const answer = await fetch(`${this.node}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'By hand',
        redirect_uris: [this.redirect],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        ...metadata,
      }),
    })
    const body = (await answer.json()) as Record<string, unknown>
    if (answer.status === 201) this.id = String(body['client_id'])
    return { status: answer.status, body }
  }

  /** Address of a request; members that are undefined are left out. */
  request(members: Readonly<Record<string, string | undefined>> = {}): string {
    const url = new URL(`${this.node}/oauth/authorize`)
    const all: Readonly<Record<string, string | undefined>> = {
      response_type: 'code',
      client_id: this.id,
      redirect_uri: this.redirect,
      scope: 'acts offline_access',
      state: 'a-state',
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      resource: `${this.node}/mcp`,
      ...members,
    }
    for (const [name, value] of Object.entries(all))
      if (value !== undefined) url.searchParams.set(name, value)
    return url.href
  }

  /** Registers, and has the person of that session say yes: the code. */
  async code(session: string, choice: object, members = {}): Promise<{ code: string; mandate: string }> {
    if (this.id === '') await this.register()
    const { back, mandate } = await agree(this.node, session, this.request(members), choice)
    return { code: back.searchParams.get('code') ?? '', mandate }
  }

  async token(
    members: Readonly<Record<string, string | undefined>>,
    headers: Record<string, string> = {},
  ): Promise<TokenAnswer> {
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries({ client_id: this.id, ...members }))
      if (value !== undefined) form.set(name, value)
    return await this.post('/oauth/token', form, headers)
  }

  async exchangeCode(code: string, members = {}, headers: Record<string, string> = {}): Promise<TokenAnswer> {
    const { redirect, verifier } = this
    return await this.token(
      { grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier, ...members },
      headers,
    )
  }

  async refresh(token: unknown, members = {}, headers: Record<string, string> = {}): Promise<TokenAnswer> {
    return await this.token(
      { grant_type: 'refresh_token', refresh_token: String(token), ...members },
      headers,
    )
  }

  async post(
    path: string,
    form: URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<TokenAnswer> {
    const answer = await fetch(`${this.node}${path}`, { method: 'POST', body: form, headers })
    const text = await answer.text()
    return {
      status: answer.status,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    }
  }

  /** Status of a request that carries the token to the MCP face. */
  async calls(token: unknown, scheme = 'Bearer', headers: Record<string, string> = {}): Promise<number> {
    const answer = await fetch(`${this.node}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `${scheme} ${String(token)}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-06-18',
          capabilities: {},
          clientInfo: { name: 'by hand', version: '1' },
        },
      }),
    })
    await answer.text()
    return answer.status
  }
}
